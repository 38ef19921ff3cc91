import { access } from 'node:fs/promises';
import { poll } from '../../helpers/wait.ts';

/** Waits up to a minute for something that another process does. @throws Error naming what never happened */
export const waitFor = async (condition: () => Promise<boolean>, what: string): Promise<void> => {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never happened: ${what}`);
};

/** Waits up to ten seconds for something in this process. @throws Error with what never came true */
export const until = (holds: () => boolean): Promise<true> =>
  poll(async () => holds() || undefined, {
    deadline: 10_000,
    interval: 5,
    failure: () => new Error(`never came true: ${holds.toString()}`),
  });

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
