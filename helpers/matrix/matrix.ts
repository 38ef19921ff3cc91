import type { Protocol } from '../kube/types.ts';
import type { Family } from '../kube/world.ts';

/** What is probed: one protocol and port, over one family, at pods or at Services (by address or by DNS name). */
export type Target = 'pod' | 'service' | 'service-name';
export type ProbeKind = { target: Target; family: Family; protocol: Protocol; port: number };

/** What a probe met. `dropped` is silence, `refused` an RST or ICMP error, `error` means that we could not tell. */
export type Outcome = 'connected' | 'dropped' | 'refused' | 'error';

/** One observed cell. */
export type Observation = {
  outcome: Outcome;
  /** Time from the first packet to the answer or to giving up, in milliseconds. */
  milliseconds: number;
  /** Who answered (`namespace/pod`), and which source address it saw; only when connected. */
  answeredBy?: string;
  sourceSeen?: string;
  /** The system's error code or the reason of an `error`. */
  detail?: string;
};

/** What a scenario or the oracle wants of a cell. `ignored` is not asserted, `undefined` is characterised, never failed. */
export type Expectation = 'allow' | 'deny' | 'ignored' | 'undefined';

/** A table with a name for each row (who asks) and column (who is asked). Row-major. */
export type Matrix<Cell> = {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly Cell[];
};

export const buildMatrix = <Cell>(
  rows: readonly string[],
  columns: readonly string[],
  cell: (row: string, column: string) => Cell,
): Matrix<Cell> => ({
  rows,
  columns,
  cells: rows.flatMap((row) => columns.map((column) => cell(row, column))),
});

/**
 * The cell of a row and column.
 * @throws RangeError where the matrix has no such row or column.
 */
export const cellOf = <Cell>(matrix: Matrix<Cell>, row: string, column: string): Cell => {
  const y = matrix.rows.indexOf(row);
  const x = matrix.columns.indexOf(column);
  if (x < 0 || y < 0) throw new RangeError(`no cell ${row} -> ${column} in this matrix`);
  return matrix.cells[y * matrix.columns.length + x] as Cell;
};

const shortFamily: Record<Family, string> = { IPv4: 'v4', IPv6: 'v6' };

/** `v4 TCP/80`, `v6 service UDP/53`: the key of one grid in records and messages. */
export const formatProbeKind = ({ target, family, protocol, port }: ProbeKind): string =>
  `${shortFamily[family]} ${target === 'pod' ? '' : `${target} `}${protocol}/${port}`;
