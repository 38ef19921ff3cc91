import { expect } from 'chai';
import * as fc from 'fast-check';
import { combinePairs, type Axes, type Forbidden } from '../../../helpers/scenario/combinations.ts';

type Row = Readonly<Record<string, string>>;
type Space = { axes: Axes; forbidden: Forbidden<Axes>[] };

/** Every combination, the slow way. */
const product = (axes: Axes): Row[] =>
  Object.entries(axes).reduce<Row[]>(
    (rows, [axis, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [axis]: value }))),
    [{}],
  );

const isForbidden = (row: Row, forbidden: readonly Forbidden<Axes>[]): boolean =>
  forbidden.some((rule) => Object.entries(rule).every(([axis, values]) => values?.includes(row[axis] ?? '')));

/** `a=1 b=2` for each two values of a row; a value alone counts as well. */
const pairsOf = (row: Row): string[] => {
  const values = Object.entries(row).map(([axis, value]) => `${axis}=${value}`);
  return values.flatMap((one, index) => values.slice(index).map((other) => `${one} ${other}`));
};

const pairsIn = (rows: readonly Row[]): Set<string> => new Set(rows.flatMap(pairsOf));

const names = ['a', 'b', 'c', 'd', 'e'];

const spaces: fc.Arbitrary<Space> = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: names.length })
  .map((sizes) =>
    Object.fromEntries(
      sizes.map((size, index) => [
        names[index] ?? '',
        Array.from({ length: size }, (_, value) => `${value}`),
      ]),
    ),
  )
  .chain((axes) => {
    const rule = fc
      .subarray(Object.keys(axes), { minLength: 1, maxLength: Math.min(3, Object.keys(axes).length) })
      .chain((some) =>
        fc.record(
          Object.fromEntries(
            some.map((axis) => [axis, fc.subarray([...(axes[axis] ?? [])], { minLength: 1 })]),
          ),
        ),
      );
    return fc.record({ axes: fc.constant(axes), forbidden: fc.array(rule, { maxLength: 4 }) });
  });

const always = (claim: (space: Space, rows: Row[]) => void): void =>
  fc.assert(
    fc.property(spaces, fc.nat(), (space, seed) =>
      claim(space, combinePairs(space.axes, space.forbidden, seed)),
    ),
  );

describe('combinations of axes', () => {
  it('have every two values that some allowed combination has', () => {
    always(({ axes, forbidden }, rows) => {
      const allowed = product(axes).filter((row) => !isForbidden(row, forbidden));
      expect([...pairsIn(rows)].toSorted()).to.deep.equal([...pairsIn(allowed)].toSorted());
    });
  });

  it('are never forbidden, and each has a value of every axis', () => {
    always(({ axes, forbidden }, rows) => {
      for (const row of rows) {
        expect(isForbidden(row, forbidden)).to.equal(false);
        expect(Object.keys(row)).to.deep.equal(Object.keys(axes));
        for (const [axis, value] of Object.entries(row)) expect(axes[axis]).to.include(value);
      }
    });
  });

  it('are the same for the same axes and seed, in the same order', () => {
    fc.assert(
      fc.property(spaces, fc.nat(), ({ axes, forbidden }, seed) => {
        const again = structuredClone({ axes, forbidden });
        expect(combinePairs(axes, forbidden, seed)).to.deep.equal(
          combinePairs(again.axes, again.forbidden, seed),
        );
      }),
    );
  });

  it('each bring a pair that those before lacked', () => {
    always((_, rows) => {
      for (const [index, row] of rows.entries()) {
        const before = pairsIn(rows.slice(0, index));
        expect(pairsOf(row).some((pair) => !before.has(pair))).to.equal(true);
      }
    });
  });

  it('are far fewer than all: at most 24 of 3^13, where 15 are the least that is known', () => {
    const axes = Object.fromEntries(
      Array.from({ length: 13 }, (_, index) => [`axis ${index}`, ['0', '1', '2']]),
    );
    for (const seed of [1, 2, 3]) expect(combinePairs(axes, [], seed).length).to.be.within(15, 24);
  });

  it('differ with the seed', () => {
    const axes = { a: ['0', '1', '2'], b: ['0', '1', '2'], c: ['0', '1', '2'], d: ['0', '1', '2'] };
    expect(combinePairs(axes, [], 1)).not.to.deep.equal(combinePairs(axes, [], 2));
  });

  it('are none where everything is forbidden', () => {
    expect(combinePairs({ a: ['0'], b: ['0', '1'] }, [{ a: ['0'] }])).to.deep.equal([]);
  });

  it('are refused where an axis has no value, or one twice', () => {
    expect(() => combinePairs({ a: [] })).to.throw(RangeError, 'axis a: wanted values, each once, got []');
    expect(() => combinePairs({ a: ['0', '0'] })).to.throw(RangeError, 'got [0, 0]');
  });

  it('are refused where what is forbidden names no axis or no value of it', () => {
    const axes: Axes = { a: ['0', '1'] };
    expect(() => combinePairs(axes, [{ b: ['0'] }])).to.throw(RangeError, 'forbidden: b has no value [0]');
    expect(() => combinePairs(axes, [{ a: ['2'] }])).to.throw(RangeError, 'forbidden: a has no value [2]');
    expect(() => combinePairs(axes, [{ a: [] }])).to.throw(RangeError, 'forbidden: a has no value []');
  });
});
