import { setTimeout as delay } from 'node:timers/promises';
import { idOf, type World } from '../../kube/world.ts';
import { compareMatrices } from '../../matrix/compare.ts';
import { buildMatrix, cellOf, formatProbeKind, type ProbeKind } from '../../matrix/matrix.ts';
import { createOracle } from '../../model/oracle.ts';
import { sweep } from '../../probe/sweep.ts';
import { isStanding } from '../../scenario/default-world.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { worldAt } from '../../scenario/world.ts';
import { act } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { baselineOf, gridsFor, targetFor, type WantedGrid } from '../expected.ts';
import { takePoliciesAway, type Ground } from '../ground.ts';
import { answerersOf } from '../judge.ts';
import { longestSilence, wantsAfter, type Answerers, type Wants } from '../observe.ts';

/** `differs`: the network was otherwise than the oracle says until the patience was over. `untold`: we could not see. */
type Tried = 'agrees' | 'differs' | 'untold';

/** A lane, and what it has shown so far. */
export type Place = {
  readonly ground: Ground;
  /** Cells between standing pods that were open without policies. */
  readonly open: Set<string>;
  /** How long each change took until it was enforced, in milliseconds. */
  readonly settled: number[];
};

export const createPlace = (ground: Ground): Place => ({ ground, open: new Set(), settled: [] });

/**
 * Milliseconds after which a change that shows no effect probably never will: some times what changes took until now,
 * but `least` at least.
 */
export const guessBudget = (places: readonly Place[], factor: number, least: number): number => {
  const settled = places.flatMap((place) => place.settled).toSorted((one, other) => one - other);
  return Math.max(least, factor * (settled[Math.floor(settled.length / 2)] ?? 0));
};

/**
 * Asks whether a plugin does what a scenario draws, with as few packets as can tell: the cells that have to change
 * until they have, then all cells once. What it says of a difference is a hint, for `checkScenario` to prove.
 * The lane is as before afterwards.
 */
export const tryScenario = async (
  scenario: Scenario,
  place: Place,
  context: Pick<CheckContext, 'families' | 'patience'>,
): Promise<Tried> => {
  const { signal } = context.patience;
  try {
    return await play(scenario, { place, ...context });
  } catch {
    signal.throwIfAborted();
    return 'untold';
  } finally {
    await place.ground.restore(scenario);
  }
};

type Setting = Pick<CheckContext, 'families' | 'patience'> & { place: Place };

const play = async (scenario: Scenario, setting: Setting): Promise<Tried> => {
  const { place, families, patience } = setting;
  const { ground } = place;
  let world = await ground.prepare(scenario);
  let tried = await proveOpen(scenario, -1, world, setting);
  if (tried !== 'agrees') return 'untold';
  let wants: Wants = new Map();
  for (const [index, { action, expect }] of scenario.steps.entries()) {
    await act(action, scenario, ground);
    const accepted = performance.now();
    if (action.verb === 'create' || action.verb === 'remove' || action.verb === 'complete')
      world = await ground.refresh();
    const grids = gridsFor(expect, families);
    const drawn = worldAt(scenario, index);
    const answerers = answerersOf(createOracle(drawn));
    const changing = grids.flatMap((grid) =>
      keepCells(grid, (key, want) => (wants.get(key) ?? 'allow') !== want),
    );
    const { budget } = patience;
    // No plugin is faster than that, and packets that come too early are lost on us.
    await delay(patience.interval);
    tried = await sweepUntil(changing, world, { ...setting, answerers, budget, isHint: true });
    if (tried !== 'agrees') return tried;
    if (changing.length > 0) place.settled.push(performance.now() - accepted);
    wants = wantsAfter(grids, wants);
    if (drawn.policies.length === 0) continue;
    // What does not have to change might still do so: the last look comes when the plugin has had its time.
    await delay(Math.max(0, guessBudget([place], 2, patience.hold) - (performance.now() - accepted)));
    tried = await sweepUntil(grids, world, { ...setting, answerers, budget });
    if (tried !== 'agrees') return tried;
  }
  if (!scenario.steps.some(({ action }) => action.verb === 'create')) return 'agrees';
  await takePoliciesAway(ground.lane);
  tried = await proveOpen(scenario, scenario.steps.length - 1, await ground.refresh(), setting);
  return tried === 'agrees' ? tried : 'untold';
};

/** A denied cell counts only if the same cell was open in the same run: standing pods are asked once. */
const proveOpen = async (
  scenario: Scenario,
  index: number,
  world: World,
  setting: Setting,
): Promise<Tried> => {
  const { place, families, patience } = setting;
  const { ground, open } = place;
  const present = new Set([...world.pods, ...world.services].map((object) => ground.shortId(idOf(object))));
  const grids = baselineOf(scenario, families, (id) => present.has(id)).flatMap((grid) =>
    keepCells(grid, (key) => !open.has(key)),
  );
  const answerers = answerersOf(createOracle(worldAt(scenario, index)), 'any');
  const budget = patience.baseline;
  const tried = await sweepUntil(grids, world, { ...setting, answerers, budget });
  if (tried !== 'agrees') return tried;
  for (const { kind, want } of grids)
    for (const row of want.rows)
      for (const column of want.columns)
        if (
          kind.target === 'pod' &&
          isStanding(row) &&
          isStanding(column) &&
          cellOf(want, row, column) === 'allow'
        )
          open.add(keyOf(kind, row, column));
  return tried;
};

const sweepUntil = async (
  grids: readonly WantedGrid[],
  world: World,
  {
    place: { ground },
    patience,
    answerers,
    budget,
    isHint = false,
  }: Setting & { answerers: Answerers; budget: number; isHint?: boolean },
): Promise<Tried> => {
  // Whether those who are silent are alive is asked once, when all is looked at.
  const targets = grids
    .map((grid) => targetFor(grid, world, ground))
    .map((target) => (isHint ? { ...target, servers: () => [] } : target));
  const began = performance.now();
  for (let deadline = patience.shortestSilence; grids.length > 0;) {
    patience.signal.throwIfAborted();
    const startedAt = performance.now();
    const seen = await sweep(ground.prober, targets, deadline);
    const comparisons = grids.map(({ kind, want }) =>
      compareMatrices(want, seen.get(formatProbeKind(kind)) ?? { rows: [], columns: [], cells: [] }, {
        answerers: (row, column) => answerers(kind, row, column),
      }),
    );
    const differing = comparisons.flatMap((comparison) => comparison.differing);
    const unknown = comparisons.flatMap((comparison) => comparison.unknown);
    if (differing.length + unknown.length === 0) return 'agrees';
    if (startedAt - began > budget) return unknown.length > 0 ? 'untold' : 'differs';
    // An allowed cell that stays silent may just be slow.
    if (unknown.length > 0 || differing.some(({ want }) => want === 'allow'))
      deadline = Math.min(deadline * 2, Math.max(patience.shortestSilence, budget / 2), longestSilence);
    await delay(patience.interval / 4);
  }
  return 'agrees';
};

/** The rows and columns of a grid in which asserted cells are kept; all others are not asked. Empty where none is. */
const keepCells = (
  { kind, want }: WantedGrid,
  isKept: (key: string, want: 'allow' | 'deny') => boolean,
): WantedGrid[] => {
  const isAsked = (row: string, column: string): boolean => {
    const cell = cellOf(want, row, column);
    return (cell === 'allow' || cell === 'deny') && isKept(keyOf(kind, row, column), cell);
  };
  const rows = want.rows.filter((row) => want.columns.some((column) => isAsked(row, column)));
  const columns = want.columns.filter((column) => want.rows.some((row) => isAsked(row, column)));
  if (rows.length === 0) return [];
  const cell = (row: string, column: string) =>
    isAsked(row, column) ? cellOf(want, row, column) : ('ignored' as const);
  return [{ kind, want: buildMatrix(rows, columns, cell) }];
};

const keyOf = (kind: ProbeKind, row: string, column: string): string =>
  `${formatProbeKind(kind)} ${row} ${column}`;
