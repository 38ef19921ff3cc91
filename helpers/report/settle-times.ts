import type { CaseRecord } from './record.ts';

/** How long changes took until they held: the median and the longest of so many steps, in milliseconds. */
export type SettleTimes = { p50Ms: number; maxMs: number; steps: number };

/** Apart for cells that open and cells that close; absent where no step has such a time. */
export const readSettleTimes = (
  cases: readonly Pick<CaseRecord, 'steps'>[],
): { allow?: SettleTimes; deny?: SettleTimes } => {
  const steps = cases.flatMap(({ steps }) => steps);
  return Object.fromEntries(
    (['allow', 'deny'] as const).flatMap((verdict) => {
      const times = steps
        .flatMap(({ settleMs }) => settleMs[verdict] ?? [])
        .toSorted((one, other) => one - other);
      if (times.length === 0) return [];
      const p50Ms = times[Math.ceil(times.length / 2) - 1] ?? 0;
      return [[verdict, { p50Ms, maxMs: times.at(-1) ?? 0, steps: times.length }]];
    }),
  );
};
