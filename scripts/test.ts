// `npm test [FILTER...]`: the tests of the tester, with a closing line that machines read.
// A filter is a part of the path of a spec file. CI may set NETPOL_TEST_NO_SKIP: then a skip is a failure.
import { glob } from 'node:fs/promises';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha, { type Runner, type Test } from 'mocha';

const { values, positionals } = parseArgs({
  options: { grep: { type: 'string', short: 'g' } },
  allowPositionals: true,
});
const files = (await Array.fromAsync(glob('suites/self/**/*.spec.ts'))).toSorted();
const chosen = files.filter(
  (file) => positionals.length === 0 || positionals.some((filter) => file.includes(filter)),
);
if (chosen.length === 0) {
  console.error(`no spec file below suites/self is meant by ${positionals.join(' ')}`);
  process.exit(2);
}

const mocha = new Mocha({
  reporter: 'spec',
  timeout: 20_000,
  forbidOnly: true,
  color: process.stdout.isTTY ? !process.env.NO_COLOR : false,
});
if (values.grep !== undefined) mocha.grep(values.grep);
for (const file of chosen) mocha.addFile(file);
await mocha.loadFilesAsync();

const declared = countTests(mocha.suite);
const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
const took = new Map<string, number>();
let last = performance.now();
/** Hooks are in the time of their file: a cluster that is started takes longer than most tests. */
const time = ({ file = '' }: Pick<Test, 'file'>): void => {
  const now = performance.now();
  took.set(file, (took.get(file) ?? 0) + now - last);
  last = now;
};
const runner: Runner = await new Promise((resolve) => {
  const started = mocha.run(() => resolve(started));
  started.on('test end', time);
  started.on('hook end', time);
  started.on('pass', () => (counts.passed += 1));
  started.on('fail', () => (counts.failed += 1));
  started.on('pending', (test: Test) => {
    counts.skipped += 1;
    skipped.push(test.fullTitle());
  });
});

// A failing hook makes the tests below it vanish from mocha's own counts.
const vanished = values.grep === undefined ? declared - (runner.stats?.tests ?? 0) : 0;
if (vanished > 0) console.log(`${vanished} tests never ran`);
counts.failed += vanished;
if (process.env.NETPOL_TEST_NO_SKIP && counts.skipped > 0) {
  console.log(`skipped, which counts as failed here:\n  ${skipped.join('\n  ')}`);
  counts.failed += counts.skipped;
  counts.skipped = 0;
}
if (took.size > 1) console.log(`slowest files\n${listSlowest().join('\n')}\n`);
const code = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
// What was printed before may still be on its way into a pipe.
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`, () =>
  process.exit(code),
);

function listSlowest(): string[] {
  const rows = [...took].toSorted(([, one], [, other]) => other - one).slice(0, 10);
  return rows.map(
    ([file, time]) => `${(time / 1000).toFixed(1).padStart(8)} s  ${relative(process.cwd(), file)}`,
  );
}

function countTests(suite: Mocha.Suite): number {
  return suite.tests.length + suite.suites.reduce((sum, child) => sum + countTests(child), 0);
}
