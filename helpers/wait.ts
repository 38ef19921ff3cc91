import pRetry from 'p-retry';

type PollOptions = {
  /** Milliseconds after which `failure` is thrown. */
  deadline: number;
  /** Milliseconds between the end of one check and the start of the next. */
  interval?: number;
  signal?: AbortSignal | undefined;
  /** Makes the error that is thrown at the deadline. */
  failure: () => Error | Promise<Error>;
};

class NotYet extends Error {}

/**
 * Calls `check` until it answers something else than `undefined`, and returns that. What `check` throws is thrown
 * at once; whoever wants to try again after a failure catches it inside.
 */
export const poll = async <Answer>(
  check: () => Promise<Answer | undefined>,
  { deadline, interval = 100, signal, failure }: PollOptions,
): Promise<Answer> => {
  try {
    return await pRetry(
      async () => {
        const answer = await check();
        if (answer === undefined) throw new NotYet();
        return answer;
      },
      {
        retries: Number.POSITIVE_INFINITY,
        factor: 1,
        minTimeout: interval,
        maxRetryTime: deadline,
        shouldRetry: ({ error }) => error instanceof NotYet,
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    throw error instanceof NotYet ? await failure() : error;
  }
};

/** The promise's own end, or the thrown `failure` after so many milliseconds. What comes later is ignored. */
export const within = async <Answer>(
  promise: Promise<Answer>,
  milliseconds: number,
  failure: () => Error,
): Promise<Answer> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure()), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Like Promise.all, but waits for every promise to end before it rejects, so that nothing is under way behind an error. */
export const settleAll = async <Answer>(promises: Iterable<Promise<Answer>>): Promise<Answer[]> => {
  const all = [...promises];
  await Promise.allSettled(all);
  return Promise.all(all);
};

/** Does something, then cleans up whatever became of it. The first error is the one to tell. */
export const thenClean = async (work: () => Promise<void>, clean: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    await clean().catch(() => {});
    throw error;
  }
  await clean();
};
