import { join, resolve } from 'node:path';
import { InputError, UsageError } from '../errors.ts';
import { mergeRecords } from '../report/merge.ts';
import { exitCodeOf } from '../report/record.ts';
import { tellGitHub } from './github-step.ts';
import { readRecords } from './read-records.ts';
import { showRecord, writeAgain } from './render.ts';
import { readCommandLine } from './selection.ts';
import { createRunName } from './session.ts';

/**
 * `netpol merge`: the shards of one run as one record, with all its reports. Returns the exit code that the run would have
 * had without shards; a shard that is missing makes it 2.
 * @throws UsageError, InputError with every problem of every record; nothing is written then
 */
export const mergeCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals } = readCommandLine('merge', argv);
  if (positionals.length === 0) {
    throw new UsageError({
      subject: 'netpol merge: no records',
      wanted: 'the shards of one run, each a folder of results or a record.json',
      next: 'npm start -- merge shards/* --output results/all',
    });
  }
  const run = createRunName();
  const output = config.output === '' ? join('results', run) : config.output;
  const { records, problems } = await readRecords(positionals);
  const taken = records.filter(({ folder }) => resolve(folder) === resolve(output));
  const merged = mergeRecords(records, { run, command: ['netpol', 'merge', ...argv] });
  const all = [
    ...problems,
    ...taken.map(({ path }) => ({ file: path, message: '`--output` would overwrite it' })),
    ...('problems' in merged ? merged.problems : []),
  ];
  if (all.length > 0 || 'problems' in merged)
    throw new InputError(
      'These records cannot be merged:',
      all,
      'give the results of all shards of one run, each made with `run --shard I/N --output DIR`',
    );
  for (const shard of merged.missing)
    console.log(`netpol: no record of shard ${shard} is among them: its cases are errors`);
  const record = await writeAgain(merged.record, records, output);
  showRecord(record, output);
  // Each shard has annotated its own cases.
  tellGitHub(record, false);
  return exitCodeOf(record);
};
