import type { Expectation, Matrix, Observation } from './matrix.ts';

/** A place in a text; both count from 1. */
export type Position = { line: number; column: number };
type GridProblem = Position & { message: string };

/** A grid as drawn, and where each of its cells, row names and column names stands in the text. */
export type DrawnGrid = {
  matrix: Matrix<Expectation>;
  cells: Matrix<Position>;
  rows: Position[];
  columns: Position[];
};

type Word = Position & { text: string };
type Line = { words: Word[]; line: number };

const expectationOf: Readonly<Record<string, Expectation>> = {
  '.': 'allow',
  X: 'deny',
  '-': 'ignored',
  '?': 'undefined',
};

/** How an expectation is drawn. */
export const symbolOf: Readonly<Record<Expectation, string>> = {
  allow: '.',
  deny: 'X',
  ignored: '-',
  undefined: '?',
};

/** How an outcome is drawn. */
export const outcomeSymbols: Readonly<Record<Observation['outcome'], string>> = {
  connected: '.',
  dropped: 'X',
  refused: 'R',
  error: '!',
};

/**
 * Reads a drawn grid: the first line names the columns (who is asked), each further line one row (who asks)
 * and its cells: `.` allow, `X` deny, `-` not asserted, `?` undefined. Blank space is free; empty lines do not count.
 */
export const parseGrid = (text: string): { grid: DrawnGrid } | { problems: GridProblem[] } => {
  const [header, ...lines] = readLines(text);
  if (header === undefined) {
    return {
      problems: [
        {
          line: 1,
          column: 1,
          message: 'the grid is empty: wanted a line of column names, then a line per row',
        },
      ],
    };
  }
  const problems = [...findDuplicates(header.words, 'column'), ...findDuplicates(rowNames(lines), 'row')];
  if (lines.length === 0)
    problems.push({ ...startOf(header), message: 'the grid has column names but no rows' });
  for (const line of lines) problems.push(...checkRow(line, header.words.length));
  if (problems.length > 0) return { problems };

  const shape = { rows: rowNames(lines).map(textOf), columns: header.words.map(textOf) };
  const cells = lines.flatMap(({ words }) => words.slice(1));
  return {
    grid: {
      matrix: { ...shape, cells: cells.map(({ text }) => expectationOf[text] as Expectation) },
      cells: { ...shape, cells: cells.map(positionOf) },
      rows: rowNames(lines).map(positionOf),
      columns: header.words.map(positionOf),
    },
  };
};

/** Draws expectations the way that scenarios write them; `parseGrid` reads it back. */
export const printGrid = (matrix: Matrix<Expectation>): string => draw(matrix, (cell) => symbolOf[cell]);

/** Draws what was seen (`.` connected, `X` dropped, `R` refused, `!` error) with brackets round the cells that `isMarked` picks out. */
export const printMarkedGrid = (
  matrix: Matrix<Observation>,
  isMarked: (row: string, column: string) => boolean,
): string =>
  draw(matrix, ({ outcome }, row, column) =>
    isMarked(row, column) ? `[${outcomeSymbols[outcome]}]` : outcomeSymbols[outcome],
  );

const draw = <Cell>(
  { rows, columns, cells }: Matrix<Cell>,
  symbol: (cell: Cell, row: string, column: string) => string,
): string => {
  const rowWidth = Math.max(0, ...rows.map((row) => row.length));
  const widths = columns.map((column) => Math.max(3, column.length));
  const join = (first: string, rest: string[]): string =>
    [first.padEnd(rowWidth + 1), ...rest.map((text, x) => center(text, widths[x] ?? 3))].join(' ').trimEnd();
  const lines = rows.map((row, y) =>
    join(
      row,
      columns.map((column, x) => symbol(cells[y * columns.length + x] as Cell, row, column)),
    ),
  );
  return `${[join('', [...columns]), ...lines].join('\n')}\n`;
};

const center = (text: string, width: number): string =>
  text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);

const readLines = (text: string): Line[] =>
  text
    .split('\n')
    .map((content, index) => ({ words: readWords(content, index + 1), line: index + 1 }))
    .filter(({ words }) => words.length > 0);

const readWords = (content: string, line: number): Word[] =>
  [...content.matchAll(/\S+/gu)].map((match) => ({ text: match[0], line, column: match.index + 1 }));

const checkRow = ({ words, line }: Line, width: number): GridProblem[] => {
  const [name, ...cells] = words as [Word, ...Word[]];
  const unknown = cells
    .filter(({ text }) => !Object.hasOwn(expectationOf, text))
    .map((word) => ({
      ...positionOf(word),
      message: `\`${word.text}\` is not a cell: wanted \`.\` allow, \`X\` deny, \`-\` not asserted or \`?\` undefined`,
    }));
  if (cells.length === width) return unknown;
  const message = `row \`${name.text}\` has ${cells.length} cells under ${width} columns`;
  return [{ line, column: name.column, message }, ...unknown];
};

const findDuplicates = (words: readonly Word[], what: 'row' | 'column'): GridProblem[] =>
  words
    .filter((word, index) => words.findIndex(({ text }) => text === word.text) < index)
    .map((word) => ({ ...positionOf(word), message: `${what} \`${word.text}\` stands twice in the grid` }));

const rowNames = (lines: readonly Line[]): Word[] => lines.map(({ words }) => words[0] as Word);
const startOf = ({ words }: Line): Position => positionOf(words[0] as Word);
const textOf = ({ text }: Word): string => text;
const positionOf = ({ line, column }: Position): Position => ({ line, column });
