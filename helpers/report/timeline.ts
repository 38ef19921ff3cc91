import { longest, nameFlow, type FlowRecord, type What } from './monitor-record.ts';
import { formatSettle, widest } from './text.ts';

/** Rows of a table or a timeline of flows: those below are in the record. */
export const mostRows = 24;

export const worstFirst: readonly What[] = ['leak', 'loss', 'blind'];

/** What matters most first: what leaked, then what was lost, then what was not told, the longest of each first. */
const byWeight = (one: FlowRecord, other: FlowRecord): number =>
  worstFirst
    .map((what) => longest(other, what) - longest(one, what))
    .find((difference) => difference !== 0) ?? 0;

/** Those that were not as wanted for any time, the worst first. */
export const touchedFlows = (flows: readonly FlowRecord[]): FlowRecord[] =>
  flows.filter(({ stretches }) => stretches.length > 0).toSorted(byWeight);

/** What stands for a stretch in a drawing, and in a sentence. */
export const marks = { loss: 'x', leak: '!', blind: '?' } as const;
export const stretchWords = { loss: 'lost', leak: 'leaked', blind: 'not told' } as const;

/** Columns of equal time, each with the worst that was in it. */
const drawTimeline = (
  stretches: FlowRecord['stretches'],
  durationMs: number,
  columns: number,
  mark = (what: What): string => marks[what],
): string =>
  Array.from({ length: columns }, (_, column) => {
    const [from, to] = [column, column + 1].map((edge) => (edge * durationMs) / columns) as [number, number];
    const within = stretches.filter((stretch) => stretch.from < to && stretch.to > from);
    const worst = worstFirst.find((what) => within.some((stretch) => stretch.what === what));
    return worst === undefined ? '.' : mark(worst);
  }).join('');

/** What happened meanwhile. Milliseconds, as those of the flows. */
type Span = { name: string; fromMs: number; toMs: number };

/** The flows over time, below what happened meanwhile. */
export const formatTimeline = (
  flows: readonly FlowRecord[],
  { durationMs, operation }: { durationMs: number; operation: Span | undefined },
  width: number,
): string[] => {
  const shown = flows.slice(0, mostRows);
  const names = shown.map(nameFlow);
  const room = widest([...names, operation?.name ?? '']);
  const columns = Math.max(20, Math.min(60, width - room - 4));
  const line = (name: string, drawn: string): string => `  ${name.padEnd(room)}  ${drawn}`;
  const spans = operation === undefined ? [] : [operation];
  return [
    `timeline, ${formatSettle(durationMs / columns)} a column: . as wanted, x lost, ! leaked, ? not told`,
    ...spans.map(({ name, fromMs, toMs }) => {
      const span = { what: 'loss' as const, from: fromMs, to: toMs, detail: '' };
      return line(
        name,
        drawTimeline([span], durationMs, columns, () => '='),
      );
    }),
    ...shown.map((flow, index) =>
      line(names[index] ?? '', drawTimeline(flow.stretches, durationMs, columns)),
    ),
  ];
};
