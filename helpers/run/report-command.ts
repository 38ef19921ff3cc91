import { InputError, UsageError } from '../errors.ts';
import { exitCodeOf } from '../report/record.ts';
import { readRecords } from './read-records.ts';
import { showRecord, writeAgain } from './render.ts';
import { readCommandLine } from './selection.ts';

/**
 * `netpol report`: renders the reports of a record again, beside it or into another folder. Returns the exit code of its
 * verdict.
 * @throws UsageError, InputError with every problem of the record
 */
export const reportCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals } = readCommandLine('report', argv);
  if (positionals.length !== 1) {
    throw new UsageError({
      subject: 'netpol report: not one record',
      wanted: 'one folder of results or a record.json',
      got: positionals.join(' ') || 'none',
      next: 'npm start -- report results/ONE',
    });
  }
  const { records, problems } = await readRecords(positionals);
  const [read] = records;
  if (read === undefined)
    throw new InputError(
      'This record cannot be rendered:',
      problems,
      'give a folder that a run has written: `ls results`',
    );
  const output = config.output === '' ? read.folder : config.output;
  const record = await writeAgain(read.record, records, output);
  showRecord(record, output);
  return exitCodeOf(record);
};
