import { AssertionError } from 'chai';
import type { Cluster } from '../cluster/cluster.ts';
import { BaselineError, BlindError, ClusterError, messageOf } from '../errors.ts';
import { idOf, type Family, type World } from '../kube/world.ts';
import { createOracle } from '../model/oracle.ts';
import type { CaseRecord, StepRecord } from '../report/record.ts';
import { countOf } from '../report/text.ts';
import { isGenerated } from '../scenario/generated-case.ts';
import { isOperation, isUpgrade, restartsNode } from '../scenario/operations.ts';
import type { Scenario, Step } from '../scenario/scenario.ts';
import { asksApiServer } from '../scenario/stored.ts';
import { worldAt } from '../scenario/world.ts';
import { checkAnswers } from './answers.ts';
import { baselineOf, gridsFor, sameBefore } from './expected.ts';
import { openFlows } from './flows.ts';
import { evidenceOf, scenarioFile } from './generated.ts';
import { takePoliciesAway, type Ground } from './ground.ts';
import {
  answerersOf,
  describeCell,
  judge,
  recordStep,
  refuseOthersPolicies,
  refuseOtherVerdicts,
  refuseUntold,
} from './judge.ts';
import { measureLatency } from './latency/latency.ts';
import { contradictionsAt } from './lint.ts';
import { planFlows, type MonitoredFlow } from './monitor/flows.ts';
import { observe, silenceAfter, wantsAfter, type Patience, type Seen, type Wants } from './observe.ts';
import { actUnderWatch, chooseFlows, judgeOperation, refuseOutOfSight } from './operate.ts';
import { holdReady, proveReady } from './readiness.ts';
import { listSome, round } from './words.ts';

/** What a check needs to know of the cluster besides the lane it works on. */
export type CheckContext = Pick<Cluster, 'lacks' | 'operatePlugin' | 'outage'> & {
  families: readonly Family[];
  patience: Patience;
};

/**
 * `cause`: why nothing could be told, where that may well hold for the next scenario too: the cluster refused or did
 * not answer, or the world was not open before the first step. `blind`: a change was out of sight, which may not hold for
 * the same scenario again.
 */
export type Checked = {
  record: CaseRecord;
  evidence: Record<string, string>;
  cause?: 'cluster' | 'baseline' | 'blind';
};

/** The record of a scenario before anything has happened to it. */
export const declareCase = ({ name, title, file, spec, features, property }: Scenario): CaseRecord => ({
  name,
  title,
  file,
  spec,
  features,
  ...(property !== undefined && { property }),
  status: 'error',
  durationMs: 0,
  steps: [],
});

/**
 * Proves one scenario on a lane: baseline, then each step's change, observation and comparison, then the lane is
 * as before. Never throws: what is thrown inside decides the status. An AssertionError says that the plugin is
 * wrong (fail), everything else that we could not tell (error).
 */
export const checkScenario = async (
  scenario: Scenario,
  ground: Ground,
  context: CheckContext,
): Promise<Checked> => {
  const began = performance.now();
  const record = declareCase(scenario);
  record.startedAt = new Date().toISOString();
  let evidence: Record<string, string> = {};
  const moments: Record<string, string> = {};
  let cause: Checked['cause'];
  try {
    if (asksApiServer(scenario.steps)) await checkAnswers(scenario, ground, record.steps);
    else if (scenario.load !== undefined) {
      await ground.prepare(scenario);
      await measureLatency(scenario, ground, context, record.steps);
    } else {
      await proveSteps(scenario, ground, context, record.steps, moments);
      if (scenario.steps.some(({ action }) => action.verb === 'create' || restartsNode(action)))
        await proveOpenAfterwards(scenario, ground, context);
    }
    record.status = 'pass';
  } catch (error) {
    record.status = error instanceof AssertionError ? 'fail' : 'error';
    record.message = messageOf(error);
    if (error instanceof ClusterError) cause = 'cluster';
    else if (error instanceof BaselineError) cause = 'baseline';
    else if (error instanceof BlindError) cause = 'blind';
    if (isGenerated(scenario))
      record.message += `\nthe case as a scenario file: ${scenarioFile} in its evidence`;
    evidence = { ...moments, ...(await collectEvidence(scenario, ground)) };
  }
  const upgrades = scenario.steps.some(({ action }) => isOperation(action) && isUpgrade(action));
  for (const clean of [
    () => ground.restore(scenario),
    ...(upgrades ? [() => context.operatePlugin('reset')] : []),
  ])
    try {
      await clean();
    } catch (error) {
      // What was proven stays proven.
      if (record.status !== 'fail') record.status = 'error';
      if (error instanceof ClusterError) cause = 'cluster';
      record.message = [record.message, messageOf(error)].filter(Boolean).join('\nand then, cleaning up: ');
    }
  const times = record.steps.flatMap(({ settleMs }) => Object.values(settleMs));
  if (times.length > 0) record.settleMs = round(Math.max(...times));
  record.durationMs = round(performance.now() - began);
  return { record, evidence, ...(cause !== undefined && { cause }) };
};

const collectEvidence = async (scenario: Scenario, { lane }: Ground): Promise<Record<string, string>> => {
  try {
    return { ...evidenceOf(scenario), ...(await lane.evidence()) };
  } catch (error) {
    return { 'evidence.txt': `not to be had: ${messageOf(error)}\n` };
  }
};

/**
 * Proves that all is open, then each step; `records` is told of each, and `moments` of the evidence of those in which a
 * flow was not as wanted. The lane is left as the last step made it.
 * @throws AssertionError where the plugin is wrong, NetpolError where that could not be told
 */
export const proveSteps = async (
  scenario: Scenario,
  ground: Ground,
  context: CheckContext,
  records: StepRecord[],
  moments: Record<string, string> = {},
): Promise<void> => {
  const { families, patience } = context;
  let world = await ground.prepare(scenario);
  const silence = await proveOpen('before the first step', scenario, world, ground, families, patience);
  const probed = scenario.pods.filter(
    ({ readiness, createdLater }) => readiness !== undefined && !createdLater,
  );
  await proveReady(probed, ground, patience);
  let wants: Wants = new Map();
  for (const [index, step] of scenario.steps.entries()) {
    const grids = gridsFor(step.expect, families);
    const last = gridsFor(scenario.steps[index - 1]?.expect ?? [], families);
    await using flows = await openFlows(grids, world, ground, patience);
    const plan = (): MonitoredFlow[] => {
      const nodes = new Map(world.pods.map((pod) => [ground.shortId(idOf(pod)), pod.node]));
      return chooseFlows(planFlows(sameBefore(grids, last), world, ground), step, nodes);
    };
    const now = createOracle(worldAt(scenario, index));
    let offset = 0;
    let seen: Seen | undefined;
    const look = async (): Promise<void> => {
      const accepted = performance.now();
      if (comesOrGoes(step) || step.expect.some(({ target }) => target === 'node-port'))
        world = await ground.refresh();
      if (grids.length === 0) return;
      offset = performance.now() - accepted;
      // Of a node that has booted nothing is known: what is denied there may have been open.
      const before: Wants = restartsNode(step.action) ? new Map() : wants;
      const options = { before, answerers: answerersOf(now), flows };
      seen = await observe(grids, world, ground, patience, silence, options);
      patience.atWork = Math.max(patience.atWork * fading, seen.atWorkMs);
    };
    const { operation, evidence } = (await actUnderWatch(step, plan, scenario, ground, context, look)) ?? {};
    Object.assign(moments, evidence);
    if (seen !== undefined) {
      const oracles = { now, before: createOracle(worldAt(scenario, index - 1)) };
      records.push({ ...recordStep(step, seen, oracles, offset), ...(operation && { operation }) });
      const hint = (): string => (contradictionsAt(scenario, index).length > 0 ? wrongRelease : '');
      if (operation) judgeOperation(step, index, operation, hint);
      refuseUntold(step, index, seen);
      // Before the plugin is blamed: what the objects are now, that they were all along or somebody has changed them.
      refuseOtherVerdicts(grids, { drawn: now, found: createOracle(await ground.lane.world()) }, ground);
      if (!seen.held) await refuseOthersPolicies(ground.lane, step, index);
      judge(step, index, seen, hint);
      // Last of all: what was out of sight may be tried again, and what was wrong must not be forgotten over that.
      if (operation) refuseOutOfSight(step, index, operation);
    }
    wants = wantsAfter(grids, wants);
    if (step.ready !== undefined) await holdReady(step, index, scenario, ground, patience);
  }
};

/** Lint lets no scenario file want what its own policies deny, or do not deny; an upgrade may. */
const wrongRelease =
  '\nthe policies of this step do not do what is wanted: it is the release that is wrong, whatever the plugin is';

/** One hiccup must not make the rest of a run slow: after 24 steps without another, half of it is left. */
const fading = 0.97;

/** Whether other pods run after the step than before, or at other addresses. */
const comesOrGoes = ({ action }: Step): boolean =>
  ['create', 'remove', 'complete'].includes(action.verb) || restartsNode(action);

/** A denied cell counts only if the same cell was open in the same run. Returns how long silence must last to be a drop. */
const proveOpen = async (
  when: 'before the first step' | 'after the last step',
  scenario: Scenario,
  world: World,
  ground: Ground,
  families: readonly Family[],
  patience: Patience,
): Promise<number> => {
  const present = new Set([...world.pods, ...world.services].map((object) => ground.shortId(idOf(object))));
  const grids = baselineOf(scenario, families, (id) => present.has(id));
  const answerers = answerersOf(
    createOracle(worldAt(scenario, when === 'before the first step' ? -1 : scenario.steps.length - 1)),
    'any',
  );
  // The first rounds may still meet the policies of the scenario before: they are short, and get longer when needed.
  const seen = await observe(
    grids,
    world,
    ground,
    { ...patience, budget: patience.baseline, hold: 0 },
    patience.firstSilence,
    { answerers, rounds: 1 },
  );
  if (seen.held) return silenceAfter(seen.grids, patience);
  const closed = seen.grids.flatMap(({ kind, comparison }) =>
    [...comparison.differing, ...comparison.unknown].map((cell) => describeCell(kind, cell)),
  );
  throw new BaselineError({
    subject: `${countOf(closed.length, 'cell')} not open ${when}, without any policy of ours`,
    wanted: 'every cell that a step asserts to answer',
    got: listSome(closed),
    next: 'look for other policies, a firewall or a second engine on this cluster',
  });
};

/** Pods that came, or came back, later had no baseline; without policies their cells must be open, or their denials prove nothing. */
const proveOpenAfterwards = async (
  scenario: Scenario,
  ground: Ground,
  { families, patience }: CheckContext,
): Promise<void> => {
  await takePoliciesAway(ground.lane);
  const world = await ground.refresh();
  await proveOpen('after the last step', scenario, world, ground, families, patience);
};
