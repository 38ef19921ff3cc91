import type { Run } from './timeline.ts';

/**
 * In milliseconds after a change: when a flow was as wanted for the first time, and from when on it was so for good. Both
 * were at most `resolution` earlier.
 */
export type Transition = { first: number; stable: number; resolution: number };

/**
 * What a change at `since` did to a flow that was probed all the time; undefined as long as it has not been as wanted for
 * `hold` milliseconds on end. Dropped and refused are closed; what could not be told is neither open nor closed.
 */
export const transitionOf = (
  want: 'allow' | 'deny',
  runs: readonly Run[],
  since: number,
  hold: number,
): Transition | undefined => {
  const isWanted = ({ outcome }: Run): boolean =>
    want === 'allow' ? outcome === 'connected' : outcome === 'dropped' || outcome === 'refused';
  const later = runs.filter(({ to }) => to >= since);
  const before = later.findLast((run) => !isWanted(run));
  const stable = before === undefined ? later[0] : later[later.indexOf(before) + 1];
  if (stable === undefined || (later.at(-1)?.to ?? 0) - Math.max(stable.from, since) < hold) return undefined;
  const after = (run: Run | undefined): number => Math.max(0, (run?.from ?? since) - since);
  // What was never else may have been so before the change.
  if (before === undefined) return { first: 0, stable: 0, resolution: after(stable) };
  return {
    first: after(later.find(isWanted)),
    stable: after(stable),
    resolution: stable.from - before.to,
  };
};
