import { describeInFile, lineOfRed } from './console.ts';
import { summariseDifferences } from './differences.ts';
import { isRed, statuses, type CaseRecord, type RunRecord } from './record.ts';
import { redactData } from './redact.ts';
import { replayFlags } from './replay.ts';
import { describeEnvironment, describeShard } from './summary.ts';
import { countOf, formatSeconds, removeControls } from './text.ts';
import { escapeXml } from './xml.ts';

/** GitHub shows ten errors of a step, and no more. */
const mostAnnotations = 10;
/** GitHub refuses a summary of more than 1 MiB; a red case takes some kilobytes. */
const mostDescribed = 50;
const mostCharacters = 15_000;

/**
 * A line for each red case that GitHub shows at the scenario's file and line; the last says how many more there are.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
export const formatAnnotations = (record: RunRecord): string[] => {
  const red = redactData(record).cases.filter(({ status }) => isRed(status));
  const shown = red.length > mostAnnotations ? red.slice(0, mostAnnotations - 1) : red;
  const left = red.length - shown.length;
  return [
    ...shown.map((entry) => {
      const line = lineOfRed(entry);
      const place = {
        file: entry.file,
        ...(line !== undefined && { line: String(line) }),
        title: `${entry.status}: ${entry.name}`,
      };
      const properties = Object.entries(place).map(([name, value]) => `${name}=${escapeProperty(value)}`);
      return `::error ${properties.join(',')}::${escapeData(reasonOf(entry))}`;
    }),
    ...(left > 0 ? [`::error ::${left} more cases are red; the summary of this step names them`] : []),
  ];
};

/** The runner ends a command at the end of a line, and a property at a colon or a comma. */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(removeControls(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');

const reasonOf = (entry: CaseRecord): string =>
  removeControls(`${entry.title}\n${summariseDifferences(entry) ?? entry.message ?? 'no reason was given'}`);

const headings: Readonly<Record<'fail' | 'error', string>> = {
  fail: 'Failed: the plugin is wrong',
  error: 'Errors: we could not tell',
};

/**
 * The run as Markdown for the summary of a GitHub step: counts, environment, each red case in full below its name, and
 * what was skipped.
 */
export const formatStepSummary = (record: RunRecord): string => {
  const run = redactData(record);
  const { cases, counts, durationMs, aborted } = run;
  const parts = statuses.map((status) => `${counts[status]} ${status}`);
  const flags = replayFlags(run);
  let left = mostDescribed;
  const section = (status: 'fail' | 'error'): string[] => {
    const meant = cases.filter((entry) => entry.status === status);
    const described = meant.slice(0, left);
    left -= described.length;
    return meant.length === 0
      ? []
      : [
          `### ${headings[status]}`,
          '',
          ...described.flatMap((entry) => describe(entry, flags)),
          ...list(meant.slice(described.length), 'and'),
        ];
  };
  return [
    `## netpol-conformance: ${parts.join(', ')}`,
    '',
    `${countOf(cases.length, 'case')} in ${formatSeconds(durationMs)} on ${escapeXml(describeEnvironment(run))}`,
    '',
    ...(run.shard === undefined ? [] : [describeShard(run), '']),
    ...(aborted === undefined ? [] : [`**Aborted:** ${escapeXml(aborted)}`, '']),
    ...section('fail'),
    ...section('error'),
    ...list(
      cases.filter(({ status }) => status === 'skip'),
      'Skipped:',
    ),
  ].join('\n');
};

const describe = (entry: CaseRecord, flags: readonly string[]): string[] => {
  const body = describeInFile(entry, flags);
  const text = body.length > mostCharacters ? `${body.slice(0, mostCharacters)}\n... (cut)` : body;
  // A fence ends at as many backticks as it began with.
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return [
    `<details><summary><code>${escapeXml(entry.name)}</code> ${escapeXml(entry.title)}</summary>`,
    '',
    `${fence}text`,
    removeControls(text),
    fence,
    '',
    '</details>',
    '',
  ];
};

const list = (cases: readonly Pick<CaseRecord, 'name'>[], word: string): string[] =>
  cases.length === 0
    ? []
    : [`${word} ${cases.map(({ name }) => `<code>${escapeXml(name)}</code>`).join(', ')}`, ''];
