import { AssertionError } from 'chai';
import type { Cluster } from '../../cluster/cluster.ts';
import { messageOf } from '../../errors.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { declareCase, type Checked } from '../check.ts';
import { gridsFor } from '../expected.ts';
import { openGroundInPlace, proveInPlace, refuseIsolatedEnds, type GroundInPlace } from './in-place.ts';
import { patienceFor, type LaneOptions } from '../lanes.ts';
import type { Patience } from '../observe.ts';
import { createAbort, type Session } from '../session.ts';
import { round, secondsSince } from '../words.ts';

/**
 * Brings the probe pods of a scenario into the live namespaces that it names. The one step of the scenario changes nothing:
 * what is proved is what the policies do that are there. Disposing takes the pods away and lets go of the cluster.
 * @throws UsageError, ClusterError, ProbeError; nothing is left behind then
 */
export const openSessionInPlace = async (
  cluster: Cluster,
  scenario: Scenario,
  config: Pick<LaneOptions, 'settleBudgetMs'>,
  log: (line: string) => void,
): Promise<Session> => {
  const began = performance.now();
  await using stack = new AsyncDisposableStack();
  stack.use(cluster);
  const ground = stack.use(await openGroundInPlace(cluster, scenario.pods));
  log(`${scenario.pods.length} probe pods in place, ready in ${secondsSince(began)}`);
  const interruption = new AbortController();
  const { lacks, operatePlugin, outage } = cluster;
  const patience = { ...patienceFor(cluster, config), signal: interruption.signal };
  const { aborted, abort } = createAbort(interruption);
  let work: Promise<Checked> | undefined;
  let isUnderWay = false;
  const opened = stack.move();
  return {
    cluster,
    context: { lacks, operatePlugin, outage, families: ground.families, patience },
    lanes: 1,
    schedule: ({ length }) => {
      if (length === 0) return;
      isUnderWay = true;
      work = check(scenario, ground, patience).finally(() => (isUnderWay = false));
    },
    result: () => Promise.race([work ?? aborted, aborted]),
    running: () => (isUnderWay ? [scenario.name] : []),
    // It is the only one: nothing that has ended says how long it takes.
    work: () => ({ lanes: 1, waiting: [], underWay: new Map(), ended: new Map() }),
    abort,
    [Symbol.asyncDispose]: async () => {
      abort('the session ended');
      await work;
      await opened.disposeAsync();
    },
  };
};

/** As `checkScenario`. Never throws. */
const check = async (scenario: Scenario, ground: GroundInPlace, patience: Patience): Promise<Checked> => {
  const began = performance.now();
  const record = declareCase(scenario);
  record.startedAt = new Date().toISOString();
  let evidence: Record<string, string> = {};
  try {
    for (const step of scenario.steps)
      await proveInPlace(gridsFor(step.expect, ground.families), ground, patience, record.steps);
    refuseIsolatedEnds(record.steps);
    record.status = 'pass';
  } catch (error) {
    record.status = error instanceof AssertionError ? 'fail' : 'error';
    record.message = messageOf(error);
    evidence = await ground.place.evidence();
  }
  record.durationMs = round(performance.now() - began);
  return { record, evidence };
};
