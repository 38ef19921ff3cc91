// `npm run repeat -- N [what run takes]`: the same run N times; which case flaked, retried, and how long it took to settle.
// On kind the runs share one cluster: name it with `--cluster`, or one is made and removed. Exits 1 where a case was red.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { isRed, type CaseRecord, type RunRecord } from '../helpers/report/record.ts';
import { percentileOf } from '../helpers/report/settle-times.ts';
import { createRunName } from '../helpers/run/session.ts';

const cli = fileURLToPath(new URL('../helpers/run/cli.ts', import.meta.url));
const [times = '', ...flags] = process.argv.slice(2);
if (!/^[1-9]\d{0,2}$/.test(times)) {
  console.error('wanted how often, then what `run` takes: npm run repeat -- 10 --provider kind');
  process.exit(2);
}

const ownCluster = flags.includes('kind') && !flags.includes('--cluster') ? `netpol-${createRunName()}` : '';
const shared = ownCluster === '' ? [] : ['--cluster', ownCluster, '--keep'];
const folder = await mkdtemp(join(tmpdir(), 'netpol-repeat-'));

const runOnce = async (number: number): Promise<RunRecord> => {
  const output = join(folder, String(number));
  const began = performance.now();
  const { exitCode, all } = await execa(
    process.execPath,
    [cli, 'run', ...flags, ...shared, '--output', output],
    {
      all: true,
      reject: false,
      stdin: 'ignore',
    },
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const counts = /^\d+ cases? in .*$/m.exec(all)?.[0];
  console.error(`run ${number}: exit ${exitCode}, ${counts ?? all}; ${seconds} s with start and end`);
  return JSON.parse(await readFile(join(output, 'record.json'), 'utf8')) as RunRecord;
};

const formatRow = (name: string, cases: readonly CaseRecord[]): string => {
  const ran = cases.filter(({ status }) => status !== 'skip');
  const red = ran.filter(({ status }) => status !== 'pass').map(({ status }) => status);
  const retries = ran.map(({ steps }) => steps.reduce((sum, step) => sum + step.retries, 0));
  const times = ran.flatMap(({ settleMs }) => settleMs ?? []).toSorted((one, other) => one - other);
  const seconds = ran.map(({ durationMs }) => durationMs / 1000).toSorted((one, other) => one - other);
  return `| ${[
    name.replace('network-policy/', ''),
    red.length === 0 ? 0 : `${red.length} (${[...new Set(red)].join(', ')})`,
    retries.reduce((sum, each) => sum + each, 0),
    Math.max(0, ...retries),
    ...[50, 100].map((percent) => percentileOf(times, percent)?.toFixed(0) ?? '-'),
    percentileOf(seconds, 50)?.toFixed(2) ?? '-',
  ].join(' | ')} |`;
};

try {
  const records: RunRecord[] = [];
  for (let number = 1; number <= Number(times); number += 1) records.push(await runOnce(number));
  const byName = Map.groupBy(
    records.flatMap(({ cases }) => cases),
    ({ name }) => name,
  );
  const ran = [...byName].filter(([, cases]) => cases.some(({ status }) => status !== 'skip'));
  console.log(
    '| case | red | retried rounds in all | most in a run | settled, p50 ms | settled, max ms | took, p50 s |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, cases] of ran) console.log(formatRow(name, cases));
  const red = records.flatMap(({ cases }) => cases.filter(({ status }) => isRed(status)));
  console.log(`\n${records.length} runs of ${ran.length} cases: ${red.length} red`);
  for (const { name, status, message } of red) console.error(`${status} ${name}\n${message}`);
  process.exitCode = red.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
  if (ownCluster !== '') {
    // Not the user's kubeconfig: kind would edit it.
    const kubeconfig = join(tmpdir(), `${ownCluster}.kubeconfig`);
    await execa('kind', ['delete', 'cluster', '--name', ownCluster, '--kubeconfig', kubeconfig], {
      reject: false,
    });
  }
}
