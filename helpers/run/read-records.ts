import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, type Problem } from '../errors.ts';
import { readRecord } from '../report/read-record.ts';
import type { RunRecord } from '../report/record.ts';

/** A record with the folder of its results; `path` as the user named it. */
export type ReadRecord = { path: string; folder: string; record: RunRecord };

/** Reads records, each given by a folder of results or a record.json, with every problem of all of them. */
export const readRecords = async (
  paths: readonly string[],
): Promise<{ records: ReadRecord[]; problems: Problem[] }> => {
  const read = await Promise.all(paths.map(readFrom));
  return {
    records: read.flatMap((each) => ('record' in each ? [each] : [])),
    problems: read.flatMap((each) => ('problems' in each ? each.problems : [])),
  };
};

const readFrom = async (path: string): Promise<ReadRecord | { problems: Problem[] }> => {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const file = isFolder ? join(path, 'record.json') : path;
    if (!existsSync(file))
      return {
        problems: [{ file: path, message: 'wanted the folder of a run, got one without record.json' }],
      };
    const read = readRecord(await readFile(file, 'utf8'));
    if ('record' in read) return { path, folder: dirname(file), record: read.record };
    return { problems: read.problems.map((message) => ({ file, message })) };
  } catch (error) {
    const message = existsSync(path) ? messageOf(error) : 'no such file or folder';
    return { problems: [{ file: path, message }] };
  }
};
