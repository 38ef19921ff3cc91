import { formatProbeKind, isAskedPatiently, type Matrix, type Observation } from '../matrix/matrix.ts';
import type { GridSeen } from './observe.ts';

/**
 * Remembers over the rounds that hold what each free cell (`?`) answered. No round is repeated for a free cell, so one
 * that stays silent once may only have met a busy machine: it is open if it was open in one of the last two rounds; the
 * first may still have seen it before it closed. Left out is what is asked with patience: it is as the last round saw it,
 * because it may close later than what is wanted closed.
 */
export const watchFreeCells = (): {
  /** To be told every round, in order. */
  watch: (grids: readonly GridSeen[], isAsWanted: boolean) => void;
  /** What was seen of a grid, with what its free cells answered. */
  of: (grid: GridSeen) => Pick<GridSeen, 'got'>;
} => {
  /** By cell: its last answer, and how many rounds ago. */
  const answered = new Map<string, { cell: Observation; ago: number }>();
  return {
    watch: (grids, isAsWanted) => {
      if (!isAsWanted) {
        // It may have met the world before the change.
        answered.clear();
        return;
      }
      for (const { kind, want, got } of grids) {
        for (const [index, cell] of got.cells.entries()) {
          const key = `${formatProbeKind(kind)} ${index}`;
          const before = answered.get(key);
          if (want.cells[index] === 'undefined' && cell.outcome === 'connected')
            answered.set(key, { cell, ago: 0 });
          else if (before !== undefined && before.ago > 0) answered.delete(key);
          else if (before !== undefined) before.ago = 1;
        }
      }
    },
    of: ({ kind, got }) => {
      if (isAskedPatiently(kind)) return { got };
      const cells = got.cells.map((cell, index) =>
        cell.outcome === 'connected'
          ? cell
          : (answered.get(`${formatProbeKind(kind)} ${index}`)?.cell ?? cell),
      );
      return { got: { ...got, cells } satisfies Matrix<Observation> };
    },
  };
};
