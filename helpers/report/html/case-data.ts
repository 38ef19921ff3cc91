import { outcomeSymbols, symbolOf } from '../../matrix/grid.ts';
import { lineOfRed } from '../console.ts';
import { gotOf, isToldByCells, redCells, wantOf } from '../differences.ts';
import { countVerdicts } from '../monitor-record.ts';
import type { CaseRecord, GridRecord, OperationRecord, StepRecord } from '../record.ts';
import { replayCommand } from '../replay.ts';
import { formatSettle } from '../text.ts';

/** What the page draws when a case is opened. Small, as there are a thousand of them. */
type CaseData = {
  message?: string;
  /** `file:line`. */
  place: string;
  spec: string;
  features: string[];
  replay: string;
  evidence?: string;
  steps: StepData[];
};

type StepData = {
  action: string;
  note: string;
  grids: GridData[];
  answers?: string[];
};

/** Grids that are alike are one: a plugin does mostly the same over both families. */
type GridData = {
  probes: string[];
  /** Where the names are in the list that all cases share. */
  rows: number;
  columns: number;
  /** A letter for each cell, row by row. */
  want: string;
  /** Only where it is not the same. */
  got?: string;
  /** Cells that are not as wanted or could not be told: which one, and why. */
  red?: [cell: number, reason: string][];
};

/** Lists of names, each once. */
type NameLists = { indexOf(names: readonly string[]): number; lists: string[][] };

export const collectNameLists = (): NameLists => {
  const known = new Map<string, number>();
  const lists: string[][] = [];
  return {
    lists,
    indexOf: (names) => {
      const key = JSON.stringify(names);
      const index = known.get(key) ?? lists.push([...names]) - 1;
      known.set(key, index);
      return index;
    },
  };
};

/** `flags` choose the same cluster and plugin again, in the command that runs the case alone. */
export const describeCase = (entry: CaseRecord, names: NameLists, flags: readonly string[]): CaseData => {
  const line = lineOfRed(entry);
  return {
    ...(entry.message !== undefined && !isToldByCells(entry) && { message: entry.message }),
    place: line === undefined ? entry.file : `${entry.file}:${line}`,
    spec: entry.spec,
    features: entry.features,
    replay: replayCommand(entry, flags),
    ...(entry.evidence !== undefined && { evidence: entry.evidence }),
    steps: entry.steps.map((step) => describeStep(step, names)),
  };
};

const describeStep = (step: StepRecord, names: NameLists): StepData => {
  const grids = Map.groupBy(step.grids, (grid) =>
    JSON.stringify({ ...describeGrid(grid, names), probes: [] }),
  );
  return {
    action: step.action,
    note: noteOf(step),
    grids: [...grids.values()].flatMap((alike) => {
      const [first] = alike;
      return first === undefined
        ? []
        : [{ ...describeGrid(first, names), probes: alike.map(({ probe }) => probe) }];
    }),
    ...(step.answers !== undefined && {
      answers: step.answers.map(({ policy, want, got, status, message }) =>
        [`${policy}: want ${want}, got ${got}`, status, message]
          .filter((part) => part !== undefined)
          .join(' '),
      ),
    }),
  };
};

const noteOf = ({ settleMs, rounds, retries, operation, resolutionMs }: StepRecord): string => {
  const settled = (['allow', 'deny'] as const).flatMap((verdict) => {
    const time = settleMs[verdict];
    return time === undefined ? [] : [`${verdict} settled in ${formatSettle(time)}`];
  });
  const isHeld = rounds > retries;
  return [
    ...settled,
    ...(rounds === 0 || isHeld ? [] : [`never settled in ${rounds} rounds`]),
    ...(isHeld ? [`${rounds} rounds${retries === 0 ? '' : `, ${retries} of them not yet as wanted`}`] : []),
    ...(resolutionMs === undefined ? [] : [`known to ${formatSettle(resolutionMs)}`]),
    ...(operation === undefined ? [] : [describeOperation(operation)]),
  ].join('; ');
};

const describeOperation = (operation: OperationRecord): string => {
  const { fail, error } = countVerdicts(operation);
  return `${operation.watched} flows watched, ${fail} not as wanted, ${error} not told`;
};

const describeGrid = (grid: GridRecord, names: NameLists): GridData => {
  const { rows, columns, want, got } = grid;
  const red = redCells(grid).map((cell): [number, string] => [
    rows.indexOf(cell.from) * columns.length + columns.indexOf(cell.to),
    `want ${wantOf(cell)}, got ${gotOf(cell)}${cell.reason === '' ? '' : `; oracle: ${cell.reason}`}`,
  ]);
  const wanted = want.map((cell) => symbolOf[cell]).join('');
  // Cells that are not asserted are not asked.
  const seen = want
    .map((cell, index) => (cell === 'ignored' ? '-' : outcomeSymbols[got[index]?.outcome ?? 'error']))
    .join('');
  return {
    probes: [],
    rows: names.indexOf(rows),
    columns: names.indexOf(columns),
    want: wanted,
    ...(seen !== wanted && { got: seen }),
    ...(red.length > 0 && { red }),
  };
};
