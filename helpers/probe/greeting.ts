import type { AgentStream } from '../cluster/cluster.ts';
import { ProbeError } from '../errors.ts';

/** The stream leads to an agent, but not to the one that was asked for. No retry helps. */
export class WrongPodError extends ProbeError {}

/**
 * Connects and waits for the first line; closes the stream again where `check` throws on it.
 * @param deadline milliseconds for both
 * @param signal ends the waiting
 * @param receive takes every later line
 */
export const greet = async (
  connect: () => Promise<AgentStream>,
  deadline: number,
  signal: AbortSignal,
  receive: (line: string) => void,
  check: (line: string) => void,
): Promise<AgentStream> => {
  const connecting = connect();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no hello within ${deadline} ms`)), deadline);
  const abort = (): void => late.reject(new Error('no longer wanted'));
  signal.addEventListener('abort', abort);
  try {
    const stream = await Promise.race([connecting, late.promise]);
    const hello = new Promise<string>((resolve) => {
      let listener: (line: string) => void = resolve;
      stream.onLine((line) => {
        listener(line);
        listener = receive;
      });
    });
    const ended = stream.closed.then((reason) =>
      Promise.reject(new Error(`ended before its hello: ${reason}`)),
    );
    // Handled also when the stream ends long after its hello.
    ended.catch(() => {});
    check(await Promise.race([hello, ended, late.promise]));
    return stream;
  } catch (error) {
    void connecting.then((stream) => stream.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};

/** A check for `greet`: the line must be a hello of this name (or of none) with at least these addresses. */
export const checkHello =
  (subject: string, name: string | undefined, addresses: readonly string[]) =>
  (line: string): void => {
    const hello = asRecord(parseRecord(line)?.['hello']);
    if (hello?.['version'] !== 1 || !Array.isArray(hello['addresses']))
      throw new Error(`not an agent's hello: ${line.slice(0, 200)}`);
    const owned = hello['addresses'].map(String);
    const answering = typeof hello['name'] === 'string' ? hello['name'] : undefined;
    const isMissing = addresses.some((address) => !owned.includes(address));
    const isMisnamed = name !== undefined && answering !== undefined && answering !== name;
    if (!isMisnamed && !isMissing) return;
    throw new WrongPodError({
      subject: `the stream to ${subject} reached another pod`,
      wanted: [name ?? 'any name', ...addresses].join(' '),
      got: [answering ?? 'no name', ...owned].join(' '),
    });
  };

export const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;

/** The object that the line holds as JSON, or undefined. */
export const parseRecord = (line: string): Record<string, unknown> | undefined => {
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
};
