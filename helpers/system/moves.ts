import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../errors/closest.ts';
import { modes, namesOf, type Delivery, type Mode, type Placement, type System } from './system.ts';

/** One thing that happens at its own time: a component comes to the release, or its namespaces to the mode. */
export type Move = { component: string; what: 'release' | 'mode' };

/** From where to where a system goes. `modeOf`: the mode of each component before and after. */
export type Journey = {
  moves: readonly Move[];
  /** The numbers of the moves that must have happened before each. */
  before: readonly (readonly number[])[];
  /** Where everybody is when these moves have happened. */
  placementAt: (has: (move: number) => boolean) => Placement;
  /** Of a component, before and after it moved to the release. */
  deliveriesOf: (component: string) => readonly [Delivery | undefined, Delivery | undefined];
};

export type JourneyOptions = {
  from: string;
  to: string;
  /** The mode of all components before and after; the same twice where nothing switches. */
  mode: readonly [Mode, Mode];
  /** Components that are in a mode of their own all the time. */
  own?: ReadonlyMap<string, Mode>;
};

/** @throws UsageError for a release or component that the system does not have */
export const planJourney = (system: System, { from, to, mode, own = new Map() }: JourneyOptions): Journey => {
  const [start, end] = [findRelease(system, from), findRelease(system, to)];
  const components = [...new Set([...start.deliveries.keys(), ...end.deliveries.keys()])];
  for (const name of own.keys()) refuseUnknown('component', name, components);
  const deliveriesOf = (component: string): [Delivery | undefined, Delivery | undefined] => [
    start.deliveries.get(component),
    end.deliveries.get(component),
  ];
  const differs = ([one, other]: readonly unknown[]): boolean =>
    one !== other && !isDeepStrictEqual(one, other);
  const switches = (component: string): boolean =>
    mode[0] !== mode[1] && !own.has(component) && components.some((other) => hasModes(deliveriesOf(other)));
  const moves: Move[] = [
    ...components
      .filter((component) => differs(deliveriesOf(component)))
      .map((component): Move => ({ component, what: 'release' })),
    ...components.filter(switches).map((component): Move => ({ component, what: 'mode' })),
  ];
  const numberOf = (component: string, what: Move['what']): number =>
    moves.findIndex((move) => move.component === component && move.what === what);
  const before = moves.map(({ component, what }) =>
    what === 'mode'
      ? []
      : (deliveriesOf(component)[1]?.after ?? [])
          .map((other) => numberOf(other, 'release'))
          .filter((number) => number >= 0),
  );
  const placementAt = (has: (move: number) => boolean): Placement => {
    const isAt = (component: string, what: Move['what']): 0 | 1 => {
      const number = numberOf(component, what);
      return number >= 0 && has(number) ? 1 : 0;
    };
    const deliveries = new Map(
      components.flatMap((component): [string, Delivery][] => {
        const delivery = deliveriesOf(component)[isAt(component, 'release')];
        return delivery === undefined ? [] : [[component, delivery]];
      }),
    );
    const modeOf = (component: string): Mode => own.get(component) ?? mode[isAt(component, 'mode')];
    return { deliveries, modeOf };
  };
  return { moves, before, placementAt, deliveriesOf };
};

/** Moves in an order in which each comes after those it waits for; of those that could be next, the lowest rank first. */
export const sortByWaiting = (
  moves: readonly number[],
  { before }: Pick<Journey, 'before'>,
  rankOf: (move: number) => number,
): number[] => {
  const left = new Set(moves);
  const sorted: number[] = [];
  while (left.size > 0) {
    const ready = [...left].filter((move) => (before[move] ?? []).every((other) => !left.has(other)));
    const next = ready.toSorted((one, other) => rankOf(one) - rankOf(other))[0];
    if (next === undefined) throw new RangeError('moves wait for each other');
    left.delete(next);
    sorted.push(next);
  }
  return sorted;
};

const hasModes = (deliveries: readonly (Delivery | undefined)[]): boolean =>
  deliveries.some((delivery) =>
    modes.some((mode) => delivery !== undefined && namesOf(delivery.only[mode]).length > 0),
  );

/** @throws UsageError for a release that the system does not have */
export const findRelease = ({ name, releases }: System, wanted: string): System['releases'][number] => {
  const found = releases.find((release) => release.name === wanted);
  if (found !== undefined) return found;
  const known = releases.map((release) => release.name);
  throw new UsageError({
    subject: `system ${name} has no release \`${wanted}\`${didYouMean(wanted, known)}`,
    wanted: known.join(', '),
  });
};

const refuseUnknown = (what: string, name: string, known: readonly string[]): void => {
  if (!known.includes(name))
    throw new UsageError({ subject: `no ${what} \`${name}\``, wanted: known.join(', ') });
};
