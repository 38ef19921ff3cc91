import { execa, type Result } from 'execa';
import { now } from '../probe/clock.ts';
import type { Live } from '../report/live.ts';
import type { MonitorRecord } from '../report/monitor-record.ts';
import { redact, redactCommand } from '../report/redact.ts';

/** Resolves after so many milliseconds, with the signal if that is earlier; undefined: with the signal only. */
export const pause = (milliseconds: number | undefined, signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds, undefined);
    const end = (): void => {
      clearTimeout(timer);
      resolve(undefined);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

/** What happens before and after is watched too, so that the first and the last moments are; in milliseconds. */
export const margin = 500;

/**
 * Runs a command, its words above the lines that change. Ctrl-C ends it too, which is then no failure of its own.
 * @returns what it did, with times by our clock
 */
export const operate = async (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
  live: Live,
): Promise<NonNullable<MonitorRecord['operation']>> => {
  await pause(margin, signal);
  const [file = '', ...rest] = command;
  const fromMs = now();
  const child = execa(file, rest, {
    env: environment,
    all: true,
    reject: false,
    stdin: 'inherit',
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
  });
  const tell = async (): Promise<void> => {
    for await (const line of child.iterable({ from: 'all' })) live.print(`| ${redact(line)}`);
  };
  const [result] = await Promise.all([child, tell().catch(() => {})]);
  const toMs = now();
  const failed = result.failed && !signal.aborted;
  await pause(margin, signal);
  return { command: redactCommand(command), fromMs, toMs, end: describeEnd(result), failed };
};

const describeEnd = ({
  failed,
  exitCode,
  signal,
  originalMessage = '',
}: Pick<Result, 'failed' | 'exitCode' | 'signal' | 'originalMessage'>): string => {
  if (!failed) return 'ended well';
  if (exitCode !== undefined) return `failed with exit code ${exitCode}`;
  return signal === undefined ? `could not be started (${originalMessage})` : `was ended by ${signal}`;
};
