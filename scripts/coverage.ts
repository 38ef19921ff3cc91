// `npm run coverage [-- FILE]`: what other suites test and our texts demand, and what proves it here.
// Exit code 1: something is proved by nothing; 2: the file is wrong. `--json` prints the rows.
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatProblem, InputError, messageOf, type Problem } from '../helpers/errors.ts';
import { checkCounts } from './coverage-counts.ts';
import { readCoverage, type CoveragePeer, type CoverageRow } from './coverage-file.ts';
import { collectProofs, type Proofs } from './coverage-proofs.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

type Tally = { rows: number; proved: number; partly: number; later: number; holes: number };

/** A row is proved where something proves it, and partly so where a rest of it is planned; without either it is a hole. */
const tally = (rows: readonly CoverageRow[]): Tally => {
  const count = (isProved: boolean, isPlanned: boolean): number =>
    rows.filter(
      ({ provedBy, later }) => provedBy.length > 0 === isProved && (later !== undefined) === isPlanned,
    ).length;
  return {
    rows: rows.length,
    proved: count(true, false),
    partly: count(true, true),
    later: count(false, true),
    holes: count(false, false),
  };
};

/** Rows that nothing proves, proofs that do not exist, and generated cases that are too few or too many. */
export const findHoles = (peers: readonly CoveragePeer[], proofs: Proofs, file: string): Problem[] =>
  peers
    .flatMap(({ rows }) => rows)
    .flatMap(({ id, provedBy, later, cases, line }) => {
      const unproved = provedBy.length === 0 && later === undefined;
      const generated = provedBy.flatMap(({ name }) => proofs.casesOf(name) ?? []);
      const wanted = cases ?? { default: 0, all: 0 };
      const [first] = generated;
      const differs =
        cases !== undefined &&
        wanted.all > 0 &&
        (first?.all !== wanted.all || first.default !== wanted.default);
      return [
        ...(unproved ? [{ file, line, message: `${id}: nothing proves it` }] : []),
        ...provedBy
          .filter(({ name }) => !proofs.has(name))
          .map((proof) => ({ file, line: proof.line, message: `${id}: there is no ${proof.name}` })),
        ...(differs
          ? [
              {
                file,
                line,
                message: `${id}: wanted ${wanted.all} generated cases, ${wanted.default} by default, got ${first?.all ?? 0} and ${first?.default ?? 0}`,
              },
            ]
          : []),
      ];
    });

/** One line for each peer, and one for all of them. */
export const formatTable = (peers: readonly CoveragePeer[]): string => {
  const width = Math.max(...peers.map(({ name }) => name.length));
  const line = (name: string, cells: readonly (number | string)[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(8)).join('')}`;
  const toCells = ({ rows, proved, partly, later, holes }: Tally): number[] => [
    rows,
    proved,
    partly,
    later,
    holes,
  ];
  return [
    line('', ['rows', 'proved', 'partly', 'later', 'holes']),
    ...peers.map(({ name, rows }) => line(name, toCells(tally(rows)))),
    line('all', toCells(tally(peers.flatMap(({ rows }) => rows)))),
  ].join('\n');
};

const report = (problems: readonly Problem[]): void => {
  for (const problem of problems) console.error(formatProblem(problem));
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const path = positionals[0] ?? `${root}manifests/coverage.yaml`;
  const file = relative(process.cwd(), path);
  const { peers, problems } = readCoverage(await readFile(path, 'utf8'), file);
  const wrong = problems.length > 0 ? problems : checkCounts(peers, file);
  if (wrong.length > 0) {
    report(wrong);
    return 2;
  }
  const holes = findHoles(peers, await collectProofs(root), file);
  console.log(values.json ? JSON.stringify({ peers, holes }, null, 2) : formatTable(peers));
  report(holes);
  return holes.length > 0 ? 1 : 0;
};

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    console.error(thrown instanceof InputError ? thrown.message : `npm run coverage: ${messageOf(thrown)}`);
    process.exitCode = 2;
  }
}
