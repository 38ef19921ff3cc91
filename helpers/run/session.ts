import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster/cluster.ts';
import { NetpolError } from '../errors.ts';
import { isOperation } from '../scenario/operations.ts';
import { isConfined } from '../scenario/policies.ts';
import type { Scenario, ScenarioPod } from '../scenario/scenario.ts';
import { adminPoliciesOf, labelsNodes } from '../scenario/world.ts';
import { proveUntilSeen } from './attempts.ts';
import { checkScenario, type Checked, type CheckContext } from './check.ts';
import type { Ground } from './ground.ts';
import { openLanes, type LaneOptions } from './lanes.ts';
import type { Work } from './time-left.ts';

/** A started cluster with its lanes open, on which scenarios run ahead of those who ask for their results. */
export type Session = AsyncDisposable & {
  readonly cluster: Cluster;
  readonly context: CheckContext;
  readonly lanes: number;
  /**
   * Says which scenarios there are, all of them such that the cluster can be asked; they start as soon as a lane is free,
   * those that take longest first.
   */
  schedule(scenarios: readonly Scenario[]): void;
  /** The result of a scheduled scenario. @throws NetpolError when the session ended before */
  result(scenario: Scenario): Promise<Checked>;
  /** Names of the scenarios under way. */
  running(): string[];
  /** How far the scheduled scenarios are. */
  work(): Work;
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
  config: LaneOptions,
  log: (line: string) => void,
): Promise<Session> => {
  const interruption = new AbortController();
  const lanes = await openLanes(cluster, config, interruption.signal, log);
  const { grounds, context } = lanes;
  const { idle, ...scheduler } = createScheduler(grounds, context, interruption);
  return {
    cluster,
    context,
    lanes: grounds.length,
    ...scheduler,
    [Symbol.asyncDispose]: async () => {
      scheduler.abort('the session ended');
      await idle();
      await lanes[Symbol.asyncDispose]();
    },
  };
};

/** `abort` ends what `interruption` reaches, and rejects `aborted` with the same NetpolError. */
export const createAbort = (
  interruption: AbortController,
): { aborted: Promise<never>; abort: (reason: string) => void } => {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when the run is aborted.
  aborted.catch(() => {});
  return {
    aborted,
    abort: (reason) => {
      const interrupted = new NetpolError('interrupted', { subject: reason });
      reject(interrupted);
      interruption.abort(interrupted);
    },
  };
};

const createScheduler = (
  grounds: readonly Ground[],
  context: CheckContext,
  interruption: AbortController,
): Pick<Session, 'schedule' | 'result' | 'running' | 'work' | 'abort'> & { idle: () => Promise<unknown> } => {
  const waiting: { scenario: Scenario; resolve: (checked: Checked) => void }[] = [];
  const results = new Map<Scenario, Promise<Checked>>();
  const free = [...grounds];
  const { patience } = context;
  const { budget, baseline } = patience;
  let failuresInARow = 0;
  let closedInARow = 0;
  let failures = 0;
  let hasDenied = false;
  const underWay = new Map<Scenario, Promise<void>>();
  const beganAt = new Map<Scenario, number>();
  const ended = new Map<Scenario, number>();
  const { aborted, abort: interrupt } = createAbort(interruption);

  const abort = (reason: string): void => {
    waiting.length = 0;
    interrupt(reason);
  };

  const learn = ({ record: { status, steps }, cause }: Checked): void => {
    // Where no world opens any more (the plugin died and left its rules) each would be waited for in vain.
    closedInARow = cause === 'baseline' ? closedInARow + 1 : 0;
    patience.baseline = closedInARow >= failuresOfAnIdlePlugin ? baseline / 5 : baseline;
    // A plugin that has never denied anything is not waited for as long any more; its failures stay failures.
    const denials = steps.flatMap(({ grids }) =>
      grids.flatMap(({ want, got }) => got.filter((_, index) => want[index] === 'deny')),
    );
    const isDenied = denials.some(({ outcome }) => outcome === 'dropped' || outcome === 'refused');
    if (status === 'fail' && denials.length > 0 && !isDenied) failures += 1;
    hasDenied ||= isDenied;
    patience.budget = !hasDenied && failures >= failuresOfAnIdlePlugin ? budget / 5 : budget;
  };

  const startNext = (): void => {
    while (free.length > 0) {
      const index = waiting.findIndex(({ scenario }) =>
        [...underWay.keys()].every((other) => !collide(scenario, other)),
      );
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (next === undefined) return;
      const { scenario, resolve } = next;
      const ground = free.shift() as Ground;
      const prove = (): Promise<Checked> => checkScenario(scenario, ground, context);
      beganAt.set(scenario, performance.now());
      const work = proveUntilSeen(prove, patience.signal).then((checked) => {
        underWay.delete(scenario);
        ended.set(scenario, performance.now() - (beganAt.get(scenario) ?? 0));
        learn(checked);
        resolve(checked);
        failuresInARow = checked.cause === 'cluster' ? failuresInARow + 1 : 0;
        if (failuresInARow === patientFailures) abort(`the cluster failed ${patientFailures} times in a row`);
        free.push(ground);
        startNext();
      });
      underWay.set(scenario, work);
    }
  };

  return {
    schedule: (scenarios) => {
      // What takes longest or has to wait for its like begins first, or at the end all lanes but one would have nothing
      // to do; and what no other scenario may run beside comes last, so that the lanes fall idle but once.
      const rankOf = (scenario: Scenario): number =>
        isClusterWide(scenario) ? 2 : waitsForNamespaces(scenario) || takesBaseline(scenario) ? 0 : 1;
      for (const scenario of scenarios.toSorted((one, other) => rankOf(one) - rankOf(other))) {
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
      return Promise.race([result, aborted]);
    },
    running: () => [...underWay.keys()].map(({ name }) => name),
    work: () => ({
      lanes: grounds.length,
      waiting: waiting.map(({ scenario }) => scenario),
      underWay: new Map(
        [...underWay.keys()].map((each) => [each, performance.now() - (beganAt.get(each) ?? 0)]),
      ),
      ended,
    }),
    idle: () => Promise.all(underWay.values()),
    abort,
  };
};

/** A cluster takes several seconds to end a namespace. */
const waitsForNamespaces = ({ steps }: Scenario): boolean =>
  steps.some(({ action }) => action.verb === 'remove' && action.namespaces !== undefined);

/**
 * Whether two scenarios need what all lanes share and only one at a time can have: ports of nodes, addresses outside,
 * the baseline, labels of nodes, or the whole cluster.
 */
const collide = (one: Scenario, other: Scenario): boolean =>
  isClusterWide(one) ||
  isClusterWide(other) ||
  (takesPortsOfNodes(one) && takesPortsOfNodes(other)) ||
  (takesBaseline(one) && takesBaseline(other)) ||
  (labelsNodes(one) && asksForNodes(other)) ||
  (labelsNodes(other) && asksForNodes(one)) ||
  hostsOf(one).some((host) => hostsOf(other).some((rival) => areRivals(host, rival)));

/** Whether what it does may be about the pods of other lanes, or takes the time of the machine that they need. */
export const isClusterWide = ({ steps, load }: Pick<Scenario, 'steps' | 'load'>): boolean =>
  load !== undefined ||
  !adminPoliciesOf(steps).every(isConfined) ||
  steps.some(({ action, watch }) => isOperation(action) || watch !== undefined);

/** A cluster has one BaselineAdminNetworkPolicy at most: its name must be `default`. */
const takesBaseline = ({ steps }: Scenario): boolean =>
  adminPoliciesOf(steps).some(({ kind }) => kind === 'BaselineAdminNetworkPolicy');

/** Whether its policies select nodes by their labels. */
const asksForNodes = ({ steps }: Scenario): boolean =>
  adminPoliciesOf(steps).some(({ spec: { egress = [] } }) =>
    egress.some(({ to = [] }) => to.some(({ nodes }) => nodes !== undefined)),
  );

const takesPortsOfNodes = ({ pods }: Scenario): boolean =>
  pods.some(({ hostNetwork, ports }) => hostNetwork === true && ports.length > 0);

const hostsOf = ({ pods }: Scenario): ScenarioPod[] =>
  pods.filter(({ addresses }) => addresses !== undefined);

/** Lanes share a host outside the cluster where they mean the same one. */
const areRivals = (one: ScenarioPod, other: ScenarioPod): boolean => {
  const isSame = isDeepStrictEqual(
    [one.id, one.addresses, one.ports],
    [other.id, other.addresses, other.ports],
  );
  return !isSame && one.addresses?.some((address) => other.addresses?.includes(address)) === true;
};
