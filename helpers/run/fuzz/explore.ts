import type { Scenario } from '../../scenario/scenario.ts';
import { settleAll } from '../../wait.ts';
import { checkScenario, type Checked, type CheckContext } from '../check.ts';
import { skipReason } from '../skip-reason.ts';
import { remember, type LabelHistory } from './recall.ts';
import { guessBudget, tryScenario, type Place } from './try.ts';
import { worldOf } from './world.ts';

type Search = {
  seed: number;
  /** The first world that is tried, and the first that is not. */
  from: number;
  to: number;
  /** When to start no further world, as `performance.now` counts. */
  until: number;
  signal: AbortSignal;
  /** What a change may take at least before a difference is proven with all patience, in milliseconds. */
  budget: number;
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
 * Tries one random world after the other on all lanes, until one is proven to fail or there is no more to do.
 */
export const explore = async (
  places: readonly Place[],
  context: CheckContext,
  search: Search,
): Promise<Explored> => {
  const { seed, from, to, until, signal, onWorld } = search;
  const explored: Explored = { done: 0, next: from, doubted: 0, untold: [] };
  let inARow = 0;
  let proof = Promise.resolve();
  const isOn = (): boolean =>
    explored.find === undefined &&
    explored.next < to &&
    performance.now() < until &&
    inARow < patientFailures &&
    !signal.aborted;
  const isAble = (scenario: Scenario): boolean => skipReason(scenario, context) === undefined;

  const work = async (place: Place): Promise<void> => {
    let history: LabelHistory = new Map();
    for (;;) {
      // While one lane proves a difference, the others would only take its time.
      await proof;
      if (!isOn()) return;
      const index = explored.next;
      explored.next += 1;
      const scenario = worldOf(seed, index, isAble);
      if (await looksRight(scenario, place)) inARow = 0;
      else await (proof = proof.then(() => judge({ index, scenario, history }, place)));
      if (signal.aborted || (explored.find !== undefined && explored.find.index < index)) return;
      explored.done += 1;
      history = remember(history, scenario);
      onWorld(explored.done);
    }
  };

  /** What a change may take; more than that is left to the proof. */
  const hintBudget = (): number => Math.min(context.patience.budget, guessBudget(places, 8, search.budget));

  const looksRight = async (scenario: Scenario, place: Place): Promise<boolean> => {
    const hint = { ...context, patience: { ...context.patience, budget: hintBudget() } };
    try {
      return (await tryScenario(scenario, place, hint)) === 'agrees';
    } catch (error) {
      if (signal.aborted) return true;
      throw error;
    }
  };

  const judge = async (world: Omit<Find, 'checked'>, place: Place): Promise<void> => {
    // A world with a lower number is judged all the same: the search goes on behind the find.
    if (signal.aborted || (explored.find !== undefined && explored.find.index < world.index)) return;
    const checked = await prove(world.scenario, place);
    if (signal.aborted) return;
    const { status, message = '' } = checked.record;
    inARow = status === 'error' ? inARow + 1 : 0;
    if (status === 'fail') explored.find = { ...world, checked };
    else if (status === 'error') explored.untold.push({ index: world.index, message });
    else explored.doubted += 1;
  };

  const prove = async (scenario: Scenario, place: Place): Promise<Checked> => {
    const { isolate } = search;
    if (isolate === undefined) return checkScenario(scenario, place.ground, context);
    // What is found is going to be proven with all patience on a cluster of its own.
    const patience = {
      ...context.patience,
      budget: Math.min(context.patience.budget, 2 * hintBudget()),
      baseline: shortBaseline,
    };
    const checked = await checkScenario(scenario, place.ground, { ...context, patience });
    if (checked.record.status !== 'error' || checked.cause === 'cluster') return checked;
    // What earlier worlds left behind may spoil the lane, which can be the plugin's own fault.
    const alone = await isolate(scenario);
    return alone.record.status === 'fail' ? alone : checked;
  };

  // Whoever closes the lanes must find them idle.
  await settleAll(places.map(work));
  return explored;
};
