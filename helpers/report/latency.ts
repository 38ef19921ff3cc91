import type { CaseRecord, StepRecord } from './record.ts';
import { percentileOf } from './settle-times.ts';
import { formatSettle, removeControls } from './text.ts';

const columns = ['first', 'all p50', 'p90', 'p99', 'max', 'within', 'times'] as const;

/**
 * What was measured of each change, for a terminal: when the first flow was as wanted (p50), when all were, and by how much
 * that may have been earlier (p90). Nothing where a run measured nothing.
 */
export const formatLatency = (cases: readonly Pick<CaseRecord, 'name' | 'steps'>[]): string[] => {
  const measured = cases.flatMap(({ name, steps }) => {
    const timed = steps.filter(({ resolutionMs }) => resolutionMs !== undefined);
    return timed.length === 0 ? [] : [{ name, actions: Map.groupBy(timed, ({ action }) => action) }];
  });
  return measured.flatMap(({ name, actions }) => [
    formatRow(removeControls(name), columns),
    ...[...actions].map(([action, steps]) => formatRow(`  ${removeControls(action)}`, numbersOf(steps))),
    '',
  ]);
};

const numbersOf = (steps: readonly StepRecord[]): string[] => {
  const sorted = (read: (step: StepRecord) => number | undefined): number[] =>
    steps.flatMap((step) => read(step) ?? []).toSorted((one, other) => one - other);
  const first = sorted(({ firstMs = {} }) => firstMs.allow ?? firstMs.deny);
  const all = sorted(({ settleMs }) => settleMs.allow ?? settleMs.deny);
  const resolution = sorted(({ resolutionMs }) => resolutionMs);
  const times = [
    percentileOf(first, 50),
    ...[50, 90, 99, 100].map((percent) => percentileOf(all, percent)),
    percentileOf(resolution, 90),
  ];
  return [...times.map((time) => (time === undefined ? '-' : formatSettle(time))), String(steps.length)];
};

const formatRow = (name: string, numbers: readonly string[]): string =>
  name.padEnd(36) + numbers.map((number) => number.padStart(9)).join('');
