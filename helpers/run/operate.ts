import { AssertionError } from 'chai';
import { ProbeError } from '../errors.ts';
import { now } from '../probe/clock.ts';
import { judgeFlow, longest, nameFlow, type FlowRecord } from '../report/monitor-record.ts';
import type { OperationRecord } from '../report/record.ts';
import type { OperationAction } from '../scenario/operations.ts';
import type { Scenario, Step } from '../scenario/scenario.ts';
import { formatAction } from '../scenario/world.ts';
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

/** Blindness says nothing: the operation is done again, so often at most. */
const mostAttempts = 3;

/**
 * Does an operation while each of these flows is probed over and over. All of them were as wanted before.
 * @throws ClusterError where something does not come back, ProbeError where a pod does not watch
 */
export const operateUnderWatch = async (
  action: OperationAction,
  flows: readonly MonitoredFlow[],
  scenario: Scenario,
  ground: Ground,
  context: OperationContext,
): Promise<OperationRecord> => {
  for (let attempt = 1; ; attempt += 1) {
    const record = {
      attempt,
      limits: { ...action.limits, blindMs: longestBlindness },
      ...(await watchOnce(flows, ground, context.patience, () => perform(action, scenario, ground, context))),
    };
    const verdicts = record.flows.map((flow) => judgeFlow(flow, record.limits));
    if (attempt === mostAttempts || verdicts.includes('fail') || !verdicts.includes('error')) return record;
  }
};

const watchOnce = async (
  flows: readonly MonitoredFlow[],
  ground: Ground,
  { signal, watchInterval }: CheckContext['patience'],
  operation: () => Promise<void>,
): Promise<Omit<OperationRecord, 'attempt' | 'limits'>> => {
  using watch = await watchFlows(flows, ground, watchInterval);
  const since = (): number => Math.round(now() - watch.from);
  await pause(margin, signal);
  const fromMs = since();
  await operation();
  const toMs = since();
  await pause(margin, signal);
  signal.throwIfAborted();
  const end = now();
  await watch.stop();
  return {
    fromMs,
    toMs,
    intervalMs: watchInterval,
    watched: flows.length,
    flows: watch.flowsUntil(end).filter(({ stretches }) => stretches.length > 0),
  };
};

/** @throws AssertionError where a flow was lost or leaked for longer than is borne, ProbeError where one was not seen */
export const judgeOperation = (
  step: Step,
  index: number,
  { flows, limits, watched }: OperationRecord,
): void => {
  const found = (verdict: string): FlowRecord[] =>
    flows.filter((flow) => judgeFlow(flow, limits) === verdict);
  const where = `during step ${index + 1} (${formatAction(step.action)})`;
  const wrong = found('fail');
  if (wrong.length > 0)
    throw new AssertionError(
      `${wrong.length} of ${count(watched, 'flow')} were not as wanted ${where}: ${listSome(wrong.map(describeFlow))}; borne are ${limits.lossMs} ms lost and ${limits.leakMs} ms leaked`,
    );
  const unseen = found('error');
  if (unseen.length > 0)
    throw new ProbeError({
      subject: `${unseen.length} of ${count(watched, 'flow')} were out of sight ${where}`,
      wanted: `an answer or none at least every ${limits.blindMs} ms`,
      got: listSome(unseen.map(describeFlow)),
      next: 'run it again where less else runs',
    });
};

const words = { leak: 'leaked', loss: 'was lost', blind: 'was not seen' } as const;

const describeFlow = (flow: FlowRecord): string => {
  const parts = (['leak', 'loss', 'blind'] as const).flatMap((what) => {
    const [worst] = flow.stretches
      .filter((stretch) => stretch.what === what)
      .toSorted((one, other) => other.to - other.from - (one.to - one.from));
    if (worst === undefined) return [];
    return [
      `${words[what]} for ${Math.round(longest(flow, what))} ms from ${Math.round(worst.from)} ms on (${worst.detail})`,
    ];
  });
  return `${nameFlow(flow)} ${parts.join(' and ')}`;
};
