import { asTyped } from '../errors.ts';
import type { RedCaseOptions } from './console.ts';
import { reasonOf } from './differences.ts';
import { describeProperty } from './properties.ts';
import { formatLatency } from './latency.ts';
import { groupByArea } from './property-areas.ts';
import { statuses, isOfSystem, type CaseRecord, type RunRecord, type Status } from './record.ts';
import { redactData } from './redact.ts';
import { replayCommand } from './replay.ts';
import { readSettleTimes } from './settle-times.ts';
import { formatTable } from './table.ts';
import {
  countOf,
  formatRows,
  formatSeconds,
  formatSettle,
  paint,
  removeControls,
  statusStyles,
  wrap,
  type Layout,
} from './text.ts';

const slowestCases = 5;
const mostAlike = 3;

const explanations: Readonly<Record<Exclude<Status, 'pass'>, string>> = {
  fail: 'the plugin is wrong',
  error: 'we could not tell',
  skip: 'not asked of this cluster',
};

/**
 * The end of a run for a terminal: counts, wall time, time to settle, slowest cases, what is red or skipped and why,
 * `vacuous`, where the results lie and what to do next. Begins with an empty line.
 */
export const formatSummary = (
  record: RunRecord,
  { results, flags = [] }: RedCaseOptions,
  layout: Layout,
): string => {
  const run = redactData(record);
  const { width } = layout;
  return [
    '',
    ...formatCounts(run, layout),
    ...wrap(describeEnvironment(run), width, '', 2),
    ...(run.shard === undefined ? [] : [describeShard(run)]),
    ...formatAborted(run, width),
    '',
    ...formatSettleTimes(run.cases),
    ...formatLatency(run.cases),
    ...formatSlowest(run.cases, width),
    ...(['skip', 'error', 'fail'] as const).flatMap((status) => formatStatus(run.cases, status, layout)),
    ...formatProperties(run, width),
    ...formatVacuous(run, width),
    ...formatResults(run, results, width),
    ...describeNextStep(run, flags, width),
    '',
  ].join('\n');
};

/** The end of a run in few words: how many cases there are of each kind, and where the results lie. */
export const formatClosing = (record: RunRecord, { results }: RedCaseOptions, layout: Layout): string => {
  const run = redactData(record);
  const { width } = layout;
  return [
    ...formatCounts(run, layout),
    ...(run.shard === undefined ? [] : [describeShard(run)]),
    ...formatAborted(run, width),
    ...(run.counts.pass + run.counts.fail + run.counts.error === 0 ? ['nothing was proved'] : []),
    ...formatResults(run, results, width),
  ].join('\n');
};

const formatAborted = ({ aborted }: RunRecord, width: number): string[] =>
  aborted === undefined ? [] : wrap(`aborted: ${removeControls(aborted)}`, width, '', 2);

const formatResults = ({ cases }: RunRecord, results: string, width: number): string[] => {
  const files = ['report.html', 'record.json', 'junit.xml', 'results.tap'];
  const all = cases.some(isOfSystem) ? files : [...files, 'conformance.yaml'];
  return wrap(`results: ${results.replace(/\/+$/, '')}/ (${all.join(', ')})`, width, '', 2);
};

/** Which part of a suite a run was; empty where it was all of it. */
export const describeShard = ({ shard, cases }: Pick<RunRecord, 'shard' | 'cases'>): string => {
  if (shard === undefined) return '';
  const others = shard.selection.length - cases.length;
  return `shard ${shard.index} of ${shard.count}: ${countOf(others, 'case is', 'cases are')} for the others`;
};

const formatCounts = ({ cases, counts, durationMs }: RunRecord, layout: Layout): string[] => {
  const parts = statuses.map((status) => {
    const text = `${counts[status]} ${status}`;
    return counts[status] === 0 ? text : paint(text, statusStyles[status], layout);
  });
  return [`${countOf(cases.length, 'case')} in ${formatSeconds(durationMs)}: ${parts.join(', ')}`];
};

/** Where a run was, on one line. */
export const describeEnvironment = ({ environment }: Pick<RunRecord, 'environment'>): string => {
  const { provider, plugin, families, nodes, versions } = environment;
  const parts = [
    provider,
    `plugin ${plugin}`,
    ...(families.length === 0 ? [] : [families.join(' and ')]),
    countOf(nodes, 'node'),
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
  return removeControls(parts.join(', '));
};

const formatSettleTimes = (cases: readonly CaseRecord[]): string[] => {
  const rows = Object.entries(readSettleTimes(cases)).map(
    ([verdict, { p50Ms, p90Ms, p99Ms, maxMs, steps }]) =>
      alignNumbers([`  ${verdict}`, ...[p50Ms, p90Ms, p99Ms, maxMs].map(formatSettle), String(steps)]),
  );
  return rows.length === 0
    ? []
    : [alignNumbers(['time to settle', 'p50', 'p90', 'p99', 'max', 'steps']), ...rows, ''];
};

const alignNumbers = ([name = '', ...numbers]: readonly string[]): string =>
  name.padEnd(16) + numbers.map((number) => number.padStart(8)).join('');

const formatSlowest = (cases: readonly CaseRecord[], width: number): string[] => {
  const slowest = cases
    .filter(({ durationMs }) => durationMs > 0)
    .toSorted((one, other) => other.durationMs - one.durationMs)
    .slice(0, slowestCases);
  if (cases.length <= 1 || slowest.length === 0) return [];
  const rows = slowest.map(
    ({ name, durationMs }) => [formatSeconds(durationMs).padStart(9), removeControls(name)] as const,
  );
  return ['slowest', ...formatRows(rows, Math.max(width, 60), 0), ''];
};

const formatStatus = (
  cases: readonly CaseRecord[],
  status: Exclude<Status, 'pass'>,
  layout: Layout,
): string[] => {
  const meant = cases.filter((entry) => entry.status === status);
  if (meant.length === 0) return [];
  const isAboutBoth = status === 'fail' && meant.some(isOfSystem);
  const rows = [...Map.groupBy(meant, reasonOf)].flatMap(([reason, alike]) => {
    // What stopped a run stopped all that came after it.
    const isOne = alike.length > mostAlike && reason.startsWith('never ran: ');
    const names = isOne ? [`${alike.length} cases`] : alike.map(({ name }) => removeControls(name));
    return names.map((name) => [name, reason] as const);
  });
  return [
    `${paint(status, statusStyles[status], layout)}: ${isAboutBoth ? 'the plugin or the policies of the release are wrong' : explanations[status]}`,
    ...formatRows(rows, layout.width, 2),
    '',
  ];
};

const formatProperties = ({ properties }: RunRecord, width: number): string[] => {
  if (properties.length === 0) return [];
  return ['properties: what the API leaves open, and this plugin does', ...tabulate(properties, width), ''];
};

const tabulate = (properties: RunRecord['properties'], width: number): string[] => {
  const families = (['IPv4', 'IPv6'] as const).filter((family) =>
    properties.some((property) => property.families?.[family] !== undefined),
  );
  const sections = groupByArea(properties).map(({ area, members }) => ({
    title: area,
    rows: members.map(({ name, value, families: words, cutMs }) => ({
      name,
      words: families.length === 0 ? [value] : families.map((family) => words?.[family] ?? '-'),
      about: describeProperty({ name, cutMs }),
    })),
  }));
  const indented = formatTable(sections, families.length === 0 ? [''] : families, width - 2);
  return indented.map((line) => `  ${line}`);
};

const formatVacuous = ({ vacuous, counts }: RunRecord, width: number): string[] => {
  if (vacuous.length === 0 && counts.pass + counts.fail === 0) return [];
  if (vacuous.length === 0) return ['vacuous: none; an idle plugin fails every case that runs', ''];
  const rows = vacuous.map(({ name, reason }) => [removeControls(name), removeControls(reason)] as const);
  return ['vacuous: a plugin that does nothing would pass', ...formatRows(rows, width, 2), ''];
};

const describeNextStep = (
  { cases, counts, aborted }: RunRecord,
  flags: readonly string[],
  width: number,
): string[] => {
  const replay = (status: Status): string | undefined => {
    const first = cases.find((entry) => entry.status === status);
    return first && `  ${replayCommand(first, flags)}`;
  };
  // A command stands on a line of its own: it is there to be copied.
  const next = (text: string, command?: string): string[] => [
    ...wrap(`next: ${text}`, width, '', 2),
    ...(command === undefined ? [] : [command]),
  ];
  // What never ran has nothing to replay.
  if (aborted !== undefined && counts.fail === 0)
    return next(
      aborted.endsWith('interrupted') ? 'run it again' : 'mend what stopped the run, then run it again',
    );
  if (counts.error > 0 && aborted === undefined)
    return next('mend what kept us from telling, then run it again:', replay('error'));
  if (counts.fail > 0) return next('replay a failure alone:', replay('fail'));
  if (counts.pass === 0) return next('nothing was proved; the reasons above say what this cluster lacks');
  return next('nothing is red; what each case claims:', asTyped('  npm start -- list'));
};
