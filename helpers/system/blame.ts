import { judgeAt } from './judge.ts';
import type { Journey } from './moves.ts';
import { differencesOf, withPart } from './parts.ts';
import type { Delivery, Link, Placement } from './system.ts';

/** A move, the numbers of those before it, and the connection that is wrong after it. */
type Case = { link: Link; component: string; done: ReadonlySet<number>; pods: readonly string[] };

/**
 * The parts of a component's move to its release that make a connection wrong, like `NetworkPolicy x/p (new)`: those each
 * of which would do so alone; else those without which it would be right; else all that have to do with it.
 */
export const blameOf = ({ link, component, done, pods }: Case, journey: Journey): string[] => {
  const [before, after] = journey.deliveriesOf(component);
  const start = journey.placementAt((move) => done.has(move));
  const isWrong = (delivery: Delivery | undefined): boolean =>
    judgeAt(link, withDelivery(start, component, delivery), pods) !== undefined;
  const differences = differencesOf(before, after, link);
  // It was so before, and nobody minded.
  if (isWrong(before)) return [`the connection as ${link.kind} (new)`];
  const enough = differences.filter(({ name }) => isWrong(withPart(before, after, name)));
  const necessary = differences.filter(({ name }) => !isWrong(withPart(after, before, name)));
  return (enough.length > 0 ? enough : necessary.length > 0 ? necessary : differences).map(
    ({ text }) => text,
  );
};

const withDelivery = (
  { deliveries, modeOf }: Placement,
  component: string,
  delivery: Delivery | undefined,
): Placement => {
  const others = [...deliveries].filter(([other]) => other !== component);
  return {
    modeOf,
    deliveries: new Map(delivery === undefined ? others : [...others, [component, delivery]]),
  };
};
