import { sortByWaiting, type Journey, type Move } from './moves.ts';
import type { Violation } from './upgrade.ts';

/**
 * The orders that lead to what is wrong on the way by the fewest moves, each gone to its end, as numbers of moves. What is
 * wrong before the first move has none.
 */
export const worstOrders = (violations: readonly Violation[], journey: Journey): number[][] => {
  const numberOf = (move: Move): number => journey.moves.indexOf(move);
  const beginnings = violations.map(({ order }) => order.map(numberOf)).filter(({ length }) => length > 0);
  const distinct = new Map(beginnings.map((beginning) => [beginning.join(), beginning]));
  return [...distinct.values()].map((beginning) =>
    sortByWaiting([...journey.moves.keys()], journey, (move) =>
      beginning.includes(move) ? beginning.indexOf(move) : beginning.length,
    ),
  );
};

/** All moves in the order of these ranks, one for each, as far as what they wait for lets them. */
export const orderByRank = (ranks: readonly number[], journey: Journey): number[] =>
  sortByWaiting([...journey.moves.keys()], journey, (move) => ranks[move] ?? 0);
