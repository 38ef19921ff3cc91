import { setTimeout as delay } from 'node:timers/promises';

/** All in milliseconds but `rounds` and `inFlight`. */
export type SettleOptions = {
  /** Matching rounds in a row that make a result. */
  rounds: number;
  /** From the start of one round to the start of the next; rounds overlap. Once enough have matched they come less often. */
  interval: number;
  /** How long the matching rounds must span at least, from first start to last start, by what is known by then. */
  hold: () => number;
  /** A round that starts later than this after the change and does not match ends the wait. */
  budget: number;
  /** Rounds under way at once at most. */
  inFlight: number;
};

type Settled<Seen> = {
  /** True when enough rounds in a row matched; false when the budget ran out. */
  held: boolean;
  last: Seen;
  rounds: number;
  /** Rounds that did not match. */
  retries: number;
};

/**
 * Sweeps again and again until what is seen is what is wanted and stays so. One passing moment is not enough,
 * and no time is slept for: the first rounds start at once, and the answer is the state that held.
 * No more rounds are started than are needed if all of those under way match.
 * `watch` is told every round in the order of their starts, with the start in milliseconds after the call. A last round
 * in which something could not be told (`isTold`) is followed by others for a second: a busy machine is no answer.
 */
export const settle = async <Seen>(
  round: () => Promise<Seen>,
  matches: (seen: Seen) => boolean,
  { rounds, interval, hold, budget, inFlight }: SettleOptions,
  watch: (seen: Seen, startedAt: number) => void = () => {},
  isTold: (seen: Seen) => boolean = () => true,
): Promise<Settled<Seen>> => {
  const begin = performance.now();
  const launch = (): Launched<Seen> => {
    const startedAt = performance.now() - begin;
    const seen = round();
    // A round that is not waited for any more must not end the process when it fails.
    seen.catch(() => {});
    return { startedAt, seen };
  };
  const pending: Launched<Seen>[] = [launch()];
  let streak = { length: 0, startedAt: 0 };
  // Rounds beyond those that may already be the result would only take time from what comes next.
  const isEnough = (): boolean => {
    const [first, last] = [pending[0], pending.at(-1)];
    if (first === undefined || last === undefined) return false;
    const since = streak.length > 0 ? streak.startedAt : first.startedAt;
    return streak.length + pending.length >= rounds && last.startedAt - since >= hold();
  };
  let launchedAt = begin;
  // On a busy machine the rounds themselves are what makes it slow, and a long hold longer.
  const isTooEarly = (now: number): boolean =>
    streak.length >= rounds &&
    now - launchedAt < hold() / roundsOfAHold &&
    now - begin - streak.startedAt < hold();
  const launchNext = (): void => {
    const now = performance.now();
    if (isTooEarly(now) || pending.length >= inFlight || isEnough()) return;
    launchedAt = now;
    pending.push(launch());
  };
  const timer = setInterval(launchNext, interval);
  try {
    for (let count = 1; ; count += 1) {
      while (pending.length === 0) await delay(1);
      const { startedAt, seen: promise } = pending[0] as Launched<Seen>;
      const seen = await promise;
      pending.shift();
      watch(seen, startedAt);
      if (matches(seen)) {
        streak = { length: streak.length + 1, startedAt: streak.length === 0 ? startedAt : streak.startedAt };
        const held = streak.length >= rounds && startedAt - streak.startedAt >= hold();
        if (held) return { held, last: seen, rounds: count, retries: count - streak.length };
      } else {
        streak = { length: 0, startedAt: 0 };
        if (startedAt > (isTold(seen) ? budget : budget + graceForUntold))
          return { held: false, last: seen, rounds: count, retries: count };
      }
    }
  } finally {
    clearInterval(timer);
  }
};

const graceForUntold = 1000;

/** In how many parts a hold is looked at, once enough rounds have matched. */
const roundsOfAHold = 5;

type Launched<Seen> = { startedAt: number; seen: Promise<Seen> };
