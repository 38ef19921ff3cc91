import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { loadConfig } from '../helpers/config.ts';
import { buildMatrix, type Expectation } from '../helpers/matrix/matrix.ts';
import { now } from '../helpers/probe/clock.ts';
import { total } from '../helpers/report/monitor-record.ts';
import type { Ground } from '../helpers/run/ground.ts';
import { openLanes } from '../helpers/run/lanes.ts';
import { planFlows, watchFlows } from '../helpers/run/monitor/flows.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { createRunName } from '../helpers/run/session.ts';
import { defaultPods } from '../helpers/scenario/default-world.ts';
import { idOf } from '../helpers/kube/world.ts';
import type { Figure } from './bench-runs.ts';

const milliseconds = 10_000;

/**
 * What a watch costs in the lab: 72 flows at 20 ms, of every pod to every other by new connections, all of them open,
 * which costs most: both ends have work with each.
 */
export const benchMonitor = async (): Promise<Figure[]> => {
  const settings = { ...loadConfig({}, process.env, undefined), plugin: 'none', lanes: 1 };
  const { signal } = new AbortController();
  const cluster = await startCluster('lab', settings, { run: createRunName(), log: () => {}, signal });
  await using lanes = await openLanes(cluster, settings, signal, () => {});
  const [ground] = lanes.grounds as [Ground];
  const ids = defaultPods.map(idOf);
  const want = buildMatrix(ids, ids, (row, column): Expectation => (row === column ? 'ignored' : 'allow'));
  const measure = async (protocol: 'TCP' | 'UDP'): Promise<Figure[]> => {
    const kind = { target: 'pod', protocol, port: 80, family: 'IPv4' } as const;
    const flows = planFlows([{ kind, want }], await ground.refresh(), ground).filter(
      ({ connection }) => connection === 'new',
    );
    using watch = await watchFlows(flows, ground, 20);
    const [began, before] = [now(), await timeOfAgents()];
    await delay(milliseconds);
    const [ended, after] = [now(), await timeOfAgents()];
    await watch.stop();
    const blind = watch.flowsUntil(ended).map((flow) => total(flow, 'blind'));
    const share = (100 * Math.max(...blind)) / (ended - watch.from);
    return [
      {
        name: `monitor: ${flows.length} flows of ${protocol} at 20 ms, all agents together`,
        value: (after - before) / (ended - began),
        limit: 0.5,
        unit: 'cores',
      },
      { name: 'monitor: the same, the blindest flow', value: share, limit: 1, unit: '% of the time' },
    ];
  };
  return [...(await measure('TCP')), ...(await measure('UDP'))];
};

/** What all agents on this machine have taken of its processors, in milliseconds. */
const timeOfAgents = async (): Promise<number> => {
  const { stdout } = await execa('getconf', ['CLK_TCK']);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const times = pids.map(async (pid) => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    // The program itself, not what waits for it.
    if (!/^[^\0]*node\0[^\0]*agent\.mjs\0/.test(command)) return 0;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [user = 0, system = 0] = stat
      .replace(/^.*\) /, '')
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return ((user + system) * 1000) / Number(stdout);
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
};
