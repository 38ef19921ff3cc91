import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../errors.ts';
import type { RunRecord, ShardRecord } from './record.ts';
import { closeRunRecord, createRunRecord } from './run-record.ts';

/** A record, and where it was read, as the user named it. */
export type Part = { path: string; record: RunRecord };
type ShardPart = { path: string; record: RunRecord & { shard: ShardRecord } };

/** Settings that say where, how fast and how loudly a shard ran, and not what it proved. */
const ownSettings = [
  ...['shard', 'output', 'lanes', 'force', 'quiet', 'verbose'],
  ...['cluster', 'keep', 'kubeconfig', 'context'],
];

/** Versions of the machine that a shard ran on: machines of one pool differ. */
const ownVersions = ['kernel', 'container runtime', 'node', 'iproute2', 'nft'];

/**
 * The shards of one run as the record that the run would have had without them: cases in the order of the suite, as long
 * as the longest, begun with the first. The cases of a shard that is missing are errors, as all that did not run; `run`
 * and `command`: of the merging. Instead all problems, where the records are not shards of the same run.
 */
export const mergeRecords = (
  parts: readonly Part[],
  { run, command }: Pick<RunRecord, 'run' | 'command'>,
): { record: RunRecord; missing: string[] } | { problems: Problem[] } => {
  const shards = parts.filter(isShard);
  const [first, ...others] = shards;
  const problems = [
    ...parts.filter((part) => !isShard(part)).map((part) => complain(part, 'no shard of a run')),
    ...(first === undefined ? [] : others.flatMap((other) => compare(first, other))),
    ...shards.flatMap((part, index) => findTwice(part, shards.slice(0, index))),
    ...shards.flatMap(findStrangers),
  ];
  if (first === undefined || problems.length > 0) return { problems };
  const records = shards.map(({ record }) => record);
  const { shard, tool, environment, config, implementation, unasked } = first.record;
  const missing = Array.from({ length: shard.count }, (_, index) => index + 1)
    .filter((index) => records.every((record) => record.shard.index !== index))
    .map((index) => `${index}/${shard.count}`);
  const reason = missing.length === 0 ? 'no shard has it' : `no record of shard ${missing.join(', ')}`;
  const opened = createRunRecord({
    ...{ run, command, version: tool.version, declared: shard.selection },
    startedAt: records.map(({ startedAt }) => startedAt).toSorted(byInstant)[0] ?? '',
    environment: { ...environment, versions: joinVersions(records) },
    config: Object.fromEntries(Object.entries(config).filter(([name]) => !ownSettings.includes(name))),
    ...(implementation !== undefined && { implementation }),
    ...(unasked !== undefined && { unasked }),
  });
  const stops = records.flatMap(({ shard: { index, count }, aborted }) =>
    aborted === undefined ? [] : [`shard ${index}/${count}: ${aborted}`],
  );
  const record = closeRunRecord(opened, {
    finished: records.flatMap(({ cases }) => cases),
    durationMs: Math.max(...records.map(({ durationMs }) => durationMs)),
    vacuous: records.flatMap(({ vacuous }) => vacuous),
    neverRan: new Map(shard.selection.map(({ name }) => [name, reason])),
    ...(stops.length > 0 && { aborted: stops.join('; ') }),
  });
  return { record, missing };
};

const isShard = (part: Part): part is ShardPart => part.record.shard !== undefined;

const complain = ({ path }: Pick<Part, 'path'>, message: string): Problem => ({ file: path, message });

/** Everything in which two shards must be the same, because it says what was proved. */
const compare = (first: ShardPart, other: ShardPart): Problem[] => {
  const [wanted, got] = [listShared(first.record), listShared(other.record)];
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(got)])];
  const different = names.filter((name) => !isDeepStrictEqual(wanted[name], got[name]));
  const listed = different.map((name) =>
    complain(other, `\`${name}\`: wanted ${show(wanted[name])} as in ${first.path}, got ${show(got[name])}`),
  );
  const isSame = isDeepStrictEqual(first.record.shard.selection, other.record.shard.selection);
  return isSame ? listed : [...listed, complain(other, describeSelections(first, other))];
};

const listShared = ({ tool, shard, environment, config, implementation, unasked }: RunRecord) => {
  const { versions, ...rest } = environment;
  const pick = (group: string, values: object, own: readonly string[] = []): [string, unknown][] =>
    Object.entries(values).flatMap(([name, value]) =>
      own.includes(name) ? [] : [[`${group}.${name}`, value]],
    );
  return Object.fromEntries<unknown>([
    ['tool.version', tool.version],
    ['shard.count', shard?.count],
    ...pick('environment', rest),
    ...pick('environment.versions', versions, ownVersions),
    ...pick('config', config, ownSettings),
    ['implementation', implementation],
    ['unasked', unasked],
  ]);
};

const show = (value: unknown): string => JSON.stringify(value) ?? 'none';

const describeSelections = (first: ShardPart, other: ShardPart): string => {
  const [wanted, got] = [namesOf(first.record.shard.selection), namesOf(other.record.shard.selection)];
  const lacks = wanted.filter((name) => !got.includes(name));
  const brings = got.filter((name) => !wanted.includes(name));
  const parts = [
    ...(lacks.length > 0 ? [`lacks ${listSome(lacks)}`] : []),
    ...(brings.length > 0 ? [`has ${listSome(brings)} besides`] : []),
  ];
  const difference = parts.length > 0 ? parts.join('; ') : 'says other things of them, or in another order';
  return `its run chose other cases than that of ${first.path}: it ${difference}`;
};

const namesOf = (cases: readonly { name: string }[]): string[] => cases.map(({ name }) => name);

const listSome = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

/** A shard that is there twice; or a case, in shards that say that they are not the same. */
const findTwice = (part: ShardPart, before: readonly ShardPart[]): Problem[] => {
  const { shard, cases } = part.record;
  const twin = before.find(({ record }) => record.shard.index === shard.index);
  if (twin !== undefined)
    return [complain(part, `shard ${shard.index}/${shard.count} is there already: ${twin.path}`)];
  return before.flatMap(({ path, record }) => {
    const known = new Set(namesOf(record.cases));
    return namesOf(cases)
      .filter((name) => known.has(name))
      .map((name) => complain(part, `${name} is also in ${path}`));
  });
};

/** Cases that the shard itself does not name among all of them. */
const findStrangers = (part: ShardPart): Problem[] => {
  const known = new Set(namesOf(part.record.shard.selection));
  return namesOf(part.record.cases)
    .filter((name) => !known.has(name))
    .map((name) => complain(part, `${name} is none of the cases that its run chose`));
};

const byInstant = (one: string, other: string): number => Date.parse(one) - Date.parse(other);

/** What differs between machines is told of all of them. */
const joinVersions = (records: readonly RunRecord[]): Record<string, string> => {
  const all = records.flatMap(({ environment }) => Object.entries(environment.versions));
  const byName = Map.groupBy(all, ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, each]) => [name, [...new Set(each.map(([, version]) => version))].join(' and ')]),
  );
};
