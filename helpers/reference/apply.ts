import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const firstPause = 100;
const longestPause = 5000;
const longestTransaction = 30_000;

export type Applier = {
  /** Takes the newest text, with the number of the state it comes from. What was still waiting is forgotten. */
  offer: (number: number, text: string) => void;
  /** Resolves when nothing runs or waits. */
  idle: () => Promise<void>;
};

type ApplierOptions = {
  /** Rejects when the text could not be applied. */
  apply: (text: string) => Promise<void>;
  /** Also called, without a call of `apply`, for a text that equals the one in force. */
  onApplied: (result: { number: number; text: string; milliseconds: number }) => void;
  onFailure: (message: string) => void;
};

/**
 * Applies texts one at a time. While one runs, only the newest of the others is kept, so a burst of changes costs two
 * transactions. A text that was refused is tried again with growing pauses unless a newer one has come.
 */
export const createApplier = ({ apply, onApplied, onFailure }: ApplierOptions): Applier => {
  let waiting: { number: number; text: string } | undefined;
  let running: Promise<void> | undefined;
  let inForce: string | undefined;

  const drain = async (): Promise<void> => {
    // Ends after its promise is in `running`, even where no text needs applying.
    await Promise.resolve();
    let pause = firstPause;
    while (waiting !== undefined) {
      const taken = waiting;
      waiting = undefined;
      const start = performance.now();
      try {
        if (taken.text !== inForce) await apply(taken.text);
        inForce = taken.text;
        pause = firstPause;
        onApplied({ ...taken, milliseconds: Math.round((performance.now() - start) * 10) / 10 });
      } catch (error) {
        onFailure(error instanceof Error ? error.message : 'unknown failure');
        await sleep(pause);
        pause = Math.min(pause * 2, longestPause);
        waiting ??= taken;
      }
    }
    running = undefined;
  };

  return {
    offer: (number, text) => {
      waiting = { number, text };
      running ??= drain();
    },
    idle: async () => {
      await running;
    },
  };
};

/**
 * Runs a program on a text of any size: `nft -f -`, `ip -batch -`.
 * @throws Error with what the program said
 */
export const runProgram = async (program: string, options: string[], input: string): Promise<void> => {
  const child = spawn(program, options, {
    stdio: ['pipe', 'ignore', 'pipe'],
    signal: AbortSignal.timeout(longestTransaction),
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // When the program ends early the pipe breaks; its exit status says more than that.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const outcome = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  if (outcome !== '')
    throw new Error(`${program} ${outcome}: ${Buffer.concat(errors).toString().slice(0, 2000).trim()}`);
};
