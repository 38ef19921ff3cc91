import type { Scenario } from '../scenario/scenario.ts';
import { settleAll } from '../wait.ts';
import { checkScenario, skipReason, type Checked, type CheckContext } from './check.ts';
import { remember, type LabelHistory } from './fuzz-recall.ts';
import { tryScenario, type Place } from './fuzz-try.ts';
import { worldOf } from './fuzz-world.ts';

export type Search = {
  seed: number;
  /** The first world that is tried, and the first that is not. */
  from: number;
  to: number;
  /** When to start no further world, as `performance.now` counts. */
  until: number;
  signal: AbortSignal;
  /** Called after each world with the number of those that are done. */
  onWorld: (done: number) => void;
  /** Proves a scenario on a cluster that has seen no other, where that is cheap. */
  isolate?: (scenario: Scenario) => Promise<Checked>;
};

/** A world on which the plugin was wrong, proven as any scenario is. */
export type Find = { index: number; scenario: Scenario; checked: Checked; history: LabelHistory };

export type Explored = {
  /** Worlds that were tried, and the number of the next one. */
  done: number;
  next: number;
  /** Worlds that differed at the first look and agreed when they were proven. */
  doubted: number;
  /** Why nothing could be told about a world. */
  untold: { index: number; message: string }[];
  find?: Find;
};

/** Worlds in a row about which nothing can be told: then the cluster is to be looked at, not the plugin. */
const patientFailures = 4;

/** How long a lane may take to open where there is another way to prove a world, in milliseconds. */
const shortBaseline = 3000;

/**
 * Tries one random world after the other on all lanes, until one fails or there is no more to do. Of several that fail
 * at the same time, the one with the lowest number is the find.
 */
export const explore = async (
  places: readonly Place[],
  context: CheckContext,
  search: Search,
): Promise<Explored> => {
  const { seed, from, to, until, signal, onWorld } = search;
  const explored: Explored = { done: 0, next: from, doubted: 0, untold: [] };
  let inARow = 0;
  const isOn = (): boolean =>
    explored.find === undefined &&
    explored.next < to &&
    performance.now() < until &&
    inARow < patientFailures &&
    !signal.aborted;
  const isAble = (scenario: Scenario): boolean => skipReason(scenario, context) === undefined;

  const work = async (place: Place): Promise<void> => {
    let history: LabelHistory = new Map();
    while (isOn()) {
      const index = explored.next;
      explored.next += 1;
      const scenario = worldOf(seed, index, isAble);
      const checked = await examine(scenario, place);
      if (signal.aborted) return;
      const { status = 'pass', message = '' } = checked?.record ?? {};
      inARow = status === 'error' ? inARow + 1 : 0;
      if (status === 'error') explored.untold.push({ index, message });
      else if (checked !== undefined && status === 'pass') explored.doubted += 1;
      else if (checked !== undefined && index < (explored.find?.index ?? to))
        explored.find = { index, scenario, checked, history };
      explored.done += 1;
      history = remember(history, scenario);
      onWorld(explored.done);
    }
  };

  /** Undefined where the first look agrees. */
  const examine = async (scenario: Scenario, place: Place): Promise<Checked | undefined> => {
    const tried = await tryScenario(scenario, place, context).catch((error: unknown) => {
      if (signal.aborted) return 'agrees';
      throw error;
    });
    if (tried === 'agrees' || signal.aborted) return undefined;
    const { patience } = context;
    const baseline = search.isolate === undefined ? patience.baseline : shortBaseline;
    const hasty = { ...context, patience: { ...patience, baseline } };
    const checked = await checkScenario(scenario, place.ground, hasty);
    const isTold = checked.record.status !== 'error' || checked.cause === 'cluster';
    if (isTold || search.isolate === undefined) return checked;
    // What earlier worlds left behind may spoil the lane, which can be the plugin's own fault.
    const alone = await search.isolate(scenario);
    return alone.record.status === 'fail' ? alone : checked;
  };

  // Whoever closes the lanes must find them idle.
  await settleAll(places.map(work));
  return explored;
};
