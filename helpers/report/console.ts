import { countVerdicts } from './monitor-record.ts';
import { formatTimeline, touchedFlows } from './timeline.ts';
import { describeDifferences, isToldByCells, reasonOf } from './differences.ts';
import type { CaseRecord } from './record.ts';
import { redactData } from './redact.ts';
import { replayCommand } from './replay.ts';
import {
  cutEnd,
  cutFolders,
  formatSeconds,
  formatSettle,
  formatTimeLeft,
  paint,
  removeControls,
  statusStyles,
  wrap,
  wrapLines,
  type Layout,
} from './text.ts';

/** Columns before the name: the status and a space. */
const nameColumn = 6;

/** What the record does not know but its reader needs. */
export type RedCaseOptions = {
  /** Where this run writes its results, as the user would type it. */
  results: string;
  /** Flags that choose the same cluster and plugin again. */
  flags?: readonly string[];
};

/** What a terminal shows while the run goes on. */
type Progress = {
  done: number;
  total: number;
  red: number;
  elapsedMs: number;
  /** How long it will still take; absent while nobody can say. */
  leftMs?: number | undefined;
  running: readonly string[];
};

/**
 * One case as it ends: `pass  network-policy/peers/pod-and-namespace  0.21 s  settled in 34 ms`.
 * Names shorter than `nameWidth` are padded to it, as far as the line has room.
 */
export const formatCaseLine = (entry: CaseRecord, layout: Layout, nameWidth = 0): string => {
  const clean = cleanCase(entry);
  const { name, status, durationMs } = clean;
  const note = noteOf(clean);
  const time = status === 'skip' ? '' : formatSeconds(durationMs).padStart(7);
  const room = layout.width - nameColumn - (time === '' ? 0 : time.length + 2);
  const line = cutFolders(name, room).padEnd(Math.min(nameWidth, room));
  const start = `${line}${time === '' ? '' : `  ${time.trimStart().padStart(nameWidth === 0 ? 0 : 7)}`}`;
  const label = paint(status.padEnd(nameColumn - 1), statusStyles[status], layout);
  const oneLine = note === '' ? start : `${start}  ${note}`;
  if (nameColumn + oneLine.length <= layout.width) return `${label} ${oneLine.trimEnd()}`;
  // The time to settle is in the record; why a case is red or skipped must be seen.
  if (status === 'pass') return `${label} ${start.trimEnd()}`;
  const indent = ' '.repeat(nameColumn);
  return [`${label} ${start.trimEnd()}`, ...wrap(note, layout.width, indent, nameColumn)].join('\n');
};

/**
 * A red case in full: its claim, what differs cell by cell with the oracle's reason, the grids, how to replay it and
 * where its evidence lies. For a `fail` and an `error`. Ends with an empty line.
 */
export const formatRedCase = (entry: CaseRecord, options: RedCaseOptions, layout: Layout): string => {
  const clean = cleanCase(entry);
  const label = paint(clean.status.padEnd(nameColumn - 1), statusStyles[clean.status], layout);
  const claim = wrap(clean.title, layout.width, ' '.repeat(nameColumn), nameColumn);
  return [
    `${label} ${paint(clean.name, 'bold', layout)}`,
    ...claim,
    '',
    ...describeRedCase(clean, options, layout.width),
    '\n',
  ].join('\n');
};

/** The body of a red case for a file that lies in the folder of the results, beside the evidence. */
export const describeInFile = (entry: CaseRecord, flags: readonly string[]): string =>
  describeRedCase(cleanCase(entry), { results: '.', flags }, 110).join('\n');

const describeRedCase = (clean: CaseRecord, options: RedCaseOptions, width: number): string[] => {
  const differences = describeDifferences(clean, width - 2);
  const message = isToldByCells(clean) ? [] : wrapLines(clean.message ?? 'no reason was given', width - 2);
  const parts = [message, ...describeOperations(clean, width - 2), differences];
  const body = parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index > 0 ? ['', ...part] : part));
  const line = lineOfRed(clean);
  const folder = clean.evidence && `${options.results.replace(/\/+$/, '')}/${clean.evidence}`;
  // Such a case has no file but the one that lies with its evidence.
  const isGenerated = clean.name.startsWith('generated/');
  return [
    ...body.map((text) => (text === '' ? '' : `  ${text.replaceAll('\n', '\n  ')}`)),
    ...(body.at(-1) === '' ? [] : ['']),
    `  file: ${clean.file}${line === undefined ? '' : `:${line}`}`,
    `  replay: ${replayCommand(clean, options.flags)}`,
    ...(folder === undefined ? [] : [`  evidence: ${folder}/`]),
    ...(folder === undefined || !isGenerated ? [] : [`  scenario: ${folder}/scenario.yaml`]),
  ];
};

/** Where in the file of a red case the step stands that shows what differs; undefined where none does. */
export const lineOfRed = ({ steps }: Pick<CaseRecord, 'steps'>): number | undefined =>
  steps.find(
    ({ grids, answers = [] }) =>
      grids.some(({ differing }) => differing.length > 0) || answers.some(({ want, got }) => want !== got),
  )?.line;

/** What flows were while something happened that they did not bear. */
const describeOperations = ({ steps }: CaseRecord, width: number): string[][] =>
  steps.flatMap(({ operation }) => {
    if (operation === undefined || countVerdicts(operation).fail === 0) return [];
    const { flows, endMs, fromMs, toMs } = operation;
    const span = { name: 'what was done', fromMs, toMs };
    return [formatTimeline(touchedFlows(flows), { durationMs: endMs, operation: span }, width)];
  });

/**
 * The line at the foot of a terminal while the run goes on: `12/44  3.1 s  about 10 s left  1 red  running: a, b`. Never
 * wraps: first the names lose their folders, then they go, then the time that it took.
 */
export const formatProgress = (
  { done, total, red, elapsedMs, leftMs, running }: Progress,
  layout: Layout,
): string => {
  const room = layout.width - 1;
  const count = `${done}/${total}`;
  const rest = [
    ...(leftMs === undefined ? [] : [formatTimeLeft(leftMs)]),
    ...(red > 0 ? [`${red} red`] : []),
  ];
  const told = [count, formatSeconds(elapsedMs), ...rest].join('  ');
  if (told.length > room) return cutEnd([count, ...rest].join('  '), room);
  const names = running.map(removeControls);
  const lines = [names, names.map((name) => name.replace(/^.*\//, ''))].map((each) =>
    each.length === 0 ? told : `${told}  running: ${each.join(', ')}`,
  );
  const whole = lines.find((line) => line.length <= room);
  return whole ?? (told.length + shortestNames > room ? told : cutEnd(lines.at(-1) ?? told, room));
};

/** `  running: ` and enough of a name to know it. */
const shortestNames = 24;

const noteOf = (entry: CaseRecord): string => {
  if (entry.status !== 'pass') return reasonOf(entry);
  return entry.settleMs === undefined ? '' : `settled in ${formatSettle(entry.settleMs)}`;
};

const cleanCase = (entry: CaseRecord): CaseRecord => {
  const clean = redactData(entry);
  return {
    ...clean,
    name: removeControls(clean.name),
    title: removeControls(clean.title),
    ...(clean.message === undefined ? {} : { message: removeControls(clean.message) }),
  };
};
