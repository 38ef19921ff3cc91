import { formatProbeKind, isAskedPatiently, type Matrix, type Observation } from '../matrix/matrix.ts';
import type { GridSeen } from './observe.ts';

/**
 * Remembers over the rounds that hold what each free cell (`?`) answered. No round is repeated for a free cell, so one
 * that stays silent once may only have met a busy machine: it is open if it was open in any of these rounds. Left out is
 * what is asked with patience: it is as the last round saw it, because it may close later than what is wanted closed.
 */
export const watchFreeCells = (): {
  /** To be told every round, in order. */
  watch: (grids: readonly GridSeen[], isAsWanted: boolean) => void;
  /** What was seen of a grid, with what its free cells answered. */
  of: (grid: GridSeen) => Pick<GridSeen, 'got'>;
} => {
  const answered = new Map<string, Observation>();
  return {
    watch: (grids, isAsWanted) => {
      if (!isAsWanted) {
        // It may have met the world before the change.
        answered.clear();
        return;
      }
      for (const { kind, want, got } of grids) {
        for (const [index, cell] of got.cells.entries())
          if (want.cells[index] === 'undefined' && cell.outcome === 'connected')
            answered.set(`${formatProbeKind(kind)} ${index}`, cell);
      }
    },
    of: ({ kind, got }) => {
      if (isAskedPatiently(kind)) return { got };
      const cells = got.cells.map((cell, index) =>
        cell.outcome === 'connected' ? cell : (answered.get(`${formatProbeKind(kind)} ${index}`) ?? cell),
      );
      return { got: { ...got, cells } satisfies Matrix<Observation> };
    },
  };
};
