import * as fc from 'fast-check';
import type { OperationLimits, Scenario } from '../../scenario/scenario.ts';
import type { Journey } from '../../system/moves.ts';
import { distinctOrders, orderByRank, worstOrders } from '../../system/orders.ts';
import type { Mode, System } from '../../system/system.ts';
import { describeMove, type UpgradeResult } from '../../system/upgrade.ts';
import { drawSystem } from './scenario.ts';

type ReplayOptions = {
  from: string;
  to: string;
  mode: readonly [Mode, Mode];
  /** Components in a mode of their own. */
  own?: ReadonlyMap<string, Mode>;
  /** How many orders beside the worst, and which. */
  orders: number;
  seed: number;
  limits: OperationLimits;
};

/**
 * The orders in which a journey is made on a cluster, each a scenario with a step for each thing that changes: the worst
 * ones, then random ones. Each change is made while the connections are watched that it must leave alone.
 */
export const replayScenarios = (
  system: System,
  journey: Journey,
  { violations }: Pick<UpgradeResult, 'violations'>,
  { from, to, mode, own = new Map(), orders, seed, limits }: ReplayOptions,
): Scenario[] => {
  const worst = worstOrders(violations, journey);
  const random = randomOrders(journey, worst.length + orders, seed);
  const all = distinctOrders([...worst, ...random]).slice(0, worst.length + orders);
  const modes = mode[0] === mode[1] ? mode[0] : mode.join('-');
  return all.map((order, index) => {
    const number = index - worst.length + 1;
    const kind = index < worst.length ? `worst-${index + 1}` : `seed-${seed}-order-${number}`;
    const placements = [0, ...order.keys().map((index) => index + 1)].map((length) => {
      const done = new Set(order.slice(0, length));
      return journey.placementAt((move) => done.has(move));
    });
    const movers = order.map((move) => journey.moves[move]!);
    const name = `${to}/from-${from}/${[modes, ...describeOwn(own)].join('+')}/${kind}`;
    const title = `${system.name} ${from} to ${to}, ${modes}: ${movers.map(describeMove).join(', then ')}`;
    return drawSystem(system, { name, title }, placements, (place) =>
      place === 0 ? undefined : { by: movers[place - 1]?.component ?? '', limits },
    );
  });
};

const describeOwn = (own: ReadonlyMap<string, Mode>): string[] =>
  [...own].map(([component, mode]) => `${component}=${mode}`);

/** Different ones, as far as there are so many. */
const randomOrders = (journey: Journey, count: number, seed: number): number[][] => {
  const { length } = journey.moves;
  const ranks = fc.shuffledSubarray([...journey.moves.keys()], { minLength: length, maxLength: length });
  // Short journeys have few orders, so that most of the samples are the same.
  const samples = fc
    .sample(ranks, { numRuns: 20 * Math.max(1, count), seed })
    .map((each) => orderByRank(each, journey));
  return distinctOrders(samples).slice(0, count);
};
