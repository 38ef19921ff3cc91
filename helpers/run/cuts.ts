import { formatProbeKind } from '../matrix/matrix.ts';
import type { GridSeen } from './observe.ts';

/** When established connections were cut, as the rounds of one observation tell. */
type Cuts = {
  /** Takes a round, in the order of their starts. `startedAt` in milliseconds. */
  watch(seen: readonly GridSeen[], startedAt: number): void;
  /** The latest start of a first silent round, over the cells of a grid that have been silent since. */
  of(grid: GridSeen): { cutMs?: number };
};

/** Keeps the first round of each silence that has not ended. A probe that nothing is known about ends none. */
export const watchCuts = (): Cuts => {
  const since = new Map<string, number[]>();
  const timesOf = ({ kind, got }: GridSeen): number[] => {
    const key = formatProbeKind(kind);
    const times = since.get(key) ?? Array.from(got.cells, () => Number.NaN);
    since.set(key, times);
    return times;
  };
  return {
    watch: (seen, startedAt) => {
      for (const grid of seen.filter(({ kind }) => kind.traffic === 'established')) {
        const times = timesOf(grid);
        for (const [index, { outcome }] of grid.got.cells.entries()) {
          if (outcome === 'connected') times[index] = Number.NaN;
          else if (outcome !== 'error' && Number.isNaN(times[index])) times[index] = startedAt;
        }
      }
    },
    of: (grid) => {
      if (grid.kind.traffic !== 'established') return {};
      const cut = timesOf(grid).filter((time) => !Number.isNaN(time));
      return cut.length === 0 ? {} : { cutMs: Math.max(...cut) };
    },
  };
};
