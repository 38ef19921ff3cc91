import { compareFeatures, type ComparedFeature } from './compare-features.ts';
import { reasonOf } from './differences.ts';
import { aboutOf, type PropertyRecord } from './properties.ts';
import { isRed, type CaseRecord, type RunRecord, type Status } from './record.ts';
import { readSettleTimes, type SettleTimes } from './settle-times.ts';
import { countOf, formatSettle } from './text.ts';

/** A run that takes part: `A` is what the others are compared with. */
export type ComparedRun = Pick<
  RunRecord,
  'run' | 'startedAt' | 'durationMs' | 'environment' | 'counts' | 'aborted'
> & {
  label: string;
  /** What sets it apart from the others: the plugin, or where that is the same its version, or that of Kubernetes. */
  apart: string;
  /** Where it was read from, as the user named it. */
  path: string;
  tool: string;
  settleMs: { allow?: SettleTimes; deny?: SettleTimes };
};

type ComparedProperty = {
  name: string;
  about: string;
  /** In the order of the runs; null where a run does not tell. */
  words: (string | null)[];
  /** Whether two runs tell different words; what a run does not tell is no difference. */
  differs: boolean;
};

export type ComparedCase = {
  name: string;
  /** In the order of the runs; null where a run does not have the case. */
  statuses: (Status | null)[];
  /** Why it is red or was skipped, by the last run in which it is. */
  reason: string;
};

/** A case that passes, and takes until it holds much longer than in the first run. Milliseconds, in the order of the runs. */
type SlowerCase = { name: string; settleMs: (number | null)[] };

/** Runs side by side. Every case whose status is not the same everywhere is in one of the four lists. */
export type Comparison = {
  runs: ComparedRun[];
  properties: ComparedProperty[];
  /** Passed in the first run, and is a fail or an error in a later one. */
  regressions: ComparedCase[];
  /** Red in the first run, passed in a later one and red in none. */
  fixed: ComparedCase[];
  /** In every run, with other statuses than these. */
  changed: ComparedCase[];
  /** Not in every run. */
  missing: ComparedCase[];
  /** Cases that have the same status in every run. */
  same: number;
  /** How many cases pass in every run: what the comparison rests on. */
  proved: number;
  /** How many passed in the first run, are red in none, and were skipped or not there in a later one. */
  unproved: number;
  /** Cases that pass in one run and are red in another of the same plugin, in the same environment. They are above as well. */
  flaky: ComparedCase[];
  slower: SlowerCase[];
  features: ComparedFeature[];
};

/** Compares later runs with the first one, each with its path. */
export const compareRecords = (named: readonly { path: string; record: RunRecord }[]): Comparison => {
  const records = named.map(({ record }) => record);
  const cases = compareCases(records);
  const differing = cases.filter(({ statuses }) => new Set(statuses).size > 1);
  const groups = Map.groupBy(differing, groupOf);
  return {
    runs: named.map((each, index) => describeRun(each, index, whatDiffers(records))),
    properties: compareProperties(records),
    regressions: groups.get('regressions') ?? [],
    fixed: groups.get('fixed') ?? [],
    changed: groups.get('changed') ?? [],
    missing: groups.get('missing') ?? [],
    same: cases.length - differing.length,
    proved: cases.filter(({ statuses }) => statuses.every((status) => status === 'pass')).length,
    unproved: differing.filter(isUnproved).length,
    flaky: differing.filter(isFlakyAmong(records)),
    slower: findSlower(records),
    features: compareFeatures(records),
  };
};

const isUnproved = ({ statuses: [first, ...later] }: ComparedCase): boolean =>
  first === 'pass' && !later.some(isRed);

/**
 * 1 for a regression. 2 where none could have been seen: a later run was aborted, or no case passes in every run, and none again. A case that
 * is only not proved any more is told and changes nothing, as runs of other plugins skip other cases.
 */
export const exitCodeOfComparison = ({ regressions, fixed, runs, proved }: Comparison): number => {
  if (regressions.length > 0) return 1;
  return proved + fixed.length === 0 || runs.slice(1).some(({ aborted }) => aborted !== undefined) ? 2 : 0;
};

/** The result in a sentence. */
export const describeComparison = (comparison: Comparison): string => {
  const { regressions, fixed, runs, proved, unproved } = comparison;
  const count = regressions.length;
  const found = `${count === 0 ? 'no regression' : countOf(count, 'regression')} in ${runs.length} runs`;
  const aborted = runs
    .slice(1)
    .filter((run) => run.aborted !== undefined)
    .map(({ label }) => label);
  const limits = [
    ...(proved + fixed.length === 0 ? ['no case passes in every run'] : []),
    ...(aborted.length > 0 ? [`${aborted.join(' and ')} ended before the end`] : []),
    ...(unproved > 0
      ? [`${unproved} that passed in ${runs[0]?.label} ${unproved === 1 ? 'was' : 'were'} not proved later`]
      : []),
  ];
  return limits.length === 0 ? found : `${found}, but ${limits.join(', and ')}`;
};

export const describeSame = ({ same }: Comparison): string =>
  `${countOf(same, 'case has', 'cases have')} the same status in every run`;

/** A time to settle, where the run has one. */
export const wordOfTime = (time: number | null): string => (time === null ? '-' : formatSettle(time));

type NameOf = (record: Pick<RunRecord, 'environment'>) => string;

const namesOfRuns: readonly NameOf[] = [
  ({ environment }) => environment.plugin.split('/').at(-1) ?? '',
  ({ environment }) => environment.versions.plugin ?? '',
  ({ environment }) => environment.versions.kubernetes ?? '',
  ({ environment }) => environment.provider,
];

/** The first of them that is not the same in every run; the plugin where all are. */
const whatDiffers = (records: readonly RunRecord[]): NameOf =>
  namesOfRuns.find((nameOf) => new Set(records.map(nameOf)).size > 1) ?? (namesOfRuns[0] as NameOf);

const describeRun = (
  { path, record }: { path: string; record: RunRecord },
  index: number,
  nameOf: NameOf,
): ComparedRun => {
  const { run, startedAt, durationMs, environment, counts, aborted, tool, cases } = record;
  return {
    label: index < 26 ? String.fromCharCode('A'.charCodeAt(0) + index) : `#${index + 1}`,
    apart: nameOf(record),
    ...{ path, run, startedAt, durationMs },
    tool: `${tool.name} ${tool.version}`,
    ...{ environment, counts },
    settleMs: readSettleTimes(cases),
    ...(aborted !== undefined && { aborted }),
  };
};

const compareCases = (records: readonly RunRecord[]): ComparedCase[] => {
  const byName = records.map(({ cases }) => new Map(cases.map((entry) => [entry.name, entry])));
  return namesIn(records.map(({ cases }) => cases)).map((name) => {
    const entries = byName.map((known) => known.get(name));
    const telling: CaseRecord | undefined = entries.findLast((entry) => (entry?.status ?? 'pass') !== 'pass');
    return {
      name,
      statuses: entries.map((entry) => entry?.status ?? null),
      reason: telling === undefined ? '' : reasonOf(telling),
    };
  });
};

const groupOf = ({ statuses }: ComparedCase): 'regressions' | 'fixed' | 'changed' | 'missing' => {
  const [first, ...later] = statuses;
  const isRedLater = later.some(isRed);
  if (first === 'pass' && isRedLater) return 'regressions';
  if (statuses.includes(null)) return 'missing';
  return isRed(first) && !isRedLater && later.includes('pass') ? 'fixed' : 'changed';
};

/** What is equal in all that a run tells of where it was should give equal verdicts. */
const isFlakyAmong = (records: readonly RunRecord[]) => {
  const setups = records.map(({ environment, tool, config }) => {
    const { context, kubeconfig, kindImage, kindConfig } = config;
    return JSON.stringify({ environment, tool, context, kubeconfig, kindImage, kindConfig });
  });
  return ({ statuses }: ComparedCase): boolean =>
    statuses.some(
      (status, index) =>
        status === 'pass' && statuses.some((other, at) => isRed(other) && setups[at] === setups[index]),
    );
};

/** Below this, in milliseconds, a difference may be one round of probes. */
const leastSlower = 250;

const findSlower = (records: readonly RunRecord[]): SlowerCase[] => {
  const [first, ...later] = records.map(
    ({ cases }) =>
      new Map(
        cases.flatMap(({ name, status, settleMs }) =>
          status === 'pass' && settleMs !== undefined ? [[name, settleMs]] : [],
        ),
      ),
  );
  return [...(first ?? [])].flatMap(([name, before]) => {
    const times = later.map((known) => known.get(name) ?? null);
    const isSlower = times.some((time) => time !== null && time > 2 * before && time - before > leastSlower);
    return isSlower ? [{ name, settleMs: [before, ...times] }] : [];
  });
};

const compareProperties = (records: readonly RunRecord[]): ComparedProperty[] =>
  namesIn(records.map(({ properties }) => properties)).map((name) => {
    const words = records.map(({ properties }) => {
      const told = properties.find((property) => property.name === name);
      return told === undefined ? null : wordsOf(told);
    });
    const told = words.filter((word) => word !== null);
    return { name, about: aboutOf(name), words, differs: new Set(told).size > 1 };
  });

/** One word, or one for each family where they disagree. */
const wordsOf = ({ value, families = {} }: PropertyRecord): string => {
  const told = Object.entries(families);
  return new Set(told.map(([, word]) => word)).size <= 1
    ? value
    : told.map(([family, word]) => `${family} ${word}`).join(', ');
};

/** Each name once: in the order of the first list that has it. */
const namesIn = (lists: readonly (readonly { name: string }[])[]): string[] => [
  ...new Set(lists.flat().map(({ name }) => name)),
];
