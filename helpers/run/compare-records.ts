import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, type Problem } from '../errors.ts';
import { readRecords, type ReadRecord } from './read-records.ts';

/**
 * The records that paths name: a record.json, a folder of results, or a folder of such folders. Of the last one the
 * newest record of each plugin, version and cluster counts, and `older` says how many others are there.
 * @throws InputError with every problem of every record
 */
export const readRecordsToCompare = async (
  paths: readonly string[],
): Promise<{ records: ReadRecord[]; older: number }> => {
  const all: Problem[] = [];
  const records: ReadRecord[] = [];
  let older = 0;
  for (const path of paths) {
    const folders = await listRuns(path);
    const read = await readRecords(folders ?? [path]);
    const kept = folders === undefined ? read.records : keepNewest(read.records);
    records.push(...kept);
    older += read.records.length - kept.length;
    all.push(...read.problems);
  }
  if (all.length > 0) throw new InputError('These records cannot be compared:', all);
  return { records, older };
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
const keepNewest = (records: readonly ReadRecord[]): ReadRecord[] => {
  const newest = new Map<string, ReadRecord>();
  const inTime = records.toSorted((one, other) => (one.record.startedAt < other.record.startedAt ? -1 : 1));
  for (const each of inTime) {
    const { provider, plugin, versions } = each.record.environment;
    const key = JSON.stringify([provider, plugin, versions.plugin, versions.kubernetes]);
    newest.delete(key);
    newest.set(key, each);
  }
  return [...newest.values()];
};
