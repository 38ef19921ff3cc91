// `node scripts/netpol.mjs --program scripts/fuzz-mutants.ts [NAME...]`: does `netpol fuzz` find each deliberate bug of the reference plugin in the
// lab, and how small does the find get? Without a name those of NetworkPolicy, with `--tiers` those of the admin tiers.
// `--seed N`, `--seconds S` for each, `--share PERCENT` that must be found, `--json`.
import { parseArgs } from 'node:util';
import { defaults } from '../helpers/config.ts';
import { mutants, type Mutant } from '../helpers/reference/mutants.ts';
import { fuzz, type Fuzzed } from '../helpers/run/fuzz/fuzz.ts';
import { listenForInterrupts } from '../helpers/run/interrupts.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { createRunName } from '../helpers/run/session.ts';

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    share: { type: 'string', default: '80' },
    json: { type: 'boolean', default: false },
    tiers: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [seed, seconds, share] = [values.seed, values.seconds, values.share].map(Number) as [
  number,
  number,
  number,
];
const unknown = positionals.filter((name) => !mutants.some((mutant) => mutant.name === name));
if (unknown.length > 0 || [seed, seconds, share].some((number) => !Number.isInteger(number))) {
  console.error(`unknown: ${unknown.join(', ')}\nmutants: ${mutants.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
/** What a find may have at most. */
const small = { pods: 3, policies: 2 };
/** Enough for the unharmed plugin, as the kill table shows. */
const settleBudgetMs = 1500;
/** Of the given seconds, those that starting and the proof of a find take. */
const proofSeconds = 6;

type Row = {
  mutant: string;
  worlds: number;
  /** From the start of the lab to the first difference; to the proven find, or to giving up. */
  seen: number;
  seconds: number;
  untold: number;
  pods?: number;
  policies?: number;
  steps?: number;
  isFound: boolean;
};

using interrupts = listenForInterrupts();
const { signal } = interrupts;
await installPrograms(console.error);

const tryOne = async ({ name }: Mutant): Promise<Row> => {
  const began = performance.now();
  const config = { ...defaults, plugin: `mutant:${name}`, settleBudgetMs };
  const count = Number.POSITIVE_INFINITY;
  let seen = 0;
  const onFind = (): void => void (seen = secondsSince(began));
  const quiet = { note: () => {}, begin: () => {}, onWorld: () => {}, onFind };
  const fuzzed = await fuzz(
    { provider: 'lab', config, run: createRunName(), seed, count, seconds: seconds - proofSeconds, signal },
    quiet,
  );
  return rowOf(name, fuzzed, seen, secondsSince(began));
};

const secondsSince = (began: number): number => (performance.now() - began) / 1000;

const rowOf = (mutant: string, { done, untold, find }: Fuzzed, seen: number, elapsed: number): Row => {
  const row = { mutant, worlds: done, seen, seconds: elapsed, untold: untold.length };
  if (find === undefined) return { ...row, isFound: false };
  const { pods, steps } = find.scenario;
  const names = steps
    .flatMap(({ action }) => ('policies' in action ? action.policies : []))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const size = { pods: pods.length, policies: new Set(names).size, steps: steps.length };
  const isFound = size.pods <= small.pods && size.policies <= small.policies && elapsed <= seconds;
  return { ...row, ...size, isFound };
};

const describe = ({ mutant, worlds, seen, seconds, untold, pods, policies, steps, isFound }: Row): string =>
  [
    mutant.padEnd(34),
    `${seen.toFixed(1).padStart(5)} s, ${seconds.toFixed(1).padStart(5)} s`,
    `${String(worlds).padStart(4)} worlds`,
    pods === undefined ? '  not found' : `  ${pods} pods, ${policies} policies, ${steps} steps`,
    pods !== undefined && !isFound ? '  TOO LARGE OR LATE' : '',
    untold === 0 ? '' : `  (${untold} could not be told)`,
  ].join(' ');

const isOfTiers = ({ feature }: Mutant): boolean => /^(Baseline)?AdminNetworkPolicy|^Cluster/.test(feature);
const isMeant = (mutant: Mutant): boolean =>
  mutant.survives === undefined && mutant.needs === undefined && isOfTiers(mutant) === values.tiers;
const chosen = mutants.filter((mutant) =>
  positionals.length === 0 ? isMeant(mutant) : positionals.includes(mutant.name),
);
const rows: Row[] = [];
try {
  for (const mutant of chosen) {
    signal.throwIfAborted();
    const row = await tryOne(mutant);
    rows.push(row);
    console.log(describe(row));
  }
  const found = rows.filter(({ isFound }) => isFound).length;
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  console.log(
    `${found} of ${rows.length} bugs found within ${seconds} s and shrunk to at most ${small.pods} pods and ${small.policies} policies (${Math.floor((100 * found) / rows.length)} %, wanted ${share} %)`,
  );
  process.exitCode = found * 100 >= rows.length * share ? 0 : 1;
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 130;
}
