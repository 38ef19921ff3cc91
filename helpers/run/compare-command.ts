import { writeFile } from 'node:fs/promises';
import { EnvironmentError, messageOf, UsageError } from '../errors.ts';
import { compareRecords, exitCodeOfComparison } from '../report/compare.ts';
import { formatComparison } from '../report/compare-text.ts';
import { formatComparePage } from '../report/html/compare-page.ts';
import { layoutOf } from '../report/layout.ts';
import { countOf } from '../report/text.ts';
import { readRecordsToCompare } from './compare-records.ts';
import { textOf } from './more-flags.ts';
import { readCommandLine } from './selection.ts';

/**
 * `netpol compare`: runs side by side. Returns the exit code: 1 where a case that passed in the first run is red in a
 * later one, 2 where that could not have been seen.
 * @throws UsageError, InputError with every problem of every record, EnvironmentError where the page cannot be written
 */
export const compareCommand = async (argv: readonly string[]): Promise<number> => {
  const { positionals, json, flags } = readCommandLine('compare', argv);
  const page = textOf('compare', flags, 'html');
  const { records, left } = await readRecordsToCompare(positionals);
  if (records.length < 2) {
    throw new UsageError({
      subject: 'netpol compare: too few records',
      wanted:
        'two or more: folders of results, files like record.json, or a folder of such folders; the first is what the others are compared with',
      got: positionals.join(' ') || 'none',
      next: 'npm start -- compare results/ONE results/OTHER',
    });
  }
  const comparison = compareRecords(records);
  const { width } = layoutOf(process.stdout);
  if (page !== undefined) await writePage(page, formatComparePage(comparison));
  console.log(json ? JSON.stringify(comparison, null, 2) : formatComparison(comparison, width));
  // What is for machines must stay what it is.
  const note = json ? console.error : console.log;
  if (left.length > 0)
    note(
      `not compared: ${countOf(left.length, 'other run')} of the same plugins, versions and clusters: ${left.join(', ')}`,
    );
  if (page !== undefined) note(`page: ${page}`);
  return exitCodeOfComparison(comparison);
};

const writePage = async (file: string, text: string): Promise<void> => {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new EnvironmentError({
      subject: `\`--html ${file}\` cannot be written`,
      got: messageOf(error),
      next: 'name a file in a folder that is there',
    });
  }
};
