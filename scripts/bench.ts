// `npm run bench [-- lab|kind|oracle|start]`: the figures of BENCHMARKS.md, each beside the limit that it must keep.
import { cpus, totalmem } from 'node:os';
import { execa } from 'execa';
import { loadConfig } from '../helpers/config.ts';
import { skipReason } from '../helpers/run/check.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { startCluster } from '../helpers/run/providers.ts';
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
  for (const scenario of able) {
    const { record } = await session.result(scenario);
    firstVerdict ||= performance.now();
    records.push(record);
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
        { name: `lab: ${records.length} scenarios, one lane`, value: suite, limit: 12, unit: 's' },
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
          limit: 45,
          unit: 's',
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
