import type { Subscription } from './subscriptions.ts';

/** How far an agent's clock is ahead of ours, and how wrong that may be: half of the way there and back. Milliseconds. */
export type ClockOffset = { offsetMs: number; uncertaintyMs: number };

/** What follows the clock of one agent. Disposing ends it. */
type ClockFollower = Disposable & {
  /** The best estimate of late; undefined until the agent has answered. */
  offset(): ClockOffset | undefined;
};

type Subscribe = (request: object, take: (answer: Readonly<Record<string, unknown>>) => void) => Subscription;

/** Our own clock in milliseconds since 1970, as an agent's `clock`: it goes on where the time of day is set back. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Clocks of two machines may part by some milliseconds a minute: older answers say nothing more. */
const memory = 60_000;
const firstQuestions = 5;
const between = { first: 20, later: 2_000 };

/**
 * Asks an agent for its time, in quick succession at first, then every two seconds. The answer that took least to come
 * is the best one: what is unknown is on which way the time was spent (RFC 5905, section 8).
 */
export const followClock = (subscribe: Subscribe): ClockFollower => {
  let samples: (ClockOffset & { at: number })[] = [];
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const take = ({ clock, asked }: Readonly<Record<string, unknown>>): void => {
    if (typeof clock !== 'number' || typeof asked !== 'number') return;
    const answered = now();
    const uncertaintyMs = (answered - asked) / 2;
    samples = samples.filter(({ at }) => answered - at < memory);
    samples.push({ at: answered, offsetMs: clock - (asked + answered) / 2, uncertaintyMs });
  };
  const subscription = subscribe({ clock: now() }, take);
  const ask = (): void => {
    subscription.change({ clock: now() });
    count += 1;
    timer = setTimeout(ask, count < firstQuestions ? between.first : between.later);
  };
  timer = setTimeout(ask, between.first);
  return {
    offset: () => samples.toSorted((one, other) => one.uncertaintyMs - other.uncertaintyMs)[0],
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      subscription[Symbol.dispose]();
    },
  };
};
