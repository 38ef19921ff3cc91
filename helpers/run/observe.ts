import { settle, type SettleOptions } from '../probe/settle.ts';
import { sweep, type Sweep } from '../probe/sweep.ts';
import type { World } from '../kube/world.ts';
import { compareMatrices, type ComparedCell, type Comparison } from '../matrix/compare.ts';
import {
  formatProbeKind,
  isAskedPatiently,
  isNameless,
  type Matrix,
  type Observation,
  type ProbeKind,
} from '../matrix/matrix.ts';
import { watchCuts } from './cuts.ts';
import { targetFor, type WantedGrid } from './expected.ts';
import type { Flows } from './flows.ts';
import { watchFreeCells } from './free-cells.ts';
import type { Ground } from './ground.ts';

/** How this cluster is waited for. All in milliseconds. */
export type Patience = {
  /** How long a change may take until it is enforced. */
  budget: number;
  /** How long the world may take until it is open before the first step; no flag shortens it. */
  baseline: number;
  /** How long a result must hold at least, besides three rounds in a row. */
  hold: number;
  /** The same where no cell has to change, so that nothing shows when the plugin has acted. */
  stillHold: number;
  /** The longest that the plugin was seen at work of late; `observe` watches as long. */
  atWork: number;
  /** How long the first rounds of the baseline wait for an answer: they may still meet the scenario before. */
  firstSilence: number;
  /** The shortest silence that counts as a drop, however fast the baseline answered. */
  shortestSilence: number;
  /** The shortest time between the starts of two rounds. */
  interval: number;
  /** The same for ICMP errors: a kernel sends six to one host, then one a second, unless it is told otherwise. */
  errorInterval: number;
  /** Between two probes of a flow that is watched, in milliseconds. */
  watchInterval: number;
  /** Ends an observation under way. */
  signal: AbortSignal;
};

export type GridSeen = WantedGrid & {
  got: Matrix<Observation>;
  comparison: Comparison;
  /** Milliseconds from the call to the last cut of an established connection. */
  cutMs?: number;
};

export type Seen = {
  grids: GridSeen[];
  held: boolean;
  rounds: number;
  retries: number;
  /** Milliseconds from the call to the first of the rounds that held, for the cells that had to change. */
  settleMs: { allow?: number; deny?: number };
  /** The same to the first round in which each of these cells had been as wanted once; less where one went back. */
  firstMs: Seen['settleMs'];
  /**
   * Milliseconds from the call to the last round that showed the plugin still at work: a pod's cell that had to change
   * and had not. Not how long it took, which rounds far apart cannot tell, but what it took at least.
   */
  atWorkMs: number;
};

/** What was wanted of each cell before, so that the time of those that change can be told. */
export type Wants = Map<string, 'allow' | 'deny'>;

/** Who may answer in a Service's cell. */
export type Answerers = (kind: ProbeKind, row: string, column: string) => readonly string[] | undefined;

/** Nothing is waited for longer, in milliseconds. */
export const longestSilence = 1000;
const roundsThatHold = 3;
const roundsInFlight = 8;
/** What is not wanted closed may close some time after what is: a plugin cuts what is established when it gets to it. */
const longHold = 300;
/** Each echo is a process. */
const echoInterval = 100;

/** How long silence must last to be a drop: five times the slowest answer of the baseline, within bounds. */
export const silenceAfter = (
  grids: readonly GridSeen[],
  { shortestSilence }: Pick<Patience, 'shortestSilence'>,
): number => {
  // What an echo takes is the start of a process.
  const telling = grids.filter(({ kind }) => kind.protocol !== 'ICMP');
  const answers = telling.flatMap(({ got }) => got.cells).filter(({ outcome }) => outcome === 'connected');
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
  ground: Pick<Ground, 'prober' | 'realId' | 'shortId'>,
  patience: Patience,
  silence: number,
  {
    answerers = () => undefined,
    before = new Map(),
    rounds: roundsWanted = roundsThatHold,
    flows,
  }: { answerers?: Answerers; before?: Wants; rounds?: number; flows?: Flows } = {},
): Promise<Seen> => {
  const targets = grids.map((grid) => targetFor(grid, world, ground, flows));
  const changing = changingCells(grids, before);
  // A Service waits for kube-proxy, and an ICMP error for the kernel's own pace.
  const plain = changingCells(
    grids.filter(({ kind }) => kind.target === 'pod' && ['silent', undefined].includes(kind.traffic)),
    before,
  );
  const since = new Map<string, number>();
  const first = new Map<string, number>();
  const cuts = watchCuts();
  const freeCells = watchFreeCells();
  let deadline = silence;
  let atWorkMs = 0;

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
  const isTold = (seen: readonly GridSeen[]): boolean =>
    seen.every(({ comparison }) => comparison.unknown.length === 0);
  const watch = (seen: readonly GridSeen[], startedAt: number): void => {
    cuts.watch(seen, startedAt);
    freeCells.watch(seen, isAsWanted(seen));
    const differing = new Set(
      seen.flatMap(({ kind, comparison }) => comparison.differing.map((cell) => keyOf(kind, cell))),
    );
    const wrong = new Set(
      seen.flatMap(({ kind, comparison }) => wrongCells(comparison).map((cell) => keyOf(kind, cell))),
    );
    for (const key of changing.keys()) {
      if (!wrong.has(key)) {
        since.set(key, since.get(key) ?? startedAt);
        first.set(key, first.get(key) ?? startedAt);
      } else {
        since.delete(key);
        // What could not be told says nothing about the plugin.
        if (plain.has(key) && differing.has(key)) atWorkMs = startedAt;
      }
    }
  };

  const pace = Math.max(...grids.map(({ kind }) => paceOf(kind, patience)));
  const interval = Math.max(patience.interval, Math.ceil(silence / 4), pace);
  const options: SettleOptions = {
    rounds: roundsWanted,
    interval,
    hold: () => holdFor(grids, changing.size > 0, patience, atWorkMs),
    // A budget shorter than the hold would make one late answer final.
    budget: Math.max(patience.budget, 2 * holdFor(grids, changing.size > 0, patience, 0)),
    inFlight: roundsInFlight,
  };
  const { last, held, rounds, retries } = await settle(round, isAsWanted, options, watch, isTold);
  const told = last.map((grid) => ({ ...grid, ...cuts.of(grid), ...freeCells.of(grid) }));
  return {
    grids: told,
    held,
    rounds,
    retries,
    settleMs: held ? latest(since, changing) : {},
    firstMs: held ? latest(first, changing) : {},
    atWorkMs: held ? atWorkMs : 0,
  };
};

/** The same cells of the next step are compared with these. */
export const wantsAfter = (grids: readonly WantedGrid[], before: Wants): Wants =>
  new Map([...before, ...grids.flatMap(assertedCells)]);

/**
 * A plugin that takes long must also be watched for long, or what it does too much comes after the look: as long as it
 * was seen at work, up to a second where cells that change show that it is done. The baseline holds for no time: where
 * all is to be open, nothing closes late.
 */
const holdFor = (
  grids: readonly WantedGrid[],
  changes: boolean,
  { hold, stillHold, atWork }: Patience,
  atWorkMs: number,
): number => {
  if (hold === 0) return 0;
  const longest = Math.max(atWork, atWorkMs);
  const least = grids.some(({ kind }) => isAskedPatiently(kind)) ? longHold : hold;
  return Math.max(least, changes ? Math.min(longest, stillHold) : Math.max(longest, stillHold));
};

/** Milliseconds between two rounds of a kind that cannot come faster. */
const paceOf = (kind: ProbeKind, { errorInterval }: Patience): number => {
  if (kind.protocol === 'ICMP') return echoInterval;
  return kind.traffic === 'unreachable' ? errorInterval : 0;
};

const compareAll = (grids: readonly WantedGrid[], seen: Sweep, answerers: Answerers): GridSeen[] =>
  grids.map(({ kind, want }) => {
    const got = seen.get(formatProbeKind(kind)) ?? { rows: [], columns: [], cells: [] };
    const mayAnswer = (row: string, column: string): readonly string[] | undefined =>
      answerers(kind, row, column);
    const options = {
      answerers: mayAnswer,
      isNameless: isNameless(kind),
      isSilent: kind.traffic === 'silent',
    };
    return { kind, want, got, comparison: compareMatrices(want, got, options) };
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
