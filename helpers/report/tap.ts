import { describeInFile } from './console.ts';
import type { CaseRecord, RunRecord } from './record.ts';
import { replayFlags } from './replay.ts';
import { removeControls } from './text.ts';

/**
 * The run as TAP 14: a test point for each case by its name. What failed and what could not be told is `not ok`, and its
 * block says which; what was skipped says why. A run that was cut off bails out.
 * @see https://testanything.org/tap-version-14-specification.html
 */
export const formatTap = (record: RunRecord): string => {
  const { cases, aborted } = record;
  const flags = replayFlags(record);
  return [
    'TAP version 14',
    `1..${cases.length}`,
    ...cases.flatMap((entry, index) => formatPoint(entry, index + 1, flags)),
    ...(aborted === undefined ? [] : [`Bail out! ${oneLine(aborted)}`]),
    '',
  ].join('\n');
};

const formatPoint = (entry: CaseRecord, number: number, flags: readonly string[]): string[] => {
  const name = escape(oneLine(entry.name));
  switch (entry.status) {
    case 'pass':
      return [`ok ${number} - ${name}`];
    case 'skip':
      return [`ok ${number} - ${name} # SKIP ${oneLine(entry.message ?? '')}`.trimEnd()];
    case 'fail':
    case 'error':
      return [`not ok ${number} - ${name}`, ...formatBlock(entry, flags)];
  }
};

/** A block of YAML 1.2: a literal scalar takes any text whose lines are indented. */
const formatBlock = (entry: CaseRecord, flags: readonly string[]): string[] =>
  [
    '---',
    `status: ${entry.status}`,
    `title: ${JSON.stringify(oneLine(entry.title))}`,
    `duration_ms: ${entry.durationMs}`,
    // The indentation is said, as the first line may begin with blanks.
    'message: |2-',
    ...describeInFile(entry, flags)
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
    '...',
  ].map((line) => `  ${line}`.trimEnd());

/** `#` begins a directive, and the backslash escapes. */
const escape = (text: string): string => text.replaceAll(/[\\#]/g, String.raw`\$&`);

const oneLine = (text: string): string => removeControls(text).split('\n')[0] ?? '';
