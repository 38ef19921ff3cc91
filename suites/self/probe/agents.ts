import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import net, { type Server } from 'node:net';
import { createInterface } from 'node:readline';
import type { AgentStream } from '../../../helpers/cluster/cluster.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';

export const agentFile = join(import.meta.dirname, '../../../helpers/probe/agent.mjs');

/** What any line of an agent may hold. */
export type Answer = {
  hello: { version: number; name: string | null; addresses: string[] };
  id: number | null;
  results: Observation[];
  error: string;
};

/** A real agent process, and the lines that it prints. */
export type AgentProcess = AsyncDisposable & {
  child: ChildProcessWithoutNullStreams;
  /** The next line as JSON. */
  next(): Promise<Answer>;
  ask(request: unknown): void;
  ended: Promise<number>;
};

export const startAgent = (...flags: string[]): AgentProcess => startAgentWith({}, ...flags);

/** The same with other variables in its environment. */
export const startAgentWith = (env: Record<string, string>, ...flags: string[]): AgentProcess => {
  const child = spawn(process.execPath, [agentFile, ...flags], { env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([code]) => Number(code));
  child.stdin.on('error', () => {});
  return {
    child,
    next: async () => JSON.parse((await lines.next()).value ?? 'null'),
    ask: (request) =>
      void child.stdin.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/** `connected`, `refused ECONNREFUSED`: what each probe came to. */
export const outcomes = (results: readonly Observation[]): string[] =>
  results.map(({ outcome, detail }) => [outcome, detail].filter(Boolean).join(' '));

/** How many files a process has open. */
export const countFiles = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;

/** A stream to a new agent process that ends with the stream. */
export const connectProcess = (
  ...flags: string[]
): AgentStream & { child: ChildProcessWithoutNullStreams } => {
  const child = spawn(process.execPath, [agentFile, ...flags]);
  child.stdin.on('error', () => {});
  return {
    child,
    send: (line) => void child.stdin.write(`${line}\n`),
    onLine: (listener) => void createInterface({ input: child.stdout }).on('line', listener),
    closed: once(child, 'close').then(([code, signal]) => `exit ${signal ?? code}`),
    close: () => void child.kill('SIGKILL'),
  };
};

/** A stream without an agent behind: the test says what comes. */
export type FakeStream = AgentStream & {
  sent: { id: number; probes: unknown[] }[];
  say(line: unknown): void;
  end(reason: string): void;
};

export const createFakeStream = (
  hello: unknown = { version: 1, name: 'x/a', addresses: ['10.0.0.1'] },
): FakeStream => {
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  let listener: ((line: string) => void) | undefined;
  const sent: FakeStream['sent'] = [];
  return {
    sent,
    send: (line) => void sent.push(JSON.parse(line)),
    onLine: (given) => {
      listener = given;
      if (hello !== null) listener(JSON.stringify({ hello }));
    },
    say: (line) => listener?.(typeof line === 'string' ? line : JSON.stringify(line)),
    closed,
    end: resolve,
    close: () => resolve('closed'),
  };
};

export const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
};

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0);
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
};
