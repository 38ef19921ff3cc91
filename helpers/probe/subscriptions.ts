type Answer = Readonly<Record<string, unknown>>;

/** Something that an agent was asked for and goes on telling. */
export type Subscription = Disposable & {
  /** Asks for something else under the same id, once. */
  change(request: object): void;
};

export type Subscriptions = {
  /** Asks for what has many answers, and asks for it anew on each stream that takes the place of a lost one. */
  subscribe(request: object, take: (answer: Answer) => void): Subscription;
  /** Gives an answer to who asked, if anybody did. */
  take(answer: Answer): void;
  askAnew(): void;
  /** Whether anybody waits for answers. */
  areWaiting(): boolean;
  /** For how long those who wait have been told nothing, in milliseconds; 0 where nobody waits. */
  silentFor(): number;
};

/** @param send sends a line on the stream that is there now, if one is */
export const createSubscriptions = (takeId: () => number, send: (line: string) => void): Subscriptions => {
  const entries = new Map<number, { request: object | undefined; take: (answer: Answer) => void }>();
  let heardAt = 0;
  const areWaiting = (): boolean => [...entries.values()].some(({ request }) => request !== undefined);
  const ask = (id: number, request: object): void => {
    try {
      send(JSON.stringify({ id, ...request }));
    } catch {
      // The stream has ended: the next one is asked.
    }
  };
  return {
    subscribe: (request, take) => {
      const id = takeId();
      const entry: { request: object | undefined; take: typeof take } = { request, take };
      entries.set(id, entry);
      heardAt = performance.now();
      ask(id, request);
      return {
        change: (other) => {
          entry.request = undefined;
          ask(id, other);
        },
        [Symbol.dispose]: () => void entries.delete(id),
      };
    },
    take: (answer) => {
      heardAt = performance.now();
      entries.get(Number(answer['id']))?.take(answer);
    },
    areWaiting,
    silentFor: () => (areWaiting() ? performance.now() - heardAt : 0),
    askAnew: () => {
      heardAt = performance.now();
      for (const [id, { request }] of entries) if (request !== undefined) ask(id, request);
    },
  };
};
