import { printGrid, printMarkedGrid } from '../matrix/grid.ts';
import type { Matrix, Observation } from '../matrix/matrix.ts';
import { countVerdicts } from './monitor-record.ts';
import {
  countAsserted,
  type CaseRecord,
  type DifferingCell,
  type GridRecord,
  type StepRecord,
} from './record.ts';
import { countOf, formatRows, formatSettle, placeSideBySide, removeControls, widest, wrap } from './text.ts';

/** Lines of cells, and grids, of one step; the rest is in the record. A plugin that does nothing is wrong everywhere. */
const maximumCells = 12;
const maximumGrids = 4;

/** A cell that was not as wanted, or of which nothing is known. */
type RedCell = DifferingCell & { probe: string };

/** `2 of 12 probes differ after step 1`: the first red step in a few words, or undefined where no cell is red. */
export const summariseDifferences = ({ steps }: CaseRecord): string | undefined => {
  for (const [index, step] of steps.entries()) {
    const { operation } = step;
    // What happened during a step came before what differs after it.
    if (operation !== undefined && countVerdicts(operation).fail > 0) return undefined;
    const heading = headingOf(step, index);
    if (heading !== undefined) return heading;
  }
  return undefined;
};

/** Whether its message says the same as its cells, as that of a failed comparison does. */
export const isToldByCells = (entry: CaseRecord): boolean =>
  entry.status === 'fail' && summariseDifferences(entry) !== undefined;

/** Why a case is red or was skipped, on one line. */
export const reasonOf = (entry: CaseRecord): string => {
  const told = entry.status === 'fail' ? summariseDifferences(entry) : undefined;
  return removeControls(told ?? (entry.message ?? '').split('\n')[0] ?? '');
};

/**
 * What differs, or could not be told, after each step: a heading, a line per cell with what was wanted, what was seen
 * and the oracle's reason, and the grids that were wanted and seen. Empty where no cell is red.
 */
export const describeDifferences = ({ steps }: CaseRecord, width: number): string[] =>
  steps.flatMap((step, index) => {
    const heading = headingOf(step, index);
    if (heading === undefined) return [];
    return [
      ...wrap(`${heading} (${step.action}; ${describeSettling(step)})`, width, '', 2),
      ...describeCells(step.grids.flatMap(redCells), width),
      '',
      ...describeGrids(step.grids, width),
    ];
  });

const headingOf = ({ grids }: StepRecord, index: number): string | undefined => {
  const cells = grids.flatMap(redCells);
  const unknown = cells.filter(({ got }) => got.outcome === 'error').length;
  const asserted = grids.reduce((sum, grid) => sum + countAsserted(grid), 0);
  if (cells.length === 0) return undefined;
  const probes = countOf(asserted, 'probe');
  const parts = [
    ...(cells.length > unknown ? [`${cells.length - unknown} of ${probes} differ`] : []),
    ...(unknown > 0 ? [`${unknown} of ${probes} could not be told`] : []),
  ];
  return `${parts.join(', ')} after step ${index + 1}`;
};

const describeSettling = ({ settleMs, rounds, retries }: StepRecord): string => {
  const equal = rounds - retries;
  if (equal <= 0) return `never settled in ${rounds} rounds`;
  const slowest = Math.max(settleMs.allow ?? 0, settleMs.deny ?? 0);
  const settled =
    settleMs.allow === undefined && settleMs.deny === undefined
      ? ''
      : `settled in ${formatSettle(slowest)}, `;
  return `${settled}${equal} equal rounds`;
};

/** The cells that make a grid red: those that differ, and those that nothing is known about, which make the case an error. */
export const redCells = (grid: GridRecord): RedCell[] => {
  const { probe, rows, columns, want, got, differing } = grid;
  const unknown = got.flatMap((observation, index) => {
    const wanted = want[index] ?? 'ignored';
    if (observation.outcome !== 'error' || wanted === 'ignored') return [];
    const from = rows[Math.floor(index / columns.length)] ?? '';
    const to = columns[index % columns.length] ?? '';
    if (differing.some((cell) => cell.from === from && cell.to === to)) return [];
    return [{ from, to, want: wanted, got: observation, reason: '', probe }];
  });
  return [...differing.map((cell) => ({ ...cell, probe })), ...unknown];
};

const describeCells = (cells: readonly RedCell[], width: number): string[] => {
  const merged = new Map<string, RedCell>();
  for (const cell of cells) {
    const key = [cell.from, cell.to, wantOf(cell), gotOf(cell), cell.reason].join('\n');
    const same = merged.get(key);
    merged.set(key, same === undefined ? cell : { ...same, probe: `${same.probe}, ${cell.probe}` });
  }
  const shown = [...merged.values()].slice(0, maximumCells);
  const hidden = cells.length - shown.reduce((sum, { probe }) => sum + probe.split(', ').length, 0);
  const places = shown.map(({ from, to, probe }) => `${from} -> ${to} ${probe}`);
  const wants = shown.map((cell) => `want ${wantOf(cell)}`);
  const gots = shown.map((cell) => `got ${gotOf(cell)}`);
  const rows = shown.map(({ reason }, index) => {
    const columns = [places, wants, gots].map((column) => (column[index] ?? '').padEnd(widest(column)));
    return [columns.join('   ').trimEnd(), reason === '' ? '' : `oracle: ${reason}`] as const;
  });
  return [
    ...formatRows(rows, width, 2),
    ...(hidden > 0 ? [`  ... and ${hidden} more, all of them in record.json`] : []),
  ];
};

/** What was wanted of a red cell, in words. */
export const wantOf = ({ want, mayAnswer }: RedCell): string => {
  if (mayAnswer === undefined) return want;
  const who = mayAnswer.length === 0 ? 'nobody' : mayAnswer.join(' or ');
  return `${want === 'undefined' ? 'an answer' : want} by ${who}`;
};

/** What was seen of it. */
export const gotOf = ({ got, mayAnswer }: RedCell): string => {
  switch (got.outcome) {
    case 'connected':
      return mayAnswer === undefined ? 'allow' : `allow by ${got.answeredBy ?? 'somebody without a name'}`;
    case 'dropped':
    case 'refused':
      return `deny (${got.outcome})`;
    case 'error':
      return `error${got.detail === undefined ? '' : ` (${got.detail})`}`;
  }
};

const describeGrids = (grids: readonly GridRecord[], width: number): string[] => {
  const drawn = new Map<string, string[]>();
  for (const grid of grids) {
    const cells = redCells(grid);
    if (cells.length === 0) continue;
    const text = drawPair(grid, cells, width - 2).map((line) => (line === '' ? '' : `  ${line}`));
    const probes = drawn.get(text.join('\n')) ?? [];
    drawn.set(text.join('\n'), [...probes, grid.probe]);
  }
  const blocks = [...drawn]
    .slice(0, maximumGrids)
    .flatMap(([text, probes]) => [...wrap(probes.join(', '), width, '  ', 2), text, '']);
  const hidden = drawn.size - maximumGrids;
  return hidden > 0 ? [...blocks, `  ... and ${hidden} more grids in record.json`, ''] : blocks;
};

const drawPair = (
  { rows, columns, want, got }: GridRecord,
  cells: readonly RedCell[],
  width: number,
): string[] => {
  const isRed = (row: string, column: string): boolean =>
    cells.some(({ from, to }) => from === row && to === column);
  const observed: Matrix<Observation> = { rows, columns, cells: got };
  const wanted = ['want', ...drawnLines(printGrid({ rows, columns, cells: want }))];
  const seen = [
    'got',
    ...drawnLines(printMarkedGrid(observed, isRed)).map((line, y) => hideUnasked(line, wanted[y + 1])),
  ];
  const needed = Math.max(widest(wanted), widest(seen));
  if (needed > width) return [`(the grid is ${needed} columns wide: see record.json)`];
  return placeSideBySide(wanted, seen, width);
};

const drawnLines = (grid: string): string[] => grid.trimEnd().split('\n');

// Cells that are not asserted are not asked; drawn as `!` they would look like the reason of the error.
const hideUnasked = (seen: string, wanted = ''): string =>
  seen.replaceAll('!', (symbol, x: number) => (wanted[x] === '-' ? '-' : symbol));
