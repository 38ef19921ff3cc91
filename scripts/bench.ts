// `npm run bench [-- oracle|audit|upgrade|report|start|lab|monitor|kind|lanes]`: the figures of BENCHMARKS.md, each beside the limit that it must keep.
import { cpus, totalmem } from 'node:os';
import { execa } from 'execa';
import { installPrograms } from '../helpers/run/programs.ts';
import { benchReport } from './bench-report.ts';
import { benchMonitor } from './bench-monitor.ts';
import { benchKind, benchLab, benchLanes, median, type Figure } from './bench-runs.ts';

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

const benchBy = (script: string) => async (): Promise<Figure[]> => {
  const { stdout } = await execa('node', [`scripts/${script}`, '--json'], { preferLocal: true });
  return JSON.parse(stdout) as Figure[];
};

const parts: Record<string, () => Promise<Figure[]>> = {
  oracle: benchBy('bench-oracle.ts'),
  audit: benchBy('bench-audit.ts'),
  upgrade: benchBy('bench-upgrade.ts'),
  report: benchReport,
  start: benchStart,
  lab: benchLab,
  monitor: benchMonitor,
  kind: benchKind,
  lanes: benchLanes,
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
