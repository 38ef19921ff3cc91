import {
  countVerdicts,
  describeLimits,
  longest,
  nameFlow,
  total,
  worstClock,
  type FlowRecord,
  type MonitorRecord,
  type What,
} from './monitor-record.ts';
import { formatTable } from './table.ts';
import { formatTimeline, mostRows, stretchWords, touchedFlows } from './timeline.ts';
import { cutEnd, formatSeconds, formatSettle, paint, wrap, type Layout } from './text.ts';

const whats = ['loss', 'leak', 'blind'] as const;
const headings = whats.map((what) => stretchWords[what]);

/** `150 ms`; where there were several, `150 of 420 ms`: the longest of all. */
const formatTimes = (flow: FlowRecord, what: What): string => {
  const most = longest(flow, what);
  if (most === 0) return '-';
  const all = total(flow, what);
  return Math.round(all) === Math.round(most)
    ? formatSettle(most)
    : `${formatSettle(most)} of ${formatSettle(all)}`;
};

const tableOf = (flows: readonly FlowRecord[], width: number): string[] => {
  const shown = flows.slice(0, mostRows);
  const rows = shown.map((flow) => ({
    name: nameFlow(flow),
    words: [flow.want, ...whats.map((what) => formatTimes(flow, what))],
  }));
  const left = flows.length - shown.length;
  return [
    ...formatTable([{ title: 'flow', rows }], ['wanted', ...headings], width),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ];
};

/** The lines that change in place while the monitor goes on. `elapsedMs` since it began. */
export const formatMonitorProgress = (
  flows: readonly FlowRecord[],
  elapsedMs: number,
  { width }: Layout,
): string[] => {
  const touched = touchedFlows(flows);
  const count = (what: What): number => flows.filter((flow) => longest(flow, what) > 0).length;
  const head = `${formatSeconds(elapsedMs)}: ${flows.length} flows, ${count('loss')} lost, ${count('leak')} leaked, ${count('blind')} not told for a while; Ctrl-C ends it with the result`;
  return [head, ...(touched.length === 0 ? [] : tableOf(touched.slice(0, 8), width))];
};

/** A command as it fits into a sentence: scripts on one line, and cut. */
export const describeCommand = (command: readonly string[]): string =>
  cutEnd(command.join(' ').replaceAll(/\s+/g, ' '), 60);

const describeEnd = ({ command, end, failed }: NonNullable<MonitorRecord['operation']>): string =>
  `${failed ? 'no verdict: ' : ''}the command ${end}: ${describeCommand(command)}`;

/** What a person reads at the end; `results` is the folder with the whole of it. */
export const formatMonitor = (record: MonitorRecord, results: string, layout: Layout): string => {
  const { flows, limits, durationMs, intervalMs, source, clocks, operation } = record;
  const { width } = layout;
  const { pass, fail, error } = countVerdicts(record);
  const touched = touchedFlows(flows);
  const head = `${flows.length} flows of ${source}, each every ${intervalMs} ms for ${formatSeconds(durationMs)}, ${describeLimits(limits)}:`;
  const verdicts = [
    paint(`${pass} right`, 'green', layout),
    ...(fail > 0 ? [paint(`${fail} wrong`, 'red', layout)] : []),
    ...(error > 0 ? [paint(`${error} could not be told`, 'magenta', layout)] : []),
  ];
  return [
    '',
    ...wrap(head, width, '', 2),
    `  ${verdicts.join(', ')}`,
    ...(operation === undefined ? [] : wrap(describeEnd(operation), width, '  ', 4)),
    ...(touched.length === 0
      ? [flows.length === 0 ? '  no flow was watched' : '  no flow was lost, leaked or out of sight']
      : [
          '',
          ...tableOf(touched, width),
          '',
          ...formatTimeline(
            touched,
            { ...record, operation: operation && { ...operation, name: 'the command' } },
            width,
          ),
        ]),
    '',
    ...wrap(
      `a time is known to ${intervalMs} ms, the interval; the clocks of the pods (${clocks.length}) to ${worstClock(record)}`,
      width,
      '',
      2,
    ),
    `results: ${results}/ (monitor.html, monitor.json)`,
    ...(record.evidence === undefined
      ? []
      : [
          `evidence: ${results}/${record.evidence}/ (objects, log and rules of the plugin as they were then)`,
        ]),
  ].join('\n');
};
