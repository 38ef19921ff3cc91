import type { Scenario } from '../../scenario/scenario.ts';
import { checkScenario, type Checked, type CheckContext } from '../check.ts';
import type { Find } from './explore.ts';
import { recall } from './recall.ts';
import { shrink } from './shrink.ts';
import { guessBudget, tryScenario, type Place } from './try.ts';

/** Proves a scenario on a cluster that has seen no other. `budget`: milliseconds that a change may take. */
export type Isolate = (scenario: Scenario, budget?: number) => Promise<Checked>;

export type Reduced = {
  /** The smallest scenario on which the plugin was proven wrong, and its proof. */
  scenario: Scenario;
  checked: Checked;
  /** Whether the proof needs nothing that came before it. Undefined where that cannot be tried. */
  isAlone?: boolean;
};

type ReduceOptions = {
  /** When to be content, as `performance.now` counts. */
  until: number;
  /** What a change may take at least while a scenario is made smaller, in milliseconds; results are proven with all patience. */
  budget: number;
  isolate?: Isolate | undefined;
};

/**
 * Makes a find as small as it gets in the time, and proves the result: on a cluster that has seen nothing else, where
 * such a one is cheap. A plugin that remembers too much for hasty tries gets such a cluster for each of them.
 */
export const reduce = async (
  find: Find,
  places: readonly Place[],
  context: CheckContext,
  options: ReduceOptions,
): Promise<Reduced> => {
  const suspects = suspectsOf(find.checked);
  const { way, isAstray } = await shrinkHastily({ ...find, suspects }, places, context, options);
  const { isolate } = options;
  if (isolate === undefined) return (await proveBackwards(way, places, context)) ?? find;
  const smallest = way.at(-1) ?? find.scenario;
  const proven = isAstray ? undefined : await proveAlone(smallest, isolate);
  if (proven !== undefined) return proven;
  const untried = isAstray || smallest !== find.scenario ? [find.scenario] : [];
  for (const start of [...untried, recall(find.scenario, find.history)]) {
    const alone = start && (await proveAlone(start, isolate));
    if (alone !== undefined) return shrinkAlone({ ...alone, suspects }, isolate, options, context);
  }
  return { ...find, isAlone: false };
};

/** A busy machine takes its time for a whole cluster, and for what the plugin does on it. */
const patienceAlone = 5;

/** The pods of each cell that differed. */
const suspectsOf = ({ record: { steps } }: Checked): string[][] =>
  steps.flatMap(({ grids }) => grids.flatMap(({ differing }) => differing.map(({ from, to }) => [from, to])));

type Suspected = { suspects: readonly (readonly string[])[] };

const shrinkHastily = async (
  { scenario, suspects }: Find & Suspected,
  places: readonly Place[],
  context: CheckContext,
  { until, budget: least, isolate }: ReduceOptions,
): Promise<{ way: Scenario[]; isAstray: boolean }> => {
  const budget = Math.min(context.patience.budget, guessBudget(places, 3, least));
  const patience = { ...context.patience, budget, baseline: 2 * budget };
  const lend = createPool(places);
  const staysOnTheWay = isolate === undefined ? async () => true : createGuide(scenario, isolate, least);
  let asked = 0;
  let untold = 0;
  let isAstray = false;
  const fails = (smaller: Scenario): Promise<boolean> =>
    lend(async (place) => {
      const tried = await tryScenario(smaller, place, { ...context, patience });
      asked += 1;
      untold += tried === 'untold' ? 1 : 0;
      if (tried !== 'differs') return false;
      isAstray ||= !(await staysOnTheWay(smaller));
      return !isAstray;
    });
  const over = isOver(until, patience.signal);
  // Where nothing can be told of the first ones, the lanes are spoiled: nothing will be told of any.
  const isHopeless = (): boolean => asked >= 2 * places.length && untold === asked;
  const way = await shrink(scenario, {
    fails,
    width: places.length,
    isOver: () => over() || isHopeless() || isAstray,
    suspects,
  });
  return { way, isAstray: isAstray || untold * 2 > asked };
};

/**
 * Whether a scenario with fewer steps than any before it fails alone as well. What a plugin remembers of the scenario
 * before can make it fail on a lane, and all that is cut out of it from then on.
 */
const createGuide = (
  { steps }: Scenario,
  isolate: Isolate,
  budget: number,
): ((scenario: Scenario) => Promise<boolean>) => {
  let fewest = steps.length;
  let isOn = Promise.resolve(true);
  return (scenario) =>
    (isOn = isOn.then(async (wasOn) => {
      if (!wasOn || scenario.steps.length >= fewest) return wasOn;
      fewest = scenario.steps.length;
      return (await isolate(scenario, budget * patienceAlone)).record.status === 'fail';
    }));
};

/** The smallest that still fails when it is proven with all patience. */
const proveBackwards = async (
  way: readonly Scenario[],
  [place]: readonly Place[],
  context: CheckContext,
): Promise<Reduced | undefined> => {
  for (const scenario of way.slice(1).toReversed()) {
    const checked = place && (await checkScenario(scenario, place.ground, context));
    if (checked?.record.status === 'fail') return { scenario, checked };
  }
  return undefined;
};

const proveAlone = async (scenario: Scenario, isolate: Isolate): Promise<Reduced | undefined> => {
  const checked = await isolate(scenario);
  return checked.record.status === 'fail' ? { scenario, checked, isAlone: true } : undefined;
};

const shrinkAlone = async (
  start: Reduced & Suspected,
  isolate: Isolate,
  { until, budget }: ReduceOptions,
  { patience }: CheckContext,
): Promise<Reduced> => {
  const { suspects } = start;
  let smallest: Reduced = start;
  const proofs = new Map<Scenario, Checked>();
  const fails = async (scenario: Scenario): Promise<boolean> => {
    const checked = await isolate(scenario, budget * patienceAlone);
    proofs.set(scenario, checked);
    return checked.record.status === 'fail';
  };
  const over = isOver(until, patience.signal);
  for (const scenario of await shrink(start.scenario, {
    fails,
    width: 2,
    isOver: over,
    suspects,
    keepsOrder: true,
  })) {
    const checked = proofs.get(scenario);
    if (checked !== undefined) smallest = { scenario, checked, isAlone: true };
  }
  return smallest;
};

const isOver =
  (until: number, signal: AbortSignal): (() => boolean) =>
  () =>
    signal.aborted || performance.now() > until;

/** Lends places to jobs, each to one at a time. */
const createPool = (places: readonly Place[]) => {
  const free = [...places];
  const waiting: ((place: Place) => void)[] = [];
  return async <Result>(job: (place: Place) => Promise<Result>): Promise<Result> => {
    const place = free.pop() ?? (await new Promise<Place>((resolve) => void waiting.push(resolve)));
    try {
      return await job(place);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(place);
      else next(place);
    }
  };
};
