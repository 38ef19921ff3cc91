import type { Run } from './timeline.ts';

/**
 * In milliseconds after a change: when a flow was as wanted for the first time, and from when on it was so for good. Either
 * may have been earlier, by `resolution` at most.
 */
export type Transition = { first: number; stable: number; resolution: number };

export type Want = 'allow' | 'deny';

/**
 * `since`: when the change was made. `hold`: how long a flow must be as wanted on end, in milliseconds, of which only what
 * comes after `heldFrom` counts.
 */
type Watched = { since: number; heldFrom?: number; hold: number };

/**
 * What a change did to a flow that was probed all the time; undefined as long as it has not been as wanted for so long.
 * Dropped and refused are closed; what could not be told is neither open nor closed.
 */
export const transitionOf = (
  want: Want,
  runs: readonly Run[],
  { since, heldFrom = since, hold }: Watched,
): Transition | undefined => {
  const later = runs.filter(({ to }) => to >= since);
  const unlike = later.findLast((run) => verdictOf(run, want) !== want);
  const stable = unlike === undefined ? later[0] : later[later.indexOf(unlike) + 1];
  const first = later.find((run) => verdictOf(run, want) === want);
  const seen = later.at(-1)?.to ?? since;
  if (stable === undefined || first === undefined) return undefined;
  if (seen - Math.max(stable.from, heldFrom) < hold) return undefined;
  const after = (time: number): number => Math.max(0, time - since);
  // What was never else has been so since the change, but for the time before the first probe.
  if (unlike === undefined) return { first: 0, stable: 0, resolution: after(stable.from) };
  const gapBefore = (run: Run): number => {
    const opposite = runs
      .slice(0, runs.indexOf(run))
      .findLast((other) => ![want, undefined].includes(verdictOf(other, want)));
    return after(run.from) - after(opposite?.to ?? since);
  };
  return {
    first: after(first.from),
    stable: after(stable.from),
    resolution: Math.max(gapBefore(first), gapBefore(stable)),
  };
};

/** What a probe says; a connection that opened and brought no greeting was let through, and did not serve. */
export const verdictOf = ({ outcome }: Run, want: Want): Want | undefined => {
  if (outcome === 'connected') return 'allow';
  if (outcome === 'dropped' || outcome === 'refused') return 'deny';
  return outcome === 'handshake' && want === 'deny' ? 'allow' : undefined;
};
