import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../config.ts';
import { BaselineError, messageOf, NetpolError } from '../errors.ts';
import { addressOf, type Family, idOf } from '../kube/world.ts';
import { settleAll } from '../wait.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { checkScenario, skipReason, type Checked, type CheckContext } from './check.ts';
import { openGround, type Ground } from './ground.ts';

/** A started cluster with its lanes open, on which scenarios run ahead of those who ask for their results. */
export type Session = AsyncDisposable & {
  readonly cluster: Cluster;
  readonly context: CheckContext;
  readonly lanes: number;
  /** Says which scenarios there are, in order; they start as soon as a lane is free. */
  schedule(scenarios: readonly Scenario[]): void;
  /** The result of a scheduled scenario. @throws NetpolError when the session ended before */
  result(scenario: Scenario): Promise<Checked>;
  /** Names of the scenarios under way. */
  running(): string[];
  /** Starts nothing more; what waits for a result is told the reason. */
  abort(reason: string): void;
};

/** A cluster that went away would be asked in vain for every scenario left, each time until a deadline. */
const patientFailures = 4;

/** Failures without one denial after which a plugin looks idle, and baselines in a row that do not open. */
const failuresOfAnIdlePlugin = 3;

/** Marks all that one run creates: short, lower case, unlikely to meet another. */
export const createRunName = (): string => randomBytes(3).toString('hex');

/**
 * Opens the lanes of a started cluster. Disposing closes them and stops the cluster.
 * @throws ClusterError where the standing pods do not come up; then everything is undone
 */
export const openSession = async (
  cluster: Cluster,
  config: Pick<Config, 'lanes' | 'settleBudgetMs'>,
  log: (line: string) => void,
): Promise<Session> => {
  const lanes = chooseLanes(cluster, config.lanes);
  const grounds: Ground[] = [];
  const interruption = new AbortController();
  let families: Family[] = [];
  const close = async (): Promise<void> => {
    try {
      await settleAll(grounds.map(async (ground) => ground[Symbol.asyncDispose]()));
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
  };
  try {
    const began = performance.now();
    const opened = await Promise.allSettled(
      Array.from({ length: lanes }, (_, index) => openGround(cluster, index)),
    );
    for (const result of opened) if (result.status === 'fulfilled') grounds.push(result.value);
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    log(`${lanes} ${lanes === 1 ? 'lane' : 'lanes'} of 9 pods ready in ${seconds} s`);
    families = await familiesOf(grounds);
  } catch (error) {
    await close().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
  const context = {
    lacks: cluster.lacks,
    families,
    patience: { ...patienceFor(cluster, config), signal: interruption.signal },
  };
  const { idle, ...scheduler } = createScheduler(
    grounds,
    context,
    interruption,
    cluster.environment.provider === 'lab',
  );
  return {
    cluster,
    context,
    lanes,
    ...scheduler,
    [Symbol.asyncDispose]: async () => {
      scheduler.abort('the session ended');
      await idle();
      await close();
    },
  };
};

/** A lane in the lab costs nine small processes and no waiting; on a cluster most of a scenario is waiting. */
const chooseLanes = ({ environment, maximumLanes }: Cluster, asked: number): number => {
  const fitting = environment.provider === 'lab' ? 1 : Math.min(4, availableParallelism());
  return Math.max(1, Math.min(maximumLanes, asked === 0 ? fitting : asked));
};

const patienceFor = (
  { environment }: Cluster,
  { settleBudgetMs }: Pick<Config, 'settleBudgetMs'>,
): Omit<CheckContext['patience'], 'signal'> =>
  environment.provider === 'lab'
    ? {
        budget: settleBudgetMs || 5000,
        baseline: 15_000,
        hold: 60,
        firstSilence: 20,
        shortestSilence: 50,
        interval: 20,
      }
    : {
        budget: settleBudgetMs || 15_000,
        baseline: 30_000,
        hold: 140,
        firstSilence: 100,
        shortestSilence: 150,
        interval: 70,
      };

/**
 * The families that the pods really have: what the nodes say is not always what the plugin gives.
 * @throws BaselineError where some standing pods have a family and others not: nothing could be said about it
 */
const familiesOf = async (grounds: readonly Ground[]): Promise<Family[]> => {
  const worlds = await Promise.all(grounds.map(({ lane }) => lane.world()));
  const pods = worlds.flatMap((world) => world.pods);
  return (['IPv4', 'IPv6'] as const).filter((family) => {
    const without = pods.filter((pod) => addressOf(pod, family) === undefined);
    if (without.length === 0 || without.length === pods.length) return without.length === 0;
    throw new BaselineError({
      subject: `${without.length} of ${pods.length} standing pods have no ${family} address`,
      wanted: 'all of them or none',
      got: `none at ${without.map(idOf).join(', ')}`,
    });
  });
};

const createScheduler = (
  grounds: readonly Ground[],
  context: CheckContext,
  interruption: AbortController,
  isLab: boolean,
): Pick<Session, 'schedule' | 'result' | 'running' | 'abort'> & { idle: () => Promise<unknown> } => {
  const waiting: { scenario: Scenario; resolve: (checked: Checked) => void }[] = [];
  const results = new Map<Scenario, Promise<Checked>>();
  const free = [...grounds];
  const { patience } = context;
  const { budget, baseline } = patience;
  let failuresInARow = 0;
  let closedInARow = 0;
  let failures = 0;
  let hasDenied = false;
  const underWay = new Map<string, Promise<void>>();
  const aborted = Promise.withResolvers<never>();
  // Nobody may be waiting when the run is aborted.
  aborted.promise.catch(() => {});

  const abort = (reason: string): void => {
    waiting.length = 0;
    const interrupted = new NetpolError('interrupted', { subject: reason });
    aborted.reject(interrupted);
    interruption.abort(interrupted);
  };

  const learn = ({ record: { status, steps, settleMs = 0 }, cause }: Checked): void => {
    // Where no world opens any more (the plugin died and left its rules) each would be waited for in vain.
    closedInARow = cause === 'baseline' ? closedInARow + 1 : 0;
    patience.baseline = closedInARow >= failuresOfAnIdlePlugin ? baseline / 5 : baseline;
    // A plugin that takes long to enforce must also be watched for longer, up to a second.
    if (!isLab) patience.hold = Math.min(1000, Math.max(patience.hold, settleMs));
    // One that has never denied anything is not waited for as long any more; its failures stay failures.
    if (status === 'fail') failures += 1;
    hasDenied ||= steps.some(({ settleMs }) => settleMs.deny !== undefined);
    patience.budget = !hasDenied && failures >= failuresOfAnIdlePlugin ? budget / 5 : budget;
  };

  const startNext = (): void => {
    while (free.length > 0 && waiting.length > 0) {
      const ground = free.shift() as Ground;
      const { scenario, resolve } = waiting.shift() as (typeof waiting)[number];
      const work = checkScenario(scenario, ground, context).then((checked) => {
        underWay.delete(scenario.name);
        failuresInARow = checked.cause === 'cluster' ? failuresInARow + 1 : 0;
        if (failuresInARow === patientFailures) abort(`the cluster failed ${patientFailures} times in a row`);
        learn(checked);
        resolve(checked);
        free.push(ground);
        startNext();
      });
      underWay.set(scenario.name, work);
    }
  };

  return {
    schedule: (scenarios) => {
      for (const scenario of scenarios.filter((scenario) => skipReason(scenario, context) === undefined)) {
        const { promise, resolve } = Promise.withResolvers<Checked>();
        results.set(scenario, promise);
        waiting.push({ scenario, resolve });
      }
      startNext();
    },
    result: (scenario) => {
      const result = results.get(scenario);
      if (result === undefined) throw new RangeError(`${scenario.name} was never scheduled`);
      // A result that is there counts, also after the end.
      return Promise.race([result, aborted.promise]);
    },
    running: () => [...underWay.keys()],
    idle: () => Promise.all(underWay.values()),
    abort,
  };
};
