import { ProbeError } from '../errors.ts';
import { outcomes } from '../matrix/matrix.ts';
import type { MonitorOutcome, Run } from '../matrix/timeline.ts';
import { poll } from '../wait.ts';
import { followClock, type ClockOffset } from './clock.ts';
import type { ProbeRequest } from './link.ts';
import type { Subscription } from './subscriptions.ts';

/** Something that one pod asks over and over. */
export type Watch = {
  /** Who asks. */
  from: string;
  request: Omit<ProbeRequest, 'flow'>;
  /** Who must answer, as its agent calls itself; absent: anybody may. */
  answerer?: string;
  /** Over one connection that stays; absent: by a new one each time. */
  lives?: true;
  /** Milliseconds, growing: the detail of an answer is the first of these within which it came. */
  grades?: readonly number[];
  /** UDP ports of the asking pod: the outcome is an error where datagrams came there for which it had no room. */
  datagrams?: readonly number[];
};

/** What a monitor needs of the pods. */
export type Teller = {
  subscribe(
    from: string,
    request: object,
    take: (answer: Readonly<Record<string, unknown>>) => void,
  ): Subscription;
};

type MonitorOptions = {
  /** Milliseconds between two probes of each watch. */
  interval: number;
};

/** Probes under way. Disposing stops them without waiting for the last. */
export type Monitor = Disposable & {
  /** What a watch has met until now, in order, by our clock. */
  runsOf(watch: Watch): readonly Run[];
  /** How far the clock of each asking pod is ahead of ours. */
  clocks(): ReadonlyMap<string, ClockOffset>;
  /** Sends no more probes, and resolves when the last ones have told, or a pod has not for `grace` milliseconds. */
  stop(grace: number): Promise<void>;
};

/**
 * Probes every watch at each interval, until it is stopped. Resolves when each pod has told the first time.
 * @throws ProbeError where one does not, or does not understand
 */
export const startMonitor = async (
  teller: Teller,
  watches: readonly Watch[],
  options: MonitorOptions,
): Promise<Monitor> => {
  const runs = new Map<Watch, Run[]>(watches.map((watch) => [watch, []]));
  const agents = [...Map.groupBy(watches, ({ from }) => from)].map(([from, own]) =>
    followAgent(teller, from, own, options, (watch, run) => keep(runs.get(watch) ?? [], run)),
  );
  const dispose = (): void => {
    for (const agent of agents) agent[Symbol.dispose]();
  };
  try {
    await Promise.all(agents.map(({ begun }) => begun()));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    runsOf: (watch) => runs.get(watch) ?? [],
    clocks: () => new Map(agents.flatMap(({ from, offset }) => (offset() ? [[from, offset()!]] : []))),
    stop: async (grace) => {
      await Promise.all(agents.map(({ stop }) => stop(grace)));
      dispose();
    },
    [Symbol.dispose]: dispose,
  };
};

/** A run that goes on is told again with its end only. */
const keep = (runs: Run[], run: Run): void => {
  const last = runs.at(-1);
  if (last?.from === run.from) last.to = run.to;
  else runs.push(run);
};

type Agent = Disposable & {
  from: string;
  begun(): Promise<void>;
  offset(): ClockOffset | undefined;
  stop(grace: number): Promise<void>;
};

/** How long an agent may take until it tells the first time, in milliseconds. */
const firstWords = 10_000;

const followAgent = (
  teller: Teller,
  from: string,
  watches: readonly Watch[],
  options: MonitorOptions,
  tell: (watch: Watch, run: Run) => void,
): Agent => {
  let complaint: string | undefined;
  let hasBegun = false;
  const done = Promise.withResolvers<void>();
  const clock = followClock((request, take) => teller.subscribe(from, request, take));
  // Where a run began by our clock, by the agent's word for it: the estimate gets better, and must not move what is told.
  const begins = new Map<string, number>();
  const take = (answer: Readonly<Record<string, unknown>>): void => {
    if (typeof answer['error'] === 'string') complaint = answer['error'];
    const { offsetMs } = clock.offset() ?? {};
    if (!Array.isArray(answer['runs']) || offsetMs === undefined) return;
    for (const each of answer['runs']) {
      const told = parseRun(each);
      const watch = told && watches[told.index];
      if (told === undefined || watch === undefined) continue;
      const { index, run } = told;
      const key = `${index} ${run.from}`;
      const begin = begins.get(key) ?? run.from - offsetMs;
      begins.set(key, begin);
      tell(watch, { ...run, from: begin, to: Math.max(begin, run.to - offsetMs) });
    }
    hasBegun = true;
    if (answer['done'] === true) done.resolve();
  };
  const flows = watches.map(({ request, answerer, lives, grades, datagrams }) => ({
    ...request,
    ...{ answerer, lives, grades, datagrams },
  }));
  const subscription = teller.subscribe(from, { monitor: { ...options, flows } }, take);
  const failure = (got: string): ProbeError =>
    new ProbeError({
      subject: `the monitor of ${from} does not begin`,
      got,
      next: 'look at the log of the pod',
    });
  return {
    from,
    begun: () =>
      poll(
        async () => {
          if (complaint !== undefined) throw failure(complaint);
          return hasBegun || undefined;
        },
        { deadline: firstWords, interval: 20, failure: () => failure(`no word in ${firstWords / 1000} s`) },
      ).then(() => {}),
    offset: clock.offset,
    stop: async (grace) => {
      subscription.change({ monitor: null });
      const timer = setTimeout(done.resolve, grace);
      await done.promise;
      clearTimeout(timer);
    },
    [Symbol.dispose]: () => {
      subscription.change({ monitor: null });
      subscription[Symbol.dispose]();
      clock[Symbol.dispose]();
    },
  };
};

const monitorOutcomes: readonly MonitorOutcome[] = [...outcomes, 'handshake'];

/** `[flow, outcome, from, to, detail?]` as agent.mjs prints it. */
const parseRun = (told: unknown): { index: number; run: Run } | undefined => {
  const [index, outcome, from, to, detail] = Array.isArray(told) ? (told as unknown[]) : [];
  const known = monitorOutcomes.find((name) => name === outcome);
  if (typeof index !== 'number' || typeof from !== 'number' || typeof to !== 'number' || known === undefined)
    return undefined;
  return { index, run: { outcome: known, from, to, ...(typeof detail === 'string' && { detail }) } };
};
