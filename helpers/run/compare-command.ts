import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, messageOf, UsageError, type Problem } from '../errors.ts';
import { compareRecords } from '../report/compare.ts';
import { formatComparison } from '../report/compare-text.ts';
import { readRecord } from '../report/read-record.ts';
import type { RunRecord } from '../report/record.ts';
import { readCommandLine } from './selection.ts';

const widest = 120;

/**
 * `netpol compare`: runs side by side. Returns the exit code: 1 where a case that passed in the first run is red in a
 * later one.
 * @throws UsageError, InputError with every problem of every record
 */
export const compareCommand = async (argv: readonly string[]): Promise<number> => {
  const { positionals, json } = readCommandLine('compare', argv);
  if (positionals.length < 2) {
    throw new UsageError({
      subject: 'netpol compare: too few records',
      wanted:
        'two or more, each a folder of results or a record.json; the first is what the others are compared with',
      got: positionals.join(' ') || 'none',
      next: 'npm start -- compare results/ONE results/OTHER',
    });
  }
  const read = await Promise.all(positionals.map(readFrom));
  const problems = read.flatMap((each) => ('problems' in each ? each.problems : []));
  if (problems.length > 0) throw new InputError('These records cannot be compared:', problems);
  const comparison = compareRecords(read.flatMap((each) => ('record' in each ? [each] : [])));
  const width = Math.min(widest, process.stdout.columns || 100);
  console.log(json ? JSON.stringify(comparison, null, 2) : formatComparison(comparison, width));
  return comparison.regressions.length > 0 ? 1 : 0;
};

const readFrom = async (
  path: string,
): Promise<{ path: string; record: RunRecord } | { problems: Problem[] }> => {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, 'record.json') : path;
    const read = readRecord(await readFile(file, 'utf8'));
    if ('record' in read) return { path, record: read.record };
    return { problems: read.problems.map((message) => ({ file, message })) };
  } catch (error) {
    return { problems: [{ file: path, message: messageOf(error) }] };
  }
};
