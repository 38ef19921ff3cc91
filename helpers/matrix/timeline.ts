import type { Outcome } from './matrix.ts';

/** What one probe of a monitor met. `handshake`: a connection that opened and brought no answer. */
export type MonitorOutcome = Outcome | 'handshake';

/**
 * What one flow met in a row: from when the first of these probes was sent to when the last one was. Milliseconds, all
 * on one clock.
 */
export type Run = { outcome: MonitorOutcome; from: number; to: number; detail?: string };

/** A stretch in which a flow was not as wanted (a `loss` or a `leak`), or nothing could be told of it (`blind`). */
export type Stretch = {
  what: 'loss' | 'leak' | 'blind';
  from: number;
  to: number;
  detail: string;
  /** Of a blind one: connections opened and brought no answer, as where a pod has no processor, or a proxy no backend. */
  mayBeLoss?: true;
};

export type Window = {
  from: number;
  to: number;
  /** Between two probes of a flow, in milliseconds; a pause of more than twice this is blind time. */
  interval: number;
  /** A pod that did not answer itself for longer, in milliseconds, may not have answered others. */
  promptness: number;
  /** The longest time from a probe to its answer, in milliseconds, where both pods answer themselves in time. */
  exchange: number;
  /** Until when the pods asked themselves: not before `to`, and as long as answers may take. */
  aliveUntil: number;
};

/**
 * What a flow was not over a window: loss where it is wanted open, leak where it is wanted closed, and the time of which
 * nothing can be told. A stretch lasts from its first probe to the first one that met something else, so it is known to
 * one interval. `alive` is what each pod at its ends met that asked itself: where one does not answer, silence says nothing.
 */
export const stretchesOf = (
  want: 'allow' | 'deny',
  runs: readonly Run[],
  alive: readonly (readonly Run[])[],
  window: Window,
): Stretch[] => {
  const { interval, exchange, promptness } = window;
  const asked = {
    from: window.from,
    to: Math.min(window.to + exchange, window.aliveUntil),
    interval: Math.max(promptness / 2, interval),
  };
  // That a pod is silent shows one probe late at most, and a probe may have been on its way to it when it fell silent.
  const dead = alive
    .flatMap((runs) => coverWindow(runs, asked))
    .filter(({ outcome }) => outcome !== 'connected')
    .map((run) => ({ ...run, from: run.from - exchange - interval, to: run.to + interval }));
  const stretches = coverWindow(runs, window).flatMap(
    ({ outcome, from, to, detail = outcome }): Stretch[] => {
      if (outcome === 'error') return [{ what: 'blind', from, to, detail }];
      if (outcome === 'connected' && want === 'allow') return [];
      // The network let it through, whether the pod answers or not.
      if (want === 'deny' && (outcome === 'connected' || outcome === 'handshake'))
        return [{ what: 'leak', from, to, detail }];
      return splitBy(dead, { from, to }).flatMap(({ from, to, isDead }): Stretch[] => {
        if (isDead)
          return [{ what: 'blind', from, to, detail: 'a pod at its ends does not answer itself in time' }];
        if (want === 'deny') return [];
        return outcome === 'handshake'
          ? [{ what: 'blind', from, to, detail: 'it opened and brought no answer', mayBeLoss: true }]
          : [{ what: 'loss', from, to, detail }];
      });
    },
  );
  return join(stretches, (one, other) => one.what === other.what && one.mayBeLoss === other.mayBeLoss);
};

/** Milliseconds in all. */
export const totalOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, to }) => sum + (to - from), 0);

/** Milliseconds of the longest, where those that touch are one whatever each is; 0 where there is none. */
export const longestOf = (stretches: readonly Stretch[]): number =>
  Math.max(0, ...join(stretches, () => true).map(({ from, to }) => to - from));

/** The runs without a hole between them: what no probe covers is an `error`. */
const coverWindow = (
  runs: readonly Run[],
  { from, to, interval }: Pick<Window, 'from' | 'to' | 'interval'>,
): Run[] => {
  const unseen = (from: number, to: number): Run => ({ outcome: 'error', from, to, detail: 'no probe' });
  const covered: Run[] = [];
  let end = from;
  for (const [index, run] of runs.entries()) {
    const next = runs[index + 1]?.from ?? to;
    const last = next - run.to > 2 * interval ? run.to + interval : next;
    if (run.from - end > (covered.length === 0 ? 2 * interval : 0))
      covered.push(unseen(Math.max(end, from), Math.min(run.from, to)));
    covered.push({ ...run, from: Math.max(run.from, from), to: Math.min(last, to) });
    end = last;
  }
  if (to - end > (covered.length === 0 ? 0 : 2 * interval)) covered.push(unseen(Math.max(end, from), to));
  return covered.filter((run) => run.to > run.from);
};

/** Cuts a span where others begin and end. */
const splitBy = (
  others: readonly Run[],
  { from, to }: { from: number; to: number },
): { from: number; to: number; isDead: boolean }[] => {
  const edges = [from, to, ...others.flatMap((other) => [other.from, other.to])]
    .filter((edge) => edge >= from && edge <= to)
    .toSorted((a, b) => a - b);
  return edges
    .slice(1)
    .map((edge, index) => ({ from: edges[index] ?? from, to: edge }))
    .filter((part) => part.to > part.from)
    .map((part) => ({
      ...part,
      isDead: others.some((other) => other.from < part.to && other.to > part.from),
    }));
};

/** Those that touch and are alike are one, told by the word that it begins with. */
const join = (
  stretches: readonly Stretch[],
  areAlike: (one: Stretch, other: Stretch) => boolean,
): Stretch[] => {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last !== undefined && last.to >= stretch.from && areAlike(last, stretch)) last.to = stretch.to;
    else joined.push({ ...stretch });
  }
  return joined;
};
