import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { CaseRecord, RunRecord } from '../report/record.ts';
import { layoutOf } from '../report/layout.ts';
import { replayFlags } from '../report/replay.ts';
import { formatSummary } from '../report/summary.ts';
import { writeResults } from '../report/write.ts';
import type { ReadRecord } from './read-records.ts';

/**
 * Writes a record that was made of others, its reports, and the evidence that lies beside those. Gives the record as it
 * was written: without mention of evidence that is not there.
 * @throws EnvironmentError where something could not be written
 */
export const writeAgain = async (
  record: RunRecord,
  sources: readonly ReadRecord[],
  output: string,
): Promise<RunRecord> => {
  const folderOf = new Map(
    sources.flatMap(({ folder, record }) => record.cases.map(({ name }) => [name, folder] as const)),
  );
  const copies: [string, string][] = [];
  const cases = record.cases.map((entry): CaseRecord => {
    const { evidence, ...rest } = entry;
    if (evidence === undefined) return entry;
    const from = resolve(folderOf.get(entry.name) ?? '', evidence);
    const isBelow = from.startsWith(resolve(folderOf.get(entry.name) ?? '') + sep);
    if (!isBelow || !existsSync(from)) return rest;
    const to = resolve(output, evidence);
    if (from !== to) copies.push([from, to]);
    return entry;
  });
  const written = { ...record, cases };
  writeResults(output, written);
  for (const [from, to] of copies) await cp(from, to, { recursive: true });
  return written;
};

/** Prints the summary of a record whose results lie in `results`. */
export const showRecord = (record: RunRecord, results: string): void => {
  const layout = layoutOf(process.stdout);
  console.log(formatSummary(record, { results, flags: replayFlags(record) }, layout));
};
