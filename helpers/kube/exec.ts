import { PassThrough, Writable } from 'node:stream';
import { Exec, type KubeConfig } from '@kubernetes/client-node';
import { within } from '../wait.ts';
import { ApiError, shorten, toApiError } from './api-error.ts';

/** A command in a pod, spoken to by lines. `closed` resolves, never rejects, with the reason in words. */
export type LineStream = {
  send(line: string): void;
  onLine(listener: (line: string) => void): void;
  closed: Promise<string>;
  close(): void;
};

export type ExecRequest = { namespace: string; name: string; container: string; command: string[] };

const openDeadline = 20_000;

/**
 * Runs a command in a container and returns its stdin and stdout as lines.
 * @throws ApiError where the stream is refused (pod gone, no permission, kubelet away)
 */
export const openExec = async (
  config: KubeConfig,
  server: string,
  { namespace, name, container, command }: ExecRequest,
): Promise<LineStream> => {
  const attempt = { subject: `cannot open a stream to pod ${namespace}/${name}`, server };
  const end = Promise.withResolvers<string>();
  const input = new PassThrough();
  const errors = keepTail();
  const output = splitLines();
  const words = (reason: string): string => [reason, errors.tail()].filter(Boolean).join('; it said: ');
  const opening = new Exec(config).exec(
    namespace,
    name,
    container,
    command,
    output.stream,
    errors.stream,
    input,
    false,
    (status) =>
      end.resolve(
        words(status.status === 'Success' ? 'the agent ended' : shorten(status.message ?? 'failure')),
      ),
  );
  let isLate = false;
  opening.then(
    (socket) => isLate && socket.close(),
    () => {},
  );
  try {
    const socket = await within(opening, openDeadline, () => {
      isLate = true;
      return new ApiError({ ...attempt, got: `no answer from ${server} within ${openDeadline / 1000} s` });
    });
    socket.addEventListener('close', () => end.resolve(words('the connection was closed')));
    socket.addEventListener('error', (event: { message: string }) =>
      end.resolve(words(shorten(event.message))),
    );
    return {
      send: (line) => void (input.writable && input.write(`${line}\n`)),
      onLine: output.listen,
      closed: end.promise,
      close: () => {
        end.resolve('closed by us');
        input.end();
        socket.close();
      },
    };
  } catch (error) {
    throw toApiError(error, attempt);
  }
};

const keepTail = (): { stream: Writable; tail: () => string } => {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text = (text + chunk.toString('utf8')).slice(-300);
      done();
    },
  });
  return { stream, tail: () => shorten(text) };
};

// Lines that come before anybody listens wait: the agent's first line may be quicker than we are.
const splitLines = (): { stream: Writable; listen: (listener: (line: string) => void) => void } => {
  const decoder = new TextDecoder();
  const waiting: string[] = [];
  let rest = '';
  let deliver = (line: string): void => void waiting.push(line);
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) deliver(line);
      done();
    },
  });
  const listen = (listener: (line: string) => void): void => {
    deliver = listener;
    for (const line of waiting.splice(0)) listener(line);
  };
  return { stream, listen };
};
