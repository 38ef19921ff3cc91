import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { formatAnnotations, formatStepSummary } from '../report/github.ts';
import type { RunRecord } from '../report/record.ts';

/**
 * What GitHub shows of a step beside its log, where we are in one. `isAnnotated`: each red case at the line of its
 * scenario, which once is enough.
 * @see https://docs.github.com/actions/reference/variables-reference#default-environment-variables
 */
export const tellGitHub = (record: RunRecord, isAnnotated: boolean): void => {
  if (isAnnotated && process.env['GITHUB_ACTIONS'] === 'true')
    for (const line of formatAnnotations(record)) console.log(line);
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file === '') return;
  try {
    appendFileSync(file, formatStepSummary(record));
  } catch (error) {
    // The verdict does not depend on it.
    console.error(`netpol: no summary of this step: ${messageOf(error)}`);
  }
};
