import { expect } from 'chai';
import { ProbeError } from '../../../helpers/errors.ts';
import { compareMatrices, type CompareOptions, type Comparison } from '../../../helpers/matrix/compare.ts';
import type { Expectation, Matrix, Observation, Outcome } from '../../../helpers/matrix/matrix.ts';

const got = (outcome: Outcome, answeredBy?: string): Observation => ({
  outcome,
  milliseconds: 1,
  ...(answeredBy !== undefined && { answeredBy }),
});

const compareCell = (want: Expectation, seen: Observation, options?: CompareOptions): Comparison =>
  compareMatrices(
    { rows: ['x/a'], columns: ['x/b'], cells: [want] },
    { rows: ['x/a'], columns: ['x/b'], cells: [seen] },
    options,
  );

/** `verdict`, `answerer`, `unknown`, `uncharacterised` or `equal`: where the only cell went. */
const fateOf = (want: Expectation, seen: Observation, options?: CompareOptions): string => {
  const { differing, unknown, uncharacterised } = compareCell(want, seen, options);
  const fates = [
    ...differing.map(({ kind }) => kind as string),
    ...unknown.map(() => 'unknown'),
    ...uncharacterised.map(() => 'uncharacterised'),
  ];
  return fates.join(' and ') || 'equal';
};

describe('comparing one cell', () => {
  const answered = got('connected', 'x/b');
  const rows: [want: Expectation, seen: Observation, fate: string][] = [
    ['allow', answered, 'equal'],
    ['allow', got('dropped'), 'verdict'],
    ['allow', got('refused'), 'verdict'],
    ['allow', got('error'), 'unknown'],
    ['allow', got('connected', 'x/c'), 'answerer'],
    ['allow', got('connected'), 'answerer'],
    ['deny', answered, 'verdict'],
    ['deny', got('connected', 'x/c'), 'verdict'],
    ['deny', got('dropped'), 'equal'],
    ['deny', got('refused'), 'equal'],
    ['deny', got('error'), 'unknown'],
    ['undefined', answered, 'equal'],
    ['undefined', got('dropped'), 'equal'],
    ['undefined', got('connected', 'x/c'), 'equal'],
    ['undefined', got('error'), 'uncharacterised'],
    ['ignored', answered, 'equal'],
    ['ignored', got('dropped'), 'equal'],
    ['ignored', got('error'), 'equal'],
  ];
  for (const [want, seen, fate] of rows) {
    const by = seen.answeredBy === undefined ? '' : ` to ${seen.answeredBy}`;
    it(`calls ${fate} what was wanted ${want} of x/b and was ${seen.outcome}${by}`, () => {
      expect(fateOf(want, seen)).to.equal(fate);
    });
  }

  it('takes an answer without a name where answers have none, and judges it all the same', () => {
    expect(fateOf('allow', got('connected'), { isNameless: true })).to.equal('equal');
    expect(fateOf('allow', got('dropped'), { isNameless: true })).to.equal('verdict');
    expect(fateOf('deny', got('connected'), { isNameless: true })).to.equal('verdict');
  });

  it('says who asked whom, what was wanted, what was seen and who may answer', () => {
    expect(compareCell('deny', answered).differing).to.deep.equal([
      { row: 'x/a', column: 'x/b', want: 'deny', got: answered, kind: 'verdict', mayAnswer: ['x/b'] },
    ]);
  });
});

const answerers = (): string[] => ['x/c', 'x/d'];

describe('comparing a cell of a Service', () => {
  it('takes an answer from any allowed backend', () => {
    expect(fateOf('allow', got('connected', 'x/d'), { answerers })).to.equal('equal');
  });

  it('refuses an answer from a closed backend, though the Service may answer', () => {
    expect(fateOf('allow', got('connected', 'x/e'), { answerers })).to.equal('answerer');
  });

  it('refuses an answer from a closed backend of a Service that answers by luck', () => {
    expect(fateOf('undefined', got('connected', 'x/e'), { answerers })).to.equal('answerer');
    expect(fateOf('undefined', got('connected', 'x/c'), { answerers })).to.equal('equal');
    expect(fateOf('undefined', got('dropped'), { answerers })).to.equal('equal');
  });
});

describe('tables that prove nothing', () => {
  const want: Matrix<Expectation> = { rows: ['a', 'b'], columns: ['c'], cells: ['allow', 'deny'] };
  const seen: Matrix<Observation> = {
    rows: ['a', 'b'],
    columns: ['c'],
    cells: [got('connected', 'c'), got('dropped')],
  };
  const sparse: Observation[] = [got('dropped')];
  sparse[2] = got('dropped');
  const cells = seen.cells as Observation[];

  it('are not these', () => {
    expect(compareMatrices(want, seen).differing).to.deep.equal([]);
  });

  const rows: [claim: string, want: Matrix<Expectation>, got: Matrix<Observation>, message: string][] = [
    [
      'have no cells',
      { rows: [], columns: ['c'], cells: [] },
      { rows: [], columns: ['c'], cells: [] },
      'is empty',
    ],
    ['lack the last cell', want, { ...seen, cells: cells.slice(1) }, 'has holes'],
    ['have a cell too many', want, { ...seen, cells: [...cells, got('dropped')] }, 'has holes'],
    [
      'have a hole in the middle',
      { rows: ['a', 'b', 'd'], columns: ['c'], cells: ['deny', 'deny', 'deny'] },
      { rows: ['a', 'b', 'd'], columns: ['c'], cells: sparse },
      'cell 2 of 3 is missing',
    ],
    ['lack a row', want, { rows: ['a'], columns: ['c'], cells: cells.slice(0, 1) }, 'another shape'],
    ['have the rows in another order', want, { ...seen, rows: ['b', 'a'] }, 'another shape'],
    ['are turned on their side', want, { rows: ['c'], columns: ['a', 'b'], cells }, 'another shape'],
  ];
  for (const [claim, wanted, observed, message] of rows) {
    it(claim, () => expect(() => compareMatrices(wanted, observed)).to.throw(ProbeError, message));
  }
});
