import { UsageError } from '../errors.ts';
import { blameOf } from './blame.ts';
import { judgeAt, type Flaw } from './judge.ts';
import { sortByWaiting, type Journey, type Move } from './moves.ts';
import { differencesOf, isSameLink } from './parts.ts';
import { describeLink, namespaceOf, ownerOf, type Delivery, type Link } from './system.ts';

/** A connection that is wrong somewhere on the way, with the fewest moves that lead there. */
export type Violation = {
  link: Link;
  kind: Flaw['kind'];
  order: Move[];
  reason: string;
  /** Objects of the last move that make the difference: `NetworkPolicy openshift-dns/allow-from-monitoring`. */
  blame: string[];
};

export type UpgradeResult = {
  /** States that were looked at: of each connection only the moves that can matter to it, in every combination. */
  states: number;
  violations: Violation[];
  /** An order of all moves in which nothing is ever wrong; absent where there is none, or nothing is wrong in any. */
  safeOrder?: Move[];
};

/** More moves than this that matter to one connection are too many combinations: 2^16 states. */
const mostMoves = 16;
/** The search for a safe order remembers each state that it has seen. */
const mostInvolved = 22;

/** A set of moves as bits of a number. */
type States = { link: Link; relevant: number[]; bad: Map<number, Flaw> };

/**
 * Every state that a system can be in on its way, whatever the order in which its moves happen, as long as each comes
 * after those that it waits for. A connection depends on few moves, so its states are those of these moves alone: with
 * k of them 2^k, however many others there are.
 * @throws UsageError where more than 16 moves matter to one connection
 */
export const checkUpgrade = (journey: Journey, order: readonly string[]): UpgradeResult => {
  const tables = linksOf(journey).map((link) => judgeStates(link, journey, order));
  const wrong = tables.filter(({ bad }) => bad.size > 0);
  const violations = wrong
    .map((table) => describeViolation(table, journey, order))
    .toSorted(
      (one, other) =>
        one.order.length - other.order.length ||
        describeLink(one.link).localeCompare(describeLink(other.link)),
    );
  const safeOrder = wrong.length === 0 ? undefined : findSafeOrder(wrong, journey);
  const states = tables.reduce((sum, { relevant }) => sum + 2 ** relevant.length, 0);
  return { states, violations, ...(safeOrder && { safeOrder }) };
};

/** Every connection that is declared before or after the journey, once. */
const linksOf = ({ deliveriesOf, placementAt }: Journey): Link[] => {
  const components = [false, true].flatMap((moved) => [...placementAt(() => moved).deliveries.keys()]);
  const links = [...new Set(components)].flatMap(deliveriesOf).flatMap((delivery) => delivery?.links ?? []);
  return [...new Map(links.map((link) => [`${link.kind} ${describeLink(link)}`, link])).values()];
};

const judgeStates = (link: Link, journey: Journey, order: readonly string[]): States => {
  const relevant = [...journey.moves.keys()].filter((move) => matters(journey.moves[move]!, link, journey));
  if (relevant.length > mostMoves)
    throw new UsageError({
      subject: `too many moves matter to ${describeLink(link)}`,
      wanted: `at most ${mostMoves}, as each combination of them is a state`,
      got: relevant.map((move) => describeMove(journey.moves[move]!)).join(', '),
    });
  const bad = new Map<number, Flaw>();
  for (let state = 0; state < 2 ** relevant.length; state += 1) {
    const chosen = relevant.filter((_, bit) => (state >> bit) & 1);
    const all = withAllBefore(chosen, journey);
    // Some move that was left out must have come before: there is no such state.
    if (relevant.some((move, bit) => all.has(move) !== Boolean((state >> bit) & 1))) continue;
    const placement = journey.placementAt((move) => all.has(move));
    if (!isDeclared(link, [...placement.deliveries.values()])) continue;
    const flaw = judgeAt(link, placement, order);
    if (flaw !== undefined) bad.set(state, flaw);
  }
  return { link, relevant, bad };
};

const isDeclared = (link: Link, deliveries: readonly Delivery[]): boolean =>
  deliveries.some(({ links }) => links.some((other) => isSameLink(other, link)));

/** Whether a move can make a difference to a connection: it changes the ends, their namespaces, or what is in force there. */
const matters = ({ component, what }: Move, link: Link, { deliveriesOf, placementAt }: Journey): boolean => {
  const namespaces = [link.from, link.to].map(namespaceOf);
  if (what === 'mode')
    return [false, true]
      .map((moved) => placementAt(() => moved))
      .some((placement) => namespaces.some((name) => ownerOf(name, placement) === component));
  return differencesOf(...deliveriesOf(component), link).length > 0;
};

const withAllBefore = (chosen: readonly number[], { before }: Journey): Set<number> => {
  const all = new Set<number>();
  const add = (move: number): void => {
    if (all.has(move)) return;
    all.add(move);
    for (const other of before[move] ?? []) add(other);
  };
  for (const move of chosen) add(move);
  return all;
};

const describeViolation = (
  { link, relevant, bad }: States,
  journey: Journey,
  pods: readonly string[],
): Violation => {
  const candidates = [...bad].map(([state, flaw]) => {
    const chosen = relevant.filter((_, bit) => (state >> bit) & 1);
    return { state, flaw, all: withAllBefore(chosen, journey) };
  });
  const shortest = candidates.reduce((best, one) => (one.all.size < best.all.size ? one : best));
  const numbers = sortByWaiting([...shortest.all], journey, (move) => Number(relevant.includes(move)));
  const order = numbers.map((move) => journey.moves[move]!);
  const last = order.at(-1);
  const { kind, reason } = shortest.flaw;
  const done = new Set(numbers.slice(0, -1));
  const blame =
    last === undefined
      ? []
      : last.what === 'mode'
        ? [`the mode of ${last.component}`]
        : blameOf({ link, component: last.component, done, pods }, journey);
  return { link, kind, order, reason, blame };
};

/** Depth first, from nobody moved to everybody moved, over the moves that matter to what is wrong. */
const findSafeOrder = (wrong: readonly States[], journey: Journey): Move[] | undefined => {
  const involved = [...withAllBefore([...new Set(wrong.flatMap(({ relevant }) => relevant))], journey)];
  if (involved.length > mostInvolved) return undefined;
  const isSafe = (done: ReadonlySet<number>): boolean =>
    wrong.every(({ relevant, bad }) => {
      const state = relevant.reduce((sum, move, bit) => sum | (done.has(move) ? 1 << bit : 0), 0);
      return !bad.has(state);
    });
  const seen = new Set<number>();
  const walk = (way: readonly number[]): readonly number[] | undefined => {
    const done = new Set(way);
    const key = involved.reduce((sum, move, bit) => sum | (done.has(move) ? 1 << bit : 0), 0);
    if (seen.has(key) || !isSafe(done)) return undefined;
    seen.add(key);
    if (way.length === involved.length) return way;
    for (const move of involved) {
      if (done.has(move) || (journey.before[move] ?? []).some((other) => !done.has(other))) continue;
      const found = walk([...way, move]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const way = walk([]);
  if (way === undefined) return undefined;
  const others = [...journey.moves.keys()].filter((move) => !way.includes(move));
  return [
    ...way,
    ...sortByWaiting(others, { ...journey, before: withoutDone(journey.before, way) }, () => 0),
  ].map((move) => journey.moves[move]!);
};

const withoutDone = (before: Journey['before'], done: readonly number[]): number[][] =>
  before.map((others) => others.filter((other) => !done.includes(other)));

/** `dns`, `dns switches its mode` */
export const describeMove = ({ component, what }: Move): string =>
  what === 'release' ? component : `${component} switches its mode`;
