import { AssertionError } from 'chai';
import { BlindError, ProbeError } from '../errors.ts';
import { now } from '../probe/clock.ts';
import { judgeFlow, longest, nameFlow, type FlowRecord } from '../report/monitor-record.ts';
import type { OperationRecord } from '../report/record.ts';
import { countOf } from '../report/text.ts';
import { isOperation, restartsNode } from '../scenario/operations.ts';
import type { Scenario, Step } from '../scenario/scenario.ts';
import { formatAction } from '../scenario/world.ts';
import { act } from './act.ts';
import type { CheckContext } from './check.ts';
import type { Ground } from './ground.ts';
import { gatherMoments } from './moments.ts';
import { watchFlows, type MonitoredFlow } from './monitor/flows.ts';
import { margin, pause } from './operation.ts';
import { perform, type OperationContext } from './perform.ts';
import { listSome } from './words.ts';

/** A flow that nobody saw for longer, in milliseconds, may have leaked as long. */
const longestBlindness = 1_000;

/** Blindness says nothing: an operation is done again, so often at most. */
export const mostAttempts = 3;

/**
 * Does what a step says and `look`s at what has become of it; undefined where nothing is watched. Operations are done while
 * each of these flows is probed over and over; a change that is watched is so until the look at it ends, as a plugin takes
 * its time. All flows were as wanted before.
 * @throws ClusterError where something does not come back, ProbeError where a pod does not watch
 */
export const actUnderWatch = async (
  { action, watch }: Step,
  flows: () => readonly MonitoredFlow[],
  scenario: Scenario,
  ground: Ground,
  context: OperationContext,
  look: () => Promise<void>,
): Promise<Watched | undefined> => {
  const { patience } = context;
  if (isOperation(action)) {
    const work = (): Promise<void> => perform(action, scenario, ground, context);
    const limits = { ...action.limits, blindMs: longestBlindness };
    const attempts = isDoneOnce(action) ? 1 : mostAttempts;
    const watched = await watchAgain(flows(), limits, ground, patience, work, attempts);
    await look();
    return watched;
  }
  const change = (): Promise<void> => act(action, scenario, ground);
  if (watch === undefined) {
    await change();
    await look();
    return undefined;
  }
  const chosen = flows();
  const interval = Math.max(patience.watchInterval, chosen.length);
  // A pause is told from two intervals on.
  const limits = { ...watch.limits, blindMs: Math.max(longestBlindness, 2 * interval) };
  const seldom = { ...patience, watchInterval: interval };
  const { seen, evidence } = await watchOnce(chosen, limits, ground, seldom, change, look);
  return { operation: { attempt: 1, limits, ...seen }, evidence };
};

/** What became of the flows, and the evidence of the moments in which that was wrong. */
type Watched = { operation: OperationRecord; evidence: Record<string, string> };

/** Of flows that do not depend on a change, so many are watched all the same: a plugin may touch more than it has to. */
const mostOthers = 16;

/**
 * Of a change that is watched: the flows with an end in its namespaces, and some others. Of a node that restarts: those
 * between pods of other nodes. `nodes` has the node of each pod.
 */
export const chooseFlows = (
  flows: readonly MonitoredFlow[],
  { action, watch }: Pick<Step, 'action' | 'watch'>,
  nodes: ReadonlyMap<string, string>,
): MonitoredFlow[] => {
  if (restartsNode(action)) {
    const node = nodes.get(action.nodeOf);
    return flows.filter(({ from, to }) => [from, to].every((id) => nodes.has(id) && nodes.get(id) !== node));
  }
  if (watch === undefined) return [...flows];
  const isNear = ({ from, to }: MonitoredFlow): boolean =>
    watch.namespaces.some((name) => [from, to].some((id) => id.startsWith(`${name}/`)));
  const others = flows.filter((flow) => !isNear(flow));
  const stride = Math.ceil(others.length / mostOthers);
  return [...flows.filter(isNear), ...others.filter((_, index) => index % stride === 0)];
};

const watchAgain = async (
  flows: readonly MonitoredFlow[],
  limits: OperationRecord['limits'],
  ground: Ground,
  patience: CheckContext['patience'],
  work: () => Promise<void>,
  attempts: number,
): Promise<Watched> => {
  for (let attempt = 1; ; attempt += 1) {
    const { seen, evidence } = await watchOnce(flows, limits, ground, patience, work);
    const operation = { attempt, limits, ...seen };
    const verdicts = operation.flows.map((flow) => judgeFlow(flow, limits));
    if (attempt === attempts || verdicts.includes('fail') || !verdicts.includes('error'))
      return { operation, evidence };
  }
};

const watchOnce = async (
  flows: readonly MonitoredFlow[],
  limits: OperationRecord['limits'],
  ground: Ground,
  { signal, watchInterval }: CheckContext['patience'],
  work: () => Promise<void>,
  look: () => Promise<void> = async () => {},
): Promise<{ seen: Omit<OperationRecord, 'attempt' | 'limits'>; evidence: Record<string, string> }> => {
  using watch = await watchFlows(flows, ground, watchInterval);
  using moments = gatherMoments(watch, limits, ground.lane.evidence);
  const since = (): number => Math.round(now() - watch.from);
  await pause(margin, signal);
  const fromMs = since();
  await work();
  const toMs = since();
  await look();
  await pause(margin, signal);
  signal.throwIfAborted();
  const end = now();
  await watch.stop();
  const seen = {
    fromMs,
    toMs,
    endMs: Math.round(end - watch.from),
    intervalMs: watchInterval,
    watched: flows.length,
    flows: watch.flowsUntil(end).filter(({ stretches }) => stretches.length > 0),
  };
  return { seen, evidence: await moments.files() };
};

/** @throws AssertionError where a flow was lost or leaked for longer than is borne */
export const judgeOperation = (
  step: Step,
  index: number,
  operation: OperationRecord,
  hint: () => string,
): void => {
  const { watched, limits } = operation;
  const wrong = describeFlows(operation, 'fail');
  if (wrong.length > 0)
    throw new AssertionError(
      `${wrong.length} of ${countOf(watched, 'flow')} were not as wanted ${placeOf(step, index)}; borne are ${limits.lossMs} ms lost and ${limits.leakMs} ms leaked:\n          ${listSome(wrong)}${hint()}`,
    );
};

/** @throws ProbeError where a flow was not seen for longer than is borne: a BlindError where all can be tried again */
export const refuseOutOfSight = (step: Step, index: number, operation: OperationRecord): void => {
  const unseen = describeFlows(operation, 'error');
  if (unseen.length === 0) return;
  const complaint = {
    subject: `${unseen.length} of ${countOf(operation.watched, 'flow')} were out of sight ${placeOf(step, index)}`,
    wanted: `an answer or none at least every ${operation.limits.blindMs} ms`,
    got: listSome(unseen),
    next: 'run it again where less else runs',
  };
  // An operation was tried again already; a change can be made again only with all that came before it.
  throw step.watch === undefined && !isDoneOnce(step.action)
    ? new ProbeError(complaint)
    : new BlindError(complaint);
};

/** A plugin misses a change only the first time that it is made. */
const isDoneOnce = (action: Step['action']): boolean => action.verb === 'outage' && action.part === 'plugin';

const placeOf = ({ action, watch }: Step, index: number): string => {
  const who = watch === undefined ? '' : `, which ${watch.by} makes`;
  return `during step ${index + 1} (${formatAction(action)})${who}`;
};

const describeFlows = (
  { flows, limits, endMs, intervalMs }: OperationRecord,
  verdict: ReturnType<typeof judgeFlow>,
): string[] =>
  flows
    .filter((flow) => judgeFlow(flow, limits) === verdict)
    .map((flow) => describeFlow(flow, endMs - intervalMs));

const words = { leak: 'leaked', loss: 'was lost', blind: 'was not seen' } as const;

/** `last`: when the last probes were sent. */
const describeFlow = (flow: FlowRecord, last: number): string => {
  const parts = (['leak', 'loss', 'blind'] as const).flatMap((what) => {
    const [worst] = flow.stretches
      .filter((stretch) => stretch.what === what)
      .toSorted((one, other) => other.to - other.from - (one.to - one.from));
    if (worst === undefined) return [];
    const length = `${Math.round(longest(flow, what))} ms${worst.to < last ? '' : ' and longer'}`;
    return [`${words[what]} for ${length} from ${Math.round(worst.from)} ms on (${worst.detail})`];
  });
  return `${nameFlow(flow)} ${parts.join(' and ')}`;
};
