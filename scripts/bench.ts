// `npm run bench [-- lab|kind|oracle|start]`: the figures of BENCHMARKS.md, each beside the limit that it must keep.
import { cpus, totalmem } from 'node:os';
import { execa } from 'execa';
import { loadConfig } from '../helpers/config.ts';
import { skipReason } from '../helpers/run/check.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { idOf, type Pod } from '../helpers/kube/world.ts';
import { openLink, type ProbeRequest } from '../helpers/probe/link.ts';
import type { Cluster } from '../helpers/cluster/cluster.ts';
import { openGround } from '../helpers/run/ground.ts';
import { createRunName, openSession } from '../helpers/run/session.ts';
import { loadScenarios } from '../helpers/scenario/load.ts';

type Figure = { name: string; value: number; limit: number; unit: string; isFloor?: boolean };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const signal = new AbortController().signal;

const benchProvider = async (provider: 'lab' | 'kind'): Promise<Figure[]> => {
  const config = {
    ...loadConfig({}, process.env, undefined),
    provider,
    plugin: 'reference',
    lanes: provider === 'lab' ? 1 : 0,
  };
  const scenarios = await loadScenarios('network-policy');
  const begin = performance.now();
  const cluster = await startCluster(provider, config, { run: createRunName(), log: () => {}, signal });
  const started = performance.now();
  await using session = await openSession(cluster, config, () => {});
  const ready = performance.now();
  const able = scenarios.filter((scenario) => skipReason(scenario, session.context) === undefined);
  session.schedule(able);
  const records = [];
  let firstVerdict = 0;
  let first40 = 0;
  for (const scenario of able) {
    const { record } = await session.result(scenario);
    firstVerdict ||= performance.now();
    records.push(record);
    if (records.length === 40) first40 = performance.now();
  }
  const ended = performance.now();
  const passed = records.filter(({ status }) => status === 'pass').length;
  console.error(`${provider}: ${passed} of ${records.length} passed, ${session.lanes} lanes`);
  const scenarioMedian = median(records.map(({ durationMs }) => durationMs));
  const suite = (ended - ready) / 1000;
  return provider === 'lab'
    ? [
        { name: 'lab: from nothing to 9 pods ready', value: (ready - begin) / 1000, limit: 1, unit: 's' },
        { name: 'lab: scenario, median', value: scenarioMedian / 1000, limit: 0.3, unit: 's' },
        { name: 'lab: the first 40 scenarios', value: (first40 - ready) / 1000, limit: 12, unit: 's' },
        { name: `lab: all ${records.length} scenarios`, value: suite, limit: 30, unit: 's' },
      ]
    : [
        {
          name: 'kind: from nothing to the first verdict',
          value: (firstVerdict - begin) / 1000,
          limit: 60,
          unit: 's',
        },
        {
          name: `kind: ${session.lanes} fleets of 9 pods ready`,
          value: (ready - started) / 1000,
          limit: 8,
          unit: 's',
        },
        { name: 'kind: scenario, median', value: scenarioMedian / 1000, limit: 0.8, unit: 's' },
        {
          name: `kind: ${records.length} scenarios, ${session.lanes} lanes`,
          value: suite,
          limit: 90,
          unit: 's',
        },
        ...(await benchStreams(cluster, session.lanes)),
      ];
};

/** 72 TCP probes among nine pods: one open stream a pod as we do it, and one exec a probe as other suites do. */
const benchStreams = async (cluster: Cluster, index: number): Promise<Figure[]> => {
  await using ground = await openGround(cluster, index);
  const { pods } = await ground.refresh();
  const request = ({ addresses: [host = ''] }: Pod): ProbeRequest => ({
    protocol: 'TCP',
    host,
    port: 80,
    deadline: 2000,
  });
  const rows = pods.map((from) => ({
    from: idOf(from),
    probes: pods.filter((to) => to !== from).map(request),
  }));
  const sweepAll = async (): Promise<number> => {
    const began = performance.now();
    await Promise.all(rows.map(({ from, probes }) => ground.prober.probe(from, probes)));
    return performance.now() - began;
  };
  const ours: number[] = [];
  for (let round = 0; round < 9; round += 1) ours.push(await sweepAll());

  const began = performance.now();
  const each = rows.flatMap(({ from, probes }) => probes.map((probe) => ({ from, probe })));
  // Three at a time: more are slower, as the Kubernetes e2e tests found (kubernetes/kubernetes#97690).
  const worker = async (): Promise<void> => {
    for (let next = each.shift(); next !== undefined; next = each.shift()) {
      const { namespace, name } = ground.realName(next.from);
      await using link = openLink(() => ground.lane.connect({ namespace, name }), next.from);
      await link.probe([next.probe]);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  const theirs = performance.now() - began;
  return [
    {
      name: 'kind: 72 probes by nine streams, beside one exec a probe',
      value: median(ours),
      limit: theirs,
      unit: 'ms',
    },
  ];
};

const benchStart = async (): Promise<Figure[]> => {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const begin = performance.now();
    const child = execa('npm', ['start', '--', 'run', '--provider', 'lab', 'network-policy/stories'], {
      reject: false,
    });
    child.stdout.once('data', () => times.push(performance.now() - begin));
    await child;
  }
  return [
    { name: 'npm start: first words, median of 5', value: median(times) / 1000, limit: 0.5, unit: 's' },
  ];
};

const benchOracle = async (): Promise<Figure[]> => {
  const { stdout } = await execa('node', ['scripts/bench-oracle.ts', '--json'], { preferLocal: true });
  return JSON.parse(stdout) as Figure[];
};

const parts: Record<string, () => Promise<Figure[]>> = {
  oracle: benchOracle,
  start: benchStart,
  lab: () => benchProvider('lab'),
  kind: () => benchProvider('kind'),
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; wanted: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
await installPrograms(console.error);
console.log(
  `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
);
console.log('| figure | measured | limit | measured / limit |\n| --- | --- | --- | --- |');
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const { name, value, limit, unit, isFloor } of await measure()) {
    const bound = `${isFloor ? '>' : '<'} ${limit.toLocaleString('en')} ${unit}`;
    console.log(
      `| ${name} | ${value.toLocaleString('en', { maximumFractionDigits: 2 })} ${unit} | ${bound} | ${(value / limit).toFixed(2)} |`,
    );
  }
}
