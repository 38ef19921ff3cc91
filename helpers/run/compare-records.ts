import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, type Problem } from '../errors.ts';
import { readRecords, type ReadRecord } from './read-records.ts';

/**
 * The records that paths name: a record.json, a folder of results, or a folder of such folders. Of the last one a record of
 * each plugin, version and cluster counts: the one with the most cases that was not aborted, and of those the newest. `left`
 * says which others are there.
 * @throws InputError with every problem of every record; a shard is not a run
 */
export const readRecordsToCompare = async (
  paths: readonly string[],
): Promise<{ records: ReadRecord[]; left: string[] }> => {
  const problems: Problem[] = [];
  const records: ReadRecord[] = [];
  const left: string[] = [];
  for (const path of paths) {
    const folders = await listRuns(path);
    const read = await readRecords(folders ?? [path]);
    const kept = folders === undefined ? read.records : keepFullest(read.records);
    records.push(...kept);
    left.push(...read.records.filter((each) => !kept.includes(each)).map((each) => each.path));
    problems.push(...read.problems);
  }
  for (const { path, record } of records)
    if (record.shard !== undefined)
      problems.push({ file: path, message: 'a shard of a run: `netpol merge` joins them first' });
  if (problems.length > 0)
    throw new InputError(
      'These records cannot be compared:',
      problems,
      'give folders that a run has written: `ls results`',
    );
  return { records, left };
};

/** The folders of results below one that has none itself; undefined where there are none. */
const listRuns = async (path: string): Promise<string[] | undefined> => {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return undefined;
  const entries = await readdir(path, { recursive: true });
  if (entries.includes('record.json')) return undefined;
  const runs = entries.filter((entry) => entry.endsWith('/record.json')).toSorted();
  return runs.length === 0 ? undefined : runs.map((entry) => join(path, dirname(entry)));
};

/** By what a reader tells runs apart, in the order of their begin. */
const keepFullest = (records: readonly ReadRecord[]): ReadRecord[] => {
  const byBegin = (one: ReadRecord, other: ReadRecord): number =>
    Date.parse(one.record.startedAt) - Date.parse(other.record.startedAt);
  const whole = ({ record }: ReadRecord): number => (record.aborted === undefined ? 1 : 0);
  const groups = Map.groupBy(records, ({ record: { environment, config } }) => {
    const { provider, plugin, versions } = environment;
    return JSON.stringify([provider, plugin, versions.plugin, versions.kubernetes, config.context]);
  });
  return [...groups.values()]
    .flatMap((group) =>
      group
        .toSorted(
          (one, other) =>
            whole(other) - whole(one) ||
            other.record.cases.length - one.record.cases.length ||
            byBegin(other, one),
        )
        .slice(0, 1),
    )
    .toSorted(byBegin);
};
