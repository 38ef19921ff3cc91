import { AssertionError } from 'chai';
import { ProbeError } from '../errors.ts';
import { now } from '../probe/clock.ts';
import { judgeFlow, longest, nameFlow, type FlowRecord } from '../report/monitor-record.ts';
import type { OperationRecord } from '../report/record.ts';
import { isOperation } from '../scenario/operations.ts';
import type { OperationLimits, Scenario, Step } from '../scenario/scenario.ts';
import { formatAction } from '../scenario/world.ts';
import { act } from './act.ts';
import type { CheckContext } from './check.ts';
import type { Ground } from './ground.ts';
import { count, listSome } from './judge.ts';
import { watchFlows, type MonitoredFlow } from './monitor-flows.ts';
import { pause } from './operation.ts';
import { perform, type OperationContext } from './perform.ts';

/** What happens before and after is watched too, so that the first and the last moments are; in milliseconds. */
const margin = 500;
/** A flow that nobody saw for longer, in milliseconds, may have leaked as long. */
const longestBlindness = 1_000;

/** Blindness says nothing: an operation is done again, so often at most. A change can be made but once. */
const mostAttempts = 3;

/**
 * Does what a step says while each of these flows is probed over and over; undefined where the step is none that is
 * watched. All flows were as wanted before.
 * @throws ClusterError where something does not come back, ProbeError where a pod does not watch
 */
export const actUnderWatch = async (
  { action, watch }: Step,
  flows: () => readonly MonitoredFlow[],
  scenario: Scenario,
  ground: Ground,
  context: OperationContext,
): Promise<OperationRecord | undefined> => {
  const { patience } = context;
  const once = async (
    attempt: number,
    limits: OperationLimits,
    work: () => Promise<void>,
  ): Promise<OperationRecord> => ({
    attempt,
    limits: { ...limits, blindMs: longestBlindness },
    ...(await watchOnce(flows(), ground, patience, work)),
  });
  if (!isOperation(action)) {
    const change = (): Promise<void> => act(action, scenario, ground);
    if (watch !== undefined) return once(1, watch.limits, change);
    await change();
    return undefined;
  }
  for (let attempt = 1; ; attempt += 1) {
    const record = await once(attempt, action.limits, () => perform(action, scenario, ground, context));
    const verdicts = record.flows.map((flow) => judgeFlow(flow, record.limits));
    if (attempt === mostAttempts || verdicts.includes('fail') || !verdicts.includes('error')) return record;
  }
};

/** What one core sends and answers: more flows than that are probed less often. Milliseconds of the interval for each. */
const intervalPerFlow = 1;

const watchOnce = async (
  flows: readonly MonitoredFlow[],
  ground: Ground,
  { signal, watchInterval, atWork }: CheckContext['patience'],
  operation: () => Promise<void>,
): Promise<Omit<OperationRecord, 'attempt' | 'limits'>> => {
  const intervalMs = Math.max(watchInterval, Math.ceil(flows.length * intervalPerFlow));
  using watch = await watchFlows(flows, ground, intervalMs);
  const since = (): number => Math.round(now() - watch.from);
  await pause(margin, signal);
  const fromMs = since();
  await operation();
  const toMs = since();
  await pause(Math.max(margin, 2 * atWork), signal);
  signal.throwIfAborted();
  const end = now();
  await watch.stop();
  return {
    fromMs,
    toMs,
    endMs: Math.round(end - watch.from),
    intervalMs,
    watched: flows.length,
    flows: watch.flowsUntil(end).filter(({ stretches }) => stretches.length > 0),
  };
};

/** @throws AssertionError where a flow was lost or leaked for longer than is borne, ProbeError where one was not seen */
export const judgeOperation = (
  step: Step,
  index: number,
  { flows, limits, watched, intervalMs, endMs }: OperationRecord,
): void => {
  const describe = (flow: FlowRecord): string => describeFlow(flow, endMs - intervalMs);
  const found = (verdict: string): FlowRecord[] =>
    flows.filter((flow) => judgeFlow(flow, limits) === verdict);
  const who = step.watch === undefined ? '' : `, which ${step.watch.by} makes`;
  const where = `during step ${index + 1} (${formatAction(step.action)})${who}`;
  const wrong = found('fail');
  if (wrong.length > 0)
    throw new AssertionError(
      `${wrong.length} of ${count(watched, 'flow')} were not as wanted ${where}; borne are ${limits.lossMs} ms lost and ${limits.leakMs} ms leaked:\n          ${listSome(wrong.map(describe))}`,
    );
  const unseen = found('error');
  if (unseen.length > 0)
    throw new ProbeError({
      subject: `${unseen.length} of ${count(watched, 'flow')} were out of sight ${where}`,
      wanted: `an answer or none at least every ${limits.blindMs} ms`,
      got: listSome(unseen.map(describe)),
      next: 'run it again where less else runs',
    });
};

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
