import { settle, type SettleOptions } from '../probe/settle.ts';
import { sweep, type Sweep } from '../probe/sweep.ts';
import type { World } from '../kube/world.ts';
import { compareMatrices, type ComparedCell, type Comparison } from '../matrix/compare.ts';
import { formatProbeKind, type Matrix, type Observation, type ProbeKind } from '../matrix/matrix.ts';
import { targetFor, type WantedGrid } from './expected.ts';
import type { Ground } from './ground.ts';

/** How this cluster is waited for. All in milliseconds. */
export type Patience = {
  /** How long a change may take until it is enforced. */
  budget: number;
  /** How long the world may take until it is open before the first step; no flag shortens it. */
  baseline: number;
  /** How long a result must hold at least, besides three rounds in a row. */
  hold: number;
  /** How long the first rounds of the baseline wait for an answer: they may still meet the scenario before. */
  firstSilence: number;
  /** The shortest silence that counts as a drop, however fast the baseline answered. */
  shortestSilence: number;
  /** The shortest time between the starts of two rounds. */
  interval: number;
  /** Ends an observation under way. */
  signal: AbortSignal;
};

export type GridSeen = WantedGrid & { got: Matrix<Observation>; comparison: Comparison };

export type Seen = {
  grids: GridSeen[];
  held: boolean;
  rounds: number;
  retries: number;
  /** Milliseconds from the call to the first of the rounds that held, for the cells that had to change. */
  settleMs: { allow?: number; deny?: number };
};

/** What was wanted of each cell before, so that the time of those that change can be told. */
export type Wants = Map<string, 'allow' | 'deny'>;

/** Who may answer in a Service's cell. */
export type Answerers = (kind: ProbeKind, row: string, column: string) => readonly string[] | undefined;

const longestSilence = 1000;
const roundsThatHold = 3;
const roundsInFlight = 8;

/** How long silence must last to be a drop: five times the slowest answer of the baseline, within bounds. */
export const silenceAfter = (
  grids: readonly GridSeen[],
  { shortestSilence }: Pick<Patience, 'shortestSilence'>,
): number => {
  const answers = grids.flatMap(({ got }) => got.cells).filter(({ outcome }) => outcome === 'connected');
  const slowest = Math.max(0, ...answers.map(({ milliseconds }) => milliseconds));
  return Math.min(longestSilence, Math.max(shortestSilence, Math.ceil(slowest * 5)));
};

/**
 * Sweeps all grids until they are as wanted and stay so, or the budget is over.
 * `before` is what each cell was wanted to be until now.
 */
export const observe = async (
  grids: readonly WantedGrid[],
  world: World,
  ground: Ground,
  patience: Patience,
  silence: number,
  {
    answerers = () => undefined,
    before = new Map(),
    rounds: roundsWanted = roundsThatHold,
  }: { answerers?: Answerers; before?: Wants; rounds?: number } = {},
): Promise<Seen> => {
  const targets = grids.map((grid) => targetFor(grid, world, ground));
  const changing = changingCells(grids, before);
  const since = new Map<string, number>();
  let deadline = silence;

  const round = async (): Promise<GridSeen[]> => {
    patience.signal.throwIfAborted();
    const seen = compareAll(grids, await sweep(ground.prober, targets, deadline), answerers);
    // An allowed cell that stays silent, or greets too late, may just be slow: a busy machine must not look like a
    // plugin that drops.
    const isSlow = seen.some(
      ({ comparison }) =>
        comparison.unknown.length > 0 || comparison.differing.some(({ want }) => want === 'allow'),
    );
    if (isSlow) deadline = Math.min(longestSilence, deadline * 2);
    return seen;
  };
  const isAsWanted = (seen: readonly GridSeen[]): boolean =>
    seen.every(({ comparison }) => comparison.differing.length + comparison.unknown.length === 0);
  const watch = (seen: readonly GridSeen[], startedAt: number): void => {
    const wrong = new Set(
      seen.flatMap(({ kind, comparison }) => wrongCells(comparison).map((cell) => keyOf(kind, cell))),
    );
    for (const key of changing.keys()) {
      if (wrong.has(key)) since.delete(key);
      else if (!since.has(key)) since.set(key, startedAt);
    }
  };

  const interval = Math.max(patience.interval, Math.ceil(silence / 4));
  const options: SettleOptions = {
    rounds: roundsWanted,
    interval,
    hold: patience.hold,
    budget: patience.budget,
    inFlight: roundsInFlight,
  };
  const { last, held, rounds, retries } = await settle(round, isAsWanted, options, watch);
  return { grids: last, held, rounds, retries, settleMs: held ? latest(since, changing) : {} };
};

/** The same cells of the next step are compared with these. */
export const wantsAfter = (grids: readonly WantedGrid[], before: Wants): Wants =>
  new Map([...before, ...grids.flatMap(assertedCells)]);

const compareAll = (grids: readonly WantedGrid[], seen: Sweep, answerers: Answerers): GridSeen[] =>
  grids.map(({ kind, want }) => {
    const got = seen.get(formatProbeKind(kind)) ?? { rows: [], columns: [], cells: [] };
    const mayAnswer = (row: string, column: string): readonly string[] | undefined =>
      answerers(kind, row, column);
    return { kind, want, got, comparison: compareMatrices(want, got, { answerers: mayAnswer }) };
  });

const assertedCells = ({ kind, want }: WantedGrid): [string, 'allow' | 'deny'][] =>
  want.cells.flatMap((cell, index): [string, 'allow' | 'deny'][] => {
    if (cell !== 'allow' && cell !== 'deny') return [];
    const row = want.rows[Math.floor(index / want.columns.length)] ?? '';
    const column = want.columns[index % want.columns.length] ?? '';
    return [[keyOf(kind, { row, column }), cell]];
  });

const changingCells = (grids: readonly WantedGrid[], before: Wants): Wants =>
  new Map(grids.flatMap(assertedCells).filter(([key, want]) => (before.get(key) ?? 'allow') !== want));

const wrongCells = ({ differing, unknown }: Comparison): ComparedCell[] => [...differing, ...unknown];

const keyOf = (kind: ProbeKind, { row, column }: { row: string; column: string }): string =>
  `${formatProbeKind(kind)} ${row} ${column}`;

const latest = (since: ReadonlyMap<string, number>, changing: Wants): Seen['settleMs'] => {
  const latestOf = (verdict: 'allow' | 'deny'): number | undefined => {
    const times = [...changing].filter(([, want]) => want === verdict).map(([key]) => since.get(key) ?? 0);
    return times.length === 0 ? undefined : Math.max(...times);
  };
  const allow = latestOf('allow');
  const deny = latestOf('deny');
  return { ...(allow !== undefined && { allow }), ...(deny !== undefined && { deny }) };
};
