import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, messageOf, type Problem } from '../errors.ts';
import { readRecord } from '../report/read-record.ts';
import type { RunRecord } from '../report/record.ts';

export type NamedRecord = { path: string; record: RunRecord };

/**
 * The records that paths name: a record.json, a folder of results, or a folder of such folders. Of the last one the
 * newest record of each plugin, version and cluster counts, and `older` says how many others are there.
 * @throws InputError with every problem of every record
 */
export const readRecords = async (
  paths: readonly string[],
): Promise<{ records: NamedRecord[]; older: number }> => {
  const problems: Problem[] = [];
  const records: NamedRecord[] = [];
  let older = 0;
  for (const path of paths) {
    const { files, isFolderOfRuns } = await listFiles(path, problems);
    const found: NamedRecord[] = [];
    for (const file of files) {
      const read = await readFrom(file);
      if ('record' in read) found.push(read);
      else problems.push(...read.problems);
    }
    const kept = isFolderOfRuns ? keepNewest(found) : found;
    older += found.length - kept.length;
    records.push(...kept);
  }
  if (problems.length > 0) throw new InputError('These records cannot be read:', problems);
  return { records, older };
};

const listFiles = async (
  path: string,
  problems: Problem[],
): Promise<{ files: string[]; isFolderOfRuns: boolean }> => {
  try {
    if (!(await stat(path)).isDirectory()) return { files: [path], isFolderOfRuns: false };
    const entries = await readdir(path, { recursive: true });
    if (entries.includes('record.json')) return { files: [join(path, 'record.json')], isFolderOfRuns: false };
    const files = entries.filter((entry) => entry.endsWith('/record.json')).toSorted();
    if (files.length === 0)
      problems.push({ file: path, message: 'no record.json in it, nor in a folder below' });
    return { files: files.map((file) => join(path, file)), isFolderOfRuns: true };
  } catch (error) {
    problems.push({ file: path, message: messageOf(error) });
    return { files: [], isFolderOfRuns: false };
  }
};

const readFrom = async (file: string): Promise<NamedRecord | { problems: Problem[] }> => {
  try {
    const read = readRecord(await readFile(file, 'utf8'));
    if ('record' in read) return { path: file.replace(/\/record\.json$/, ''), record: read.record };
    return { problems: read.problems.map((message) => ({ file, message })) };
  } catch (error) {
    return { problems: [{ file, message: messageOf(error) }] };
  }
};

/** By what a reader tells runs apart, in the order of their begin. */
const keepNewest = (records: readonly NamedRecord[]): NamedRecord[] => {
  const newest = new Map<string, NamedRecord>();
  for (const each of records.toSorted((one, other) =>
    one.record.startedAt < other.record.startedAt ? -1 : 1,
  )) {
    const { provider, plugin, versions } = each.record.environment;
    const key = JSON.stringify([provider, plugin, versions.plugin, versions.kubernetes]);
    newest.delete(key);
    newest.set(key, each);
  }
  return [...newest.values()];
};
