import type { CaseRecord } from './record.ts';

/** How long changes took until they held: percentiles and the longest of so many steps, in milliseconds. */
export type SettleTimes = { p50Ms: number; p90Ms: number; p99Ms: number; maxMs: number; steps: number };

/** Apart for cells that open and cells that close; absent where no step has such a time. */
export const readSettleTimes = (
  cases: readonly Pick<CaseRecord, 'steps'>[],
): { allow?: SettleTimes; deny?: SettleTimes } => {
  return Object.fromEntries(
    (['allow', 'deny'] as const).flatMap((verdict) => {
      const times = sortSettleTimes(cases, verdict);
      if (times.length === 0) return [];
      const [p50Ms = 0, p90Ms = 0, p99Ms = 0, maxMs = 0] = [50, 90, 99, 100].map((percent) =>
        percentileOf(times, percent),
      );
      return [[verdict, { p50Ms, p90Ms, p99Ms, maxMs, steps: times.length }]];
    }),
  );
};

/** The times of all steps that have one, the shortest first; what was measured on purpose is told by itself. */
export const sortSettleTimes = (
  cases: readonly Pick<CaseRecord, 'steps'>[],
  verdict: 'allow' | 'deny',
): number[] =>
  cases
    .flatMap(({ steps }) => steps)
    .filter(({ resolutionMs }) => resolutionMs === undefined)
    .flatMap(({ settleMs }) => settleMs[verdict] ?? [])
    .toSorted((one, other) => one - other);

/** By the nearest rank: a time that was measured, which so many of a hundred do not exceed. */
export const percentileOf = (sorted: readonly number[], percent: number): number | undefined =>
  sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1];
