import { setTimeout as delay } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import type { AgentStream } from '../cluster/cluster.ts';
import { messageOf, ProbeError } from '../errors.ts';
import type { Observation, ProbeProtocol, Traffic } from '../matrix/matrix.ts';
import { checkHello, greet, parseRecord, WrongPodError } from './greeting.ts';
import { toObservation } from './observation.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';

/** One probe as the agent takes it. `deadline` in milliseconds: silence for so long is a drop. */
export type ProbeRequest = {
  protocol: ProbeProtocol;
  /** An address, or a DNS name that the agent resolves within the deadline. */
  host: string;
  /** 0 for ICMP. */
  port: number;
  deadline: number;
  /** For a DNS name: which of its addresses. */
  family?: 4 | 6;
  /** The source address, where the pod has several. */
  localAddress?: string;
  /**
   * Of UDP. `unreachable`: connected means that the ICMP error of a closed port came back. `lookup`: the pod's name
   * server is asked for the host, a name like `web.x.svc`, and connected means that it knows an address of the family.
   */
  traffic?: Exclude<Traffic, 'established' | 'silent'> | 'lookup';
  /** Over a connection that stays in the agent until it is closed, or 120 s after its last use. */
  flow?: { id: string; use: 'open' | 'exchange' | 'close' };
};

type LinkOptions = {
  /** The pod that must answer; an agent that knows no name of its own is judged by its addresses only. */
  name?: string;
  /** Addresses that the agent must own. Default none: not checked. */
  addresses?: readonly string[];
  /** How long a connection may take until the agent's hello, in milliseconds. */
  connectDeadline?: number;
  /** Attempts after the first, and the pause before the first of them in milliseconds; each next pause doubles. */
  retries?: number;
  pause?: number;
};

type ProbeOptions = { grace?: number; waits?: boolean };

/** The way to one pod's agent. Several batches may be under way at once. */
export type Link = AsyncDisposable & {
  /** Resolves when the agent has said hello. @throws ProbeError when all attempts failed or another pod answers */
  ready(): Promise<void>;
  /**
   * Observations in the order of the probes. Never rejects: what was not answered by its deadline plus `grace`
   * milliseconds, was lost with its stream or could not be sent is an `error` with the reason in `detail`. So is at
   * once, unless it `waits`, what is asked while a stream is being replaced: who looks later looks at something else.
   */
  probe(probes: readonly ProbeRequest[], options?: ProbeOptions): Promise<Observation[]>;
  subscribe: Subscriptions['subscribe'];
};

/**
 * Opens a link that keeps itself open: a stream that ends is replaced in the background, with bounded retries.
 * When they are used up, batches are errors at once, and each further batch starts another bounded round; while
 * somebody has subscribed, one follows the other.
 * @param connect opens a new stream to the agent
 * @param subject names the pod in messages
 */
export const openLink = (
  connect: () => Promise<AgentStream>,
  subject: string,
  { name, addresses = [], connectDeadline = 10_000, retries = 5, pause = 100 }: LinkOptions = {},
): Link => {
  const batches = new Map<number, Batch>();
  const disposal = new AbortController();
  const isRight = checkHello(subject, name, addresses);
  const subscriptions = createSubscriptions(takeId, (line) => current?.send(line));
  let current: AgentStream | undefined;
  let connecting: Promise<void> | undefined;
  let failure: ProbeError | undefined;
  let silences = 0;
  let remark = '';

  const settleAll = (reason: string, concerned: (batch: Batch) => boolean): void => {
    for (const batch of [...batches.values()].filter(concerned)) batch.settle(reason);
  };

  const receive = (line: string): void => {
    const answer = parseRecord(line);
    const batch = typeof answer?.['id'] === 'number' ? batches.get(answer['id']) : undefined;
    if (answer === undefined || answer['id'] === null) remark = `; its stream said: ${line.slice(0, 200)}`;
    if (answer !== undefined) subscriptions.take(answer);
    if (batch === undefined) return;
    silences = 0;
    const { results, error } = answer ?? {};
    batch.settle(
      Array.isArray(results) ? results.map(toObservation) : `the agent of ${subject}: ${String(error)}`,
    );
  };

  const send = (batch: Batch, stream: AgentStream): void => {
    batch.stream = stream;
    try {
      stream.send(batch.line);
    } catch (error) {
      batch.settle(`could not be sent to ${subject}: ${messageOf(error)}`);
    }
  };

  const lose = (stream: AgentStream, reason: string): void => {
    settleAll(`the stream to ${subject} ended: ${reason}`, (batch) => batch.stream === stream);
    if (current !== stream) return;
    current = undefined;
    if (!disposal.signal.aborted) void reconnect(pause).catch(() => {});
  };

  const attempt = async (): Promise<void> => {
    const { signal } = disposal;
    const stream = await greet(connect, connectDeadline, signal, receive, isRight).catch((error: unknown) => {
      if (error instanceof WrongPodError) throw new AbortError(error);
      // p-retry gives up at once on a TypeError, which may well be a client's word for a network that is away.
      throw new ProbeError({ subject: `no stream to the agent of ${subject}`, got: messageOf(error) });
    });
    if (signal.aborted) return stream.close();
    current = stream;
    failure = undefined;
    silences = 0;
    const watchdog = setInterval(() => {
      if (subscriptions.silentFor() < longestHush) return;
      stream.close();
      lose(stream, 'the agent tells nothing any more');
    }, longestHush / 12);
    subscriptions.askAnew();
    for (const batch of batches.values()) if (batch.stream === undefined) send(batch, stream);
    void stream.closed.then((reason) => {
      clearInterval(watchdog);
      lose(stream, reason);
    });
  };

  const giveUp = (error: unknown): never => {
    // Before anybody hears of it: who asks again at once must start a new round.
    connecting = undefined;
    failure =
      error instanceof ProbeError
        ? error
        : new ProbeError({ subject: `no stream to the agent of ${subject}`, got: messageOf(error) });
    settleAll(failure.message, (batch) => batch.stream === undefined);
    if (subscriptions.areWaiting() && !disposal.signal.aborted)
      void reconnect(Math.min(pause * 2 ** retries, longestPause)).catch(() => {});
    throw failure;
  };

  const reconnect = (wait: number): Promise<void> => {
    // The wait keeps an agent that dies as soon as it has said hello from being started over and over.
    connecting ??= delay(wait, undefined, { signal: disposal.signal })
      .then(() =>
        pRetry(attempt, {
          retries,
          minTimeout: pause,
          factor: 2,
          maxTimeout: longestPause,
          signal: disposal.signal,
        }),
      )
      .then(() => {
        connecting = undefined;
      }, giveUp);
    return connecting;
  };

  const expire = (batch: Batch): void => {
    const { stream } = batch;
    batch.settle(
      `the agent of ${subject} ${stream ? 'did not answer' : 'could not be reached'} in time${remark}`,
    );
    silences += 1;
    // One late answer is a busy machine; two in a row without any answer between is an agent or a stream that hangs.
    if (stream === undefined || stream !== current || silences < 2) return;
    stream.close();
    lose(stream, 'the agent does not answer');
  };

  const probe: Link['probe'] = (probes, { grace = 1_000, waits = true } = {}) =>
    new Promise((resolve) => {
      const begun = performance.now();
      const finish = (answer: Observation[] | string): void => {
        if (typeof answer !== 'string' && answer.length === probes.length) return resolve(answer);
        const detail =
          typeof answer === 'string'
            ? answer
            : `${subject} gave ${answer.length} of ${probes.length} results`;
        const milliseconds = performance.now() - begun;
        resolve(probes.map(() => ({ outcome: 'error', milliseconds, detail })));
      };
      if (probes.length === 0) return resolve([]);
      if (disposal.signal.aborted) return finish(`the link to ${subject} is closed`);
      if (current === undefined && failure !== undefined) {
        void reconnect(0).catch(() => {});
        return finish(failure.message);
      }
      if (current === undefined && !waits) return finish(`the stream to ${subject} is being replaced`);
      const id = takeId();
      const size = probes.reduce((sum, { protocol }) => sum + (protocol === 'ICMP' ? placesOfEcho : 1), 0);
      const places = size + [...batches.values()].reduce((sum, batch) => sum + batch.size, 0);
      const longest = Math.max(...probes.map(({ deadline }) => deadline));
      const settle = (answer: Observation[] | string): void => {
        if (!batches.delete(id)) return;
        clearTimeout(timer);
        finish(answer);
      };
      const batch: Batch = { line: JSON.stringify({ id, probes }), size, stream: undefined, settle };
      const timer = setTimeout(() => expire(batch), longest * Math.ceil(places / agentConcurrency) + grace);
      batches.set(id, batch);
      if (current !== undefined) send(batch, current);
    });

  void reconnect(0).catch(() => {});
  return {
    ready: async () => {
      if (current === undefined) await (connecting ?? reconnect(0));
    },
    probe,
    subscribe: subscriptions.subscribe,
    [Symbol.asyncDispose]: async () => {
      disposal.abort();
      settleAll(`the link to ${subject} was closed`, () => true);
      current?.close();
      await connecting?.catch(() => {});
    },
  };
};

type Batch = {
  line: string;
  /** How many of the agent's places it needs. */
  size: number;
  /** The stream that carries it; undefined while it waits for one. */
  stream: AgentStream | undefined;
  settle: (answer: Observation[] | string) => void;
};

const longestPause = 5_000;
// Who has subscribed is told something twice a second, but for 30 s while an API server is away.
const longestHush = 60_000;
// How many probes an agent runs at once (agent.mjs); the rest waits for a place, each for a deadline at most.
const agentConcurrency = 256;
// An echo is a process: 16 at once.
const placesOfEcho = agentConcurrency / 16;
// Unique over all links: an agent that outlives its stream may answer an old batch into a new stream.
let lastId = 0;
const takeId = (): number => (lastId += 1);
