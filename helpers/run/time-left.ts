import { isOperation, type OperationAction } from '../scenario/operations.ts';
import type { Action, Scenario } from '../scenario/scenario.ts';
import { isClusterWide } from './session.ts';

/** How far a run is: what waits, how long the scenarios under way have taken, and the ended ones took, in milliseconds. */
export type Work = {
  lanes: number;
  waiting: readonly Pick<Scenario, 'name' | 'steps' | 'load'>[];
  underWay: ReadonlyMap<Pick<Scenario, 'name' | 'steps' | 'load'>, number>;
  ended: ReadonlyMap<Pick<Scenario, 'name' | 'steps' | 'load'>, number>;
};

type Timed = Work['waiting'][number];

/** Nothing is said before so much of the work is known: the first cases meet a cluster that is still warming up. */
const knownShare = 0.05;
const fewestEnded = 3;
/** What it took another time counts like so much of this run. */
const priorShare = 0.1;

/**
 * Milliseconds until a run ends, at the pace of what has ended in it; undefined where nobody can say. `past`: how long
 * scenarios took another time, by their names. Lanes share the work, but for what must run alone.
 */
export const estimateTimeLeft = (work: Work, past: ReadonlyMap<string, number>): number | undefined => {
  const { lanes, waiting, underWay, ended } = work;
  const all = [...ended.keys(), ...underWay.keys(), ...waiting];
  const expect = expectBy(past, all);
  const sum = (scenarios: Iterable<Timed>): number =>
    [...scenarios].reduce((total, each) => total + expect(each), 0);
  const prior = priorShare * sum(all.filter(({ name }) => past.has(name)));
  const known = sum(ended.keys()) + prior;
  if (known < knownShare * sum(all) || (prior === 0 && ended.size < fewestEnded)) return undefined;
  const pace = ([...ended.values()].reduce((total, each) => total + each, 0) + prior) / known;
  const left = [
    ...waiting.map((each) => ({ each, needs: expect(each) * pace })),
    ...[...underWay].map(([each, took]) => ({ each, needs: Math.max(0, expect(each) * pace - took) })),
  ];
  const needsOf = (isAlone: boolean): number[] =>
    left.filter(({ each }) => isClusterWide(each) === isAlone).map(({ needs }) => needs);
  const [beside, alone] = [needsOf(false), needsOf(true)].map((needs) => ({
    longest: Math.max(0, ...needs),
    total: needs.reduce((total, each) => total + each, 0),
  })) as [{ longest: number; total: number }, { total: number }];
  const time = Math.max(beside.total / lanes, beside.longest) + alone.total;
  // All that is left takes longer than it should: for how much longer, nobody knows.
  return time > 0 ? time : undefined;
};

/** What each should take: as another time, else a guess, in the proportion in which guesses were wrong another time. */
const expectBy = (
  past: ReadonlyMap<string, number>,
  all: readonly Timed[],
): ((scenario: Timed) => number) => {
  let took = 0;
  let guessed = 0;
  for (const each of all) {
    const known = past.get(each.name);
    if (known === undefined) continue;
    took += known;
    guessed += guess(each);
  }
  const scale = guessed === 0 ? 1 : took / guessed;
  return (scenario) => past.get(scenario.name) ?? guess(scenario) * scale;
};

/** Milliseconds on an idle machine, in the lab. Only their proportions count, as the pace of the run says the rest. */
const guess = ({ steps, load }: Timed): number =>
  load === undefined ? 200 + steps.reduce((sum, { action }) => sum + guessStep(action), 0) : 30_000;

const guessStep = (action: Action): number => {
  if (!isOperation(action)) return 150;
  return isLong(action) ? 30_000 : 3_000;
};

/** Half a minute and more: an API server that answers nobody, a node that boots, a thousand policies that come and go. */
export const isLong = (action: OperationAction): boolean =>
  action.verb === 'churn' || (action.verb === 'outage' && action.part !== 'plugin');
