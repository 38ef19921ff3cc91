import { sortByWaiting, type Journey, type Move } from './moves.ts';
import type { Violation } from './upgrade.ts';

/**
 * The orders that lead to what is wrong on the way by the fewest moves, each gone to its end, as numbers of moves. What is
 * wrong before the first move has none.
 */
export const worstOrders = (violations: readonly Violation[], journey: Journey): number[][] => {
  const numberOf = (move: Move): number => journey.moves.indexOf(move);
  const beginnings = violations.map(({ order }) => order.map(numberOf)).filter(({ length }) => length > 0);
  return distinctOrders(
    beginnings.map((beginning) =>
      sortByWaiting([...journey.moves.keys()], journey, (move) =>
        beginning.includes(move) ? beginning.indexOf(move) : beginning.length,
      ),
    ),
  );
};

/** Each order where it is first. */
export const distinctOrders = (orders: readonly number[][]): number[][] => [
  ...new Map(orders.map((order) => [order.join(), order])).values(),
];

/** All moves in the order of these ranks, one for each, as far as what they wait for lets them. */
export const orderByRank = (ranks: readonly number[], journey: Journey): number[] =>
  sortByWaiting([...journey.moves.keys()], journey, (move) => ranks[move] ?? 0);
