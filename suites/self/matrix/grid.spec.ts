import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseGrid, printGrid, printMarkedGrid } from '../../../helpers/matrix/grid.ts';
import {
  buildMatrix,
  type Expectation,
  type Matrix,
  type Observation,
} from '../../../helpers/matrix/matrix.ts';

const drawn = `\
      x/a x/b y/long-name
x/a    -   .       X
y/bb   ?   X       .
`;

const matrix: Matrix<Expectation> = {
  rows: ['x/a', 'y/bb'],
  columns: ['x/a', 'x/b', 'y/long-name'],
  cells: ['ignored', 'allow', 'deny', 'undefined', 'deny', 'allow'],
};

const names = fc.uniqueArray(fc.stringMatching(/^[a-z.?X-]{1,9}(\/[a-z0-9-]{1,9})?$/), {
  minLength: 1,
  maxLength: 7,
});

const matrices: fc.Arbitrary<Matrix<Expectation>> = fc.tuple(names, names).chain(([rows, columns]) =>
  fc
    .array(fc.constantFrom<Expectation>('allow', 'deny', 'ignored', 'undefined'), {
      minLength: rows.length * columns.length,
      maxLength: rows.length * columns.length,
    })
    .map((cells) => ({ rows, columns, cells })),
);

const problemsOf = (text: string): string[] => {
  const read = parseGrid(text);
  return 'problems' in read
    ? read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
    : [];
};

describe('a drawn grid', () => {
  it('is read as rows who ask and columns who are asked', () => {
    const read = parseGrid(drawn);
    expect('grid' in read && read.grid.matrix).to.deep.equal(matrix);
  });

  it('is printed as it is drawn', () => {
    expect(printGrid(matrix)).to.equal(drawn);
  });

  it('survives printing and reading, whatever it holds', () => {
    fc.assert(
      fc.property(matrices, (any) => {
        const read = parseGrid(printGrid(any));
        expect('grid' in read && read.grid.matrix).to.deep.equal(any);
      }),
    );
  });

  it('looks the same after reading and printing', () => {
    fc.assert(
      fc.property(matrices, (any) => {
        const text = printGrid(any);
        const read = parseGrid(text);
        expect('grid' in read && printGrid(read.grid.matrix)).to.equal(text);
      }),
    );
  });

  it('knows where each of its cells and names stands', () => {
    const read = parseGrid(drawn);
    if (!('grid' in read)) throw new Error('not read');
    const { cells, rows, columns } = read.grid;
    expect(cells.cells[4]).to.deep.equal({ line: 3, column: 12 });
    expect(rows[1]).to.deep.equal({ line: 3, column: 1 });
    expect(columns[2]).to.deep.equal({ line: 1, column: 15 });
  });

  it('may be drawn with any blank space', () => {
    const read = parseGrid('\n\n\tx/a\n\n x/b\t.   \n');
    expect('grid' in read && read.grid.matrix.cells).to.deep.equal(['allow']);
  });

  const rows: [claim: string, text: string, ...problems: string[]][] = [
    ['is not empty', ' \n', '1:1 the grid is empty: wanted a line of column names, then a line per row'],
    ['has rows', '  x/a x/b\n', '1:3 the grid has column names but no rows'],
    ['has as many cells in a row as columns', 'a b\nr .\n', '2:1 row `r` has 1 cells under 2 columns'],
    ['has not more cells in a row than columns', 'a\nr . X\n', '2:1 row `r` has 2 cells under 1 columns'],
    ['names no column twice', 'a b a\nr . . .\n', '1:5 column `a` stands twice in the grid'],
    ['names no row twice', 'a\nr .\nr X\n', '3:1 row `r` stands twice in the grid'],
    [
      'has no other symbols, also none that objects inherit',
      'a b\nr x toString\n',
      '2:3 `x` is not a cell: wanted `.` allow, `X` deny, `-` not asserted or `?` undefined',
      '2:5 `toString` is not a cell: wanted `.` allow, `X` deny, `-` not asserted or `?` undefined',
    ],
  ];
  for (const [claim, text, ...problems] of rows) {
    it(claim, () => expect(problemsOf(text)).to.deep.equal(problems));
  }
});

describe('an observed grid', () => {
  const outcomes = ['connected', 'dropped', 'refused', 'error'] as const;
  const seen: Matrix<Observation> = buildMatrix(['x/a'], [...outcomes], (_, column) => ({
    outcome: outcomes.find((outcome) => outcome === column) ?? 'error',
    milliseconds: 1,
  }));

  it('tells the four outcomes apart', () => {
    expect(printMarkedGrid(seen, () => false)).to.equal(
      '     connected dropped refused error\nx/a      .        X       R      !\n',
    );
  });

  it('puts brackets round marked cells only', () => {
    const text = printMarkedGrid(seen, (row, column) => row === 'x/a' && column === 'refused');
    expect(text).to.equal('     connected dropped refused error\nx/a      .        X      [R]     !\n');
  });
});
