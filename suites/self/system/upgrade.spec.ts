import { expect } from 'chai';
import * as fc from 'fast-check';
import { judgeLink } from '../../../helpers/system/judge.ts';
import { podsOf } from '../../../helpers/system/lint.ts';
import { planJourney, type Journey } from '../../../helpers/system/moves.ts';
import { describeLink, modes, worldOf, type Link, type System } from '../../../helpers/system/system.ts';
import { checkUpgrade } from '../../../helpers/system/upgrade.ts';
import { anySystem } from './systems.ts';

/** The fewest moves after which each connection is wrong, by trying every order, move by move, on whole worlds. */
const tryAllOrders = (journey: Journey, system: System): Map<string, number> => {
  const order = podsOf(system);
  const found = new Map<string, number>();
  const seen = new Set<string>();
  const walk = (done: ReadonlySet<number>): void => {
    const key = [...done].toSorted((one, other) => one - other).join();
    if (seen.has(key)) return;
    seen.add(key);
    const placement = journey.placementAt((move) => done.has(move));
    const world = worldOf(placement, order);
    const links: Link[] = [...placement.deliveries.values()].flatMap((delivery) => delivery.links);
    for (const link of links)
      if (judgeLink(link, placement, world) !== undefined) {
        const name = `${link.kind} ${describeLink(link)}`;
        found.set(name, Math.min(found.get(name) ?? Number.POSITIVE_INFINITY, done.size));
      }
    for (const move of journey.moves.keys())
      if (!done.has(move) && (journey.before[move] ?? []).every((other) => done.has(other)))
        walk(new Set([...done, move]));
  };
  walk(new Set());
  return found;
};

const byMode = fc.constantFrom(...modes);

describe('the check of an upgrade', function () {
  this.timeout(120_000);

  it('finds what trying every order finds, with as few moves', () => {
    fc.assert(
      fc.property(anySystem(5), byMode, byMode, (system, before, after) => {
        const journey = planJourney(system, { from: 'old', to: 'new', mode: [before, after] });
        fc.pre(journey.moves.length <= 7);
        const { violations } = checkUpgrade(journey, podsOf(system));
        const found = violations.map(({ link, order }): [string, number] => [
          `${link.kind} ${describeLink(link)}`,
          order.length,
        ]);
        const byTrying = [...tryAllOrders(journey, system)];
        expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(byTrying));
      }),
      { numRuns: 400, seed: 6 },
    );
  });

  it('gives orders that the moves allow, and that end where the connection is wrong', () => {
    fc.assert(
      fc.property(anySystem(5), (system) => {
        const journey = planJourney(system, { from: 'old', to: 'new', mode: ['unrestricted', 'restricted'] });
        for (const { link, order, blame } of checkUpgrade(journey, podsOf(system)).violations) {
          const numbers = order.map((move) => journey.moves.indexOf(move));
          for (const [place, move] of numbers.entries())
            for (const other of journey.before[move] ?? []) expect(numbers.slice(0, place)).to.include(other);
          const placement = journey.placementAt((move) => numbers.includes(move));
          expect(judgeLink(link, placement, worldOf(placement, podsOf(system)))).to.not.equal(undefined);
          if (order.length > 0) expect(blame).to.not.deep.equal([]);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('suggests an order in which nothing is ever wrong, whenever there is one', () => {
    let suggested = 0;
    fc.assert(
      fc.property(anySystem(4), (system) => {
        const journey = planJourney(system, { from: 'old', to: 'new', mode: ['restricted', 'restricted'] });
        const { violations, safeOrder } = checkUpgrade(journey, podsOf(system));
        fc.pre(violations.length > 0);
        const isRight = (done: ReadonlySet<number>): boolean => {
          const placement = journey.placementAt((move) => done.has(move));
          const world = worldOf(placement, podsOf(system));
          return [...placement.deliveries.values()].every(({ links }) =>
            links.every((link) => judgeLink(link, placement, world) === undefined),
          );
        };
        const canBeSafe = (done: ReadonlySet<number>): boolean =>
          isRight(done) &&
          (done.size === journey.moves.length ||
            [...journey.moves.keys()].some(
              (move) =>
                !done.has(move) &&
                (journey.before[move] ?? []).every((other) => done.has(other)) &&
                canBeSafe(new Set([...done, move])),
            ));
        expect(safeOrder !== undefined).to.equal(canBeSafe(new Set()));
        if (safeOrder === undefined) return;
        suggested += 1;
        const numbers = safeOrder.map((move) => journey.moves.indexOf(move));
        expect(new Set(numbers).size).to.equal(journey.moves.length);
        for (let length = 0; length <= numbers.length; length += 1)
          expect(isRight(new Set(numbers.slice(0, length)))).to.equal(true);
      }),
      { numRuns: 400, seed: 8 },
    );
    expect(suggested).to.be.at.least(10);
  });
});
