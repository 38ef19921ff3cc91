import { ProbeError } from '../errors.ts';
import { listCells, type Expectation, type Matrix, type Observation } from './matrix.ts';

/** One cell of a comparison: who asked whom, what was wanted and what was seen. */
export type ComparedCell = { row: string; column: string; want: Expectation; got: Observation };

/** `verdict`: allowed against denied. `answerer`: connected, but somebody else answered than may. */
export type Difference = ComparedCell & { kind: 'verdict' | 'answerer'; mayAnswer: readonly string[] };

export type Comparison = {
  /** The plugin is wrong here. */
  differing: Difference[];
  /** Asserted cells that nothing is known about. While there is one, the grid has no verdict. */
  unknown: ComparedCell[];
  /** Undefined cells that nothing is known about: they were to be characterised and could not be. */
  uncharacterised: ComparedCell[];
};

export type CompareOptions = {
  /**
   * Who may answer a cell. Absent or undefined for a cell: the column itself, and only where the cell is asserted;
   * for a Service name its allowed backends, which then hold for an undefined (partly reachable) cell as well.
   */
  answerers?: (row: string, column: string) => readonly string[] | undefined;
  /** Whether answers carry no name, so that any will do. */
  isNameless?: boolean;
  /** Whether a denial must be silence. */
  isSilent?: boolean;
};

/**
 * Compares what was wanted with what was seen, cell by cell. Denied means dropped or refused, unless it must be silent.
 * @throws ProbeError where the tables have no cells, holes, or another shape: that proves nothing about a plugin
 */
export const compareMatrices = (
  want: Matrix<Expectation>,
  got: Matrix<Observation>,
  { answerers = () => undefined, isNameless = false, isSilent = false }: CompareOptions = {},
): Comparison => {
  refuseUnequalShapes(want, got);
  const comparison: Comparison = { differing: [], unknown: [], uncharacterised: [] };
  for (const cell of cellsOf(want, got)) {
    if (cell.want === 'ignored') continue;
    if (cell.got.outcome === 'error') {
      (cell.want === 'undefined' ? comparison.uncharacterised : comparison.unknown).push(cell);
      continue;
    }
    const difference = findDifference(cell, answerers(cell.row, cell.column), isSilent);
    if (difference === undefined || (isNameless && difference.kind === 'answerer')) continue;
    comparison.differing.push(difference);
  }
  return comparison;
};

const findDifference = (
  cell: ComparedCell,
  given: readonly string[] | undefined,
  isSilent: boolean,
): Difference | undefined => {
  const mayAnswer = given ?? [cell.column];
  const isConnected = cell.got.outcome === 'connected';
  const isTold = isSilent && cell.want === 'deny' && cell.got.outcome === 'refused';
  if ((cell.want !== 'undefined' && isConnected !== (cell.want === 'allow')) || isTold)
    return { ...cell, kind: 'verdict', mayAnswer };
  if (!isConnected || (cell.want === 'undefined' && given === undefined)) return undefined;
  // An answer without a name is as wrong as a false one: something else than the asked pod took the connection.
  if (cell.got.answeredBy !== undefined && mayAnswer.includes(cell.got.answeredBy)) return undefined;
  return { ...cell, kind: 'answerer', mayAnswer };
};

const cellsOf = (want: Matrix<Expectation>, got: Matrix<Observation>): ComparedCell[] =>
  listCells(want).map(({ row, column, cell }, index) => ({
    row,
    column,
    want: cell,
    got: got.cells[index] as Observation,
  }));

const refuseUnequalShapes = (want: Matrix<Expectation>, got: Matrix<Observation>): void => {
  refuseHoles('the expected grid', want);
  refuseHoles('the observed grid', got);
  if (shapeOf(want) === shapeOf(got)) return;
  throw new ProbeError({
    subject: 'the observed grid has another shape',
    wanted: shapeOf(want),
    got: shapeOf(got),
  });
};

const refuseHoles = (subject: string, { rows, columns, cells }: Matrix<unknown>): void => {
  const size = rows.length * columns.length;
  if (size === 0) throw new ProbeError({ subject: `${subject} is empty`, wanted: 'at least one cell' });
  // Not `some`: it skips the holes of a sparse array.
  const missing = Array.from(cells).findIndex((cell) => cell === undefined || cell === null);
  if (cells.length === size && missing < 0) return;
  throw new ProbeError({
    subject: `${subject} has holes`,
    wanted: `${size} cells (${rows.length} rows, ${columns.length} columns)`,
    got: missing < 0 ? `${cells.length} cells` : `cell ${missing + 1} of ${cells.length} is missing`,
  });
};

const shapeOf = ({ rows, columns }: Matrix<unknown>): string =>
  `rows ${rows.join(' ')}, columns ${columns.join(' ')}`;
