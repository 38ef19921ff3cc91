import * as fc from 'fast-check';
import type { OperationLimits, Scenario } from '../scenario/scenario.ts';
import type { Journey } from '../system/moves.ts';
import { orderByRank, worstOrders } from '../system/orders.ts';
import type { Mode, System } from '../system/system.ts';
import { describeMove, type UpgradeResult } from '../system/upgrade.ts';
import { drawSystem } from './system-scenario.ts';

export type LiveOptions = {
  from: string;
  to: string;
  mode: readonly [Mode, Mode];
  /** How many orders beside the worst, and which. */
  orders: number;
  seed: number;
  limits: OperationLimits;
};

/**
 * The orders in which a journey is made on a cluster, each a scenario with a step for each thing that changes: the worst
 * ones, then random ones. Each change is made while the connections are watched that it must leave alone.
 */
export const liveScenarios = (
  system: System,
  journey: Journey,
  { violations }: Pick<UpgradeResult, 'violations'>,
  { from, to, mode, orders, seed, limits }: LiveOptions,
): Scenario[] => {
  const named = [
    ...worstOrders(violations, journey).map((order, index) => ({ order, kind: `worst-${index + 1}` })),
    ...randomOrders(journey, orders, seed).map((order, index) => ({
      order,
      kind: `seed-${seed}-order-${index + 1}`,
    })),
  ];
  // An order that is among both has its first name.
  const distinct = new Map(named.toReversed().map((each) => [each.order.join(), each]));
  const modes = mode[0] === mode[1] ? mode[0] : mode.join('-');
  return [...distinct.values()].toReversed().map(({ order, kind }) => {
    const placements = [0, ...order.keys().map((index) => index + 1)].map((length) => {
      const done = new Set(order.slice(0, length));
      return journey.placementAt((move) => done.has(move));
    });
    const names = order.map((move) => describeMove(journey.moves[move]!));
    const name = `${to}/from-${from}/${modes}/${kind}`;
    const title = `${system.name} ${from} to ${to}, ${modes}: ${names.join(', then ')}`;
    return drawSystem(system, { name, title }, placements, (place) =>
      place === 0 ? undefined : { by: names[place - 1] ?? '', limits },
    );
  });
};

/** Different ones, as far as there are so many. */
const randomOrders = (journey: Journey, count: number, seed: number): number[][] => {
  const { length } = journey.moves;
  const ranks = fc.shuffledSubarray([...journey.moves.keys()], { minLength: length, maxLength: length });
  // Short journeys have few orders, so that most of the samples are the same.
  const samples = fc.sample(ranks, { numRuns: 20 * count, seed }).map((each) => orderByRank(each, journey));
  return [...new Map(samples.map((order) => [order.join(), order])).values()].slice(0, count);
};
