import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { expect } from 'chai';
import { execa } from 'execa';
import type { Cluster } from '../../../helpers/cluster/cluster.ts';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { now } from '../../../helpers/probe/clock.ts';
import { idOf } from '../../../helpers/kube/world.ts';
import { nameFlow, type FlowRecord } from '../../../helpers/report/monitor-record.ts';
import { proveSteps, type CheckContext } from '../../../helpers/run/check.ts';
import { gridsFor } from '../../../helpers/run/expected.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { openLanes } from '../../../helpers/run/lanes.ts';
import { planFlows, watchFlows } from '../../../helpers/run/monitor/flows.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import { images, needKind } from '../cluster/kind-probes.ts';

/** When something was told to begin and to end, and when that was done, by our clock. */
type Truth = { begin: readonly [number, number]; end: readonly [number, number] };

/** How long it lasts, in milliseconds. */
const lasting = 150;
const times = 20;
/** A truth during which a flow was out of sight is passed over: that is told as blind. So many are tried for that. */
const tries = 30;

const opened = {
  begin: 'handle=$(nft -ae insert rule inet netpol-reference forward accept | sed -n "s/.*# handle //p")',
  end: 'nft delete rule inet netpol-reference forward handle $handle',
};
const closed = {
  begin:
    'nft add table inet cut; nft add chain inet cut held "{ type filter hook forward priority -10; policy drop; }"',
  end: 'nft delete table inet cut',
};

/** The words before a shell on a node, and how far what is told may be from the truth, in milliseconds. */
type Place = { cluster: Cluster; enter: (node: string) => readonly string[]; tolerance: number };

type Watcher = (what: typeof opened) => Promise<{ flows: FlowRecord[]; truths: Truth[] }>;

/** Does it again and again on the first node, and gives the flows between its pods with the truths. */
const createWatcher = async (
  ground: Ground,
  context: CheckContext,
  enter: Place['enter'],
): Promise<Watcher> => {
  const scenario = (await loadShipped()).find(({ name }) => name === 'network-policy/isolation/replies-pass');
  if (scenario === undefined) throw new Error('the scenario is gone');
  await proveSteps(scenario, ground, context, []);
  const grids = gridsFor(scenario.steps[0]?.expect ?? [], ['IPv4', 'IPv6']);
  const world = await ground.refresh();
  const onFirstNode = planFlows(grids, world, ground).filter(
    ({ from, to }) => from !== 'x/b' && to !== 'x/b',
  );
  const node = world.pods.find((pod) => ground.shortId(idOf(pod)) === 'x/a')?.node ?? '';
  const [program = '', ...words] = enter(node);
  return async ({ begin, end }) => {
    using shell = Object.assign(execa(program, [...words, 'sh']), { [Symbol.dispose]: () => shell.kill() });
    shell.catch(() => {});
    const lines = createInterface({ input: shell.stdout });
    const tell = async (command: string): Promise<[number, number]> => {
      const told = now();
      shell.stdin.write(`${command}\necho done\n`);
      await once(lines, 'line');
      return [told, now()];
    };
    using watched = await watchFlows(onFirstNode, ground, 20);
    const truths: Truth[] = [];
    for (let count = 0; count < tries; count += 1) {
      await delay(400 + Math.random() * 20);
      const began = await tell(begin);
      await delay(lasting);
      truths.push({ begin: began, end: await tell(end) });
    }
    await delay(400);
    const until = now();
    await watched.stop();
    const toAbsolute = (time: number): number => time + watched.from;
    const flows = watched.flowsUntil(until).map((flow) => ({
      ...flow,
      stretches: flow.stretches.map((stretch) => ({
        ...stretch,
        from: toAbsolute(stretch.from),
        to: toAbsolute(stretch.to),
      })),
    }));
    return { flows, truths };
  };
};

const near = ({ stretches }: FlowRecord, { begin, end }: Truth): FlowRecord['stretches'] =>
  stretches.filter(({ from, to }) => to > begin[0] - 100 && from < end[1] + 100);

/** Holds each truth against what was told of a flow, 20 times at least. */
const compare = (
  flow: FlowRecord,
  truths: readonly Truth[],
  what: 'leak' | 'loss',
  tolerance: number,
): void => {
  const seen = truths.filter((truth) => near(flow, truth).every((stretch) => stretch.what !== 'blind'));
  const name = nameFlow(flow);
  expect(seen.length, `${name}: truths that were seen`).to.be.at.least(times);
  for (const truth of seen) {
    const told = near(flow, truth);
    expect(
      told.map((stretch) => stretch.what),
      `${name}: ${JSON.stringify([truth, told])}`,
    ).to.deep.equal([what]);
    const [{ from, to } = { from: 0, to: 0 }] = told;
    expect(from, `${name}: begin`).to.be.within(truth.begin[0] - tolerance, truth.begin[1] + tolerance);
    expect(to, `${name}: end`).to.be.within(truth.end[0] - tolerance, truth.end[1] + tolerance);
  }
};

const expectTruths = async ({ cluster, enter, tolerance }: Place): Promise<void> => {
  const { signal } = new AbortController();
  await using lanes = await openLanes(cluster, { lanes: 1, settleBudgetMs: 0 }, signal, () => {});
  const watch = await createWatcher(lanes.grounds[0] as Ground, lanes.context, enter);
  for (const [what, want, truth] of [
    ['leak', 'deny', opened],
    ['loss', 'allow', closed],
  ] as const) {
    const { flows, truths } = await watch(truth);
    // TCP repeats after 200 ms what was lost of a connection that lasts, so what is shorter may not show in it.
    const told = flows.filter(({ connection, probe }) => connection === 'new' || probe.includes('UDP'));
    const meant = told.filter((flow) => flow.want === want);
    expect(meant).to.have.length.above(0);
    for (const flow of meant) compare(flow, truths, what, tolerance);
    for (const flow of flows.filter((flow) => flow.want !== want))
      expect(flow.stretches.filter((stretch) => stretch.what !== 'blind')).to.deep.equal([]);
  }
};

describe('What is done to a plugin for 150 ms is a leak of every closed flow, or a loss of every open one', function () {
  this.timeout(400_000);

  it('at its time, to 25 ms, 20 times out of 20, and nothing else, in the lab', async () => {
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    const words = cluster.commandEnvironment['NETPOL_LAB']?.split(' ') ?? [];
    await expectTruths({
      cluster,
      enter: (node) => [...words, 'ip', 'netns', 'exec', node],
      tolerance: 25,
    });
  });

  it('at its time, to 60 ms, 20 times out of 20, and nothing else, on kind', async function () {
    await needKind.call(this);
    const run = `truth${process.pid}`;
    const cluster = await startKind({ run, plugin: 'reference', log: () => {}, ...images });
    await expectTruths({ cluster, enter: (node) => ['docker', 'exec', '-i', node], tolerance: 60 });
  });
});
