import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ClusterError } from '../../errors.ts';
import type { Protocol } from '../../kube/types.ts';
import type { AgentStream } from '../cluster.ts';
import { portList } from '../kubernetes-objects.ts';
import type { Holder } from './holder.ts';
import { unlimitedErrors } from './network.ts';

const agentFile = join(import.meta.dirname, '../../probe/agent.mjs');

/** The agent of one pod or external host: serves and probes until it is stopped. */
export type Agent = {
  /** Resolves when the agent serves. A dead agent is started again, as a kubelet would. @throws ClusterError */
  ready(): Promise<void>;
  /** A new stream to the agent; the one before it ends. Starts a dead agent again. @throws ClusterError */
  connect(): Promise<AgentStream>;
  stop(): Promise<void>;
  /** The end of what it wrote on stderr, over all its lives. */
  complaints(): string;
};

/** @param id `namespace/pod`, the name that the agent tells */
export const startAgent = (
  holder: Holder,
  netns: string,
  id: string,
  ports: readonly { protocol: Protocol; port: number }[],
): Agent => {
  let complaints = '';
  let isStopped = false;
  const start = (): Life => {
    const life = startLife(
      holder,
      netns,
      id,
      ports,
      (text) => (complaints = `${complaints}${text}`.slice(-8_000)),
    );
    void life.ended.then((reason) => {
      if (!isStopped) complaints += `(the agent ended: ${reason})\n`;
    });
    return life;
  };
  let life = start();
  const revive = async (): Promise<Life> => {
    if (isStopped) throw new ClusterError({ subject: `${id} is gone, and its agent with it` });
    if (life.hasEnded()) life = start();
    const current = life;
    const hello = await Promise.race([current.hello, current.ended.then(() => undefined)]);
    if (hello !== undefined) return current;
    throw new ClusterError({
      subject: `lab: the agent of ${id} does not start`,
      got: `${await current.ended}${complaints === '' ? '' : `\n${complaints.trim()}`}`,
      ...(complaints.includes('EADDRINUSE') && {
        next: 'something else on its node has the port: give the pod another one, or end the other run',
      }),
    });
  };
  return {
    ready: async () => void (await revive()),
    connect: async () => (await revive()).connect(),
    stop: async () => {
      isStopped = true;
      await life.stop();
    },
    complaints: () => complaints,
  };
};

/** One process, from its start to its end. */
type Life = {
  hello: Promise<string>;
  ended: Promise<string>;
  hasEnded(): boolean;
  connect(): Promise<AgentStream>;
  stop(): Promise<void>;
};

const startLife = (
  holder: Holder,
  netns: string,
  id: string,
  ports: readonly { protocol: Protocol; port: number }[],
  complain: (text: string) => void,
): Life => {
  const command = [process.execPath, agentFile, 'serve+probe', '--name', id, '--ports', portList(ports)];
  const child = holder.spawn(netns, ['sh', '-c', `${unlimitedErrors}; exec "$@"`, 'sh', ...command]);
  const lines = createInterface({ input: child.stdout });
  const hello = once(lines, 'line').then(([line]) => String(line));
  let end: string | undefined;
  let detach: ((reason: string) => void) | undefined;
  let deliver: ((line: string) => void) | undefined;
  lines.on('line', (line) => deliver?.(line));
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => complain(chunk.toString()));
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
  });
  void ended.then((reason) => {
    end = reason;
    detach?.(`the agent ended: ${reason}`);
  });

  // The process serves as well as it probes, so a stream that closes must leave its stdin open.
  const connect = async (): Promise<AgentStream> => {
    const greeting = await hello;
    detach?.('another stream took its place');
    const { promise: closed, resolve } = Promise.withResolvers<string>();
    let isOpen = true;
    const close = (reason: string): void => {
      if (!isOpen) return;
      isOpen = false;
      deliver = undefined;
      resolve(reason);
    };
    detach = close;
    if (end !== undefined) close(`the agent ended: ${end}`);
    return {
      send: (line) => {
        if (isOpen) child.stdin.write(`${line}\n`);
      },
      onLine: (listener) => {
        if (isOpen) deliver = listener;
        listener(greeting);
      },
      closed,
      close: () => close('closed'),
    };
  };

  return {
    hello,
    ended,
    hasEnded: () => end !== undefined,
    connect,
    stop: async () => {
      // The agent ends with its stdin. nsenter must stay to reap it: an orphan's zombie would be left to the first
      // process of this machine, which in a container may never look, and would keep the lab from ending.
      child.stdin.end();
      const timer = setTimeout(() => killChildren(child.pid), patience);
      await ended;
      clearTimeout(timer);
    },
  };
};

// How long an agent may take to end by itself, in milliseconds; one that hangs never does.
const patience = 500;

const killChildren = (pid: number | undefined): void => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    for (const child of children.split(' ').filter((word) => word !== ''))
      process.kill(Number(child), 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
};
