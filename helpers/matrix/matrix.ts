import type { Protocol } from '../kube/types.ts';
import type { Family } from '../kube/world.ts';

/**
 * What is probed: one protocol and port, over one family, at pods or at Services (by address, by DNS name or at a node).
 * A `lookup` asks the cluster's DNS server for the name of a Service, and not the Service.
 */
export type Target = 'pod' | 'service' | 'service-name' | 'node-port' | 'lookup';

/**
 * What is special about the packets. `fragmented`: a datagram larger than any MTU. `established`: a connection that was
 * open before the last change. `unreachable`: nobody listens, and the ICMP error that says so is the answer. `silent`:
 * nothing, but what is denied must be dropped and not refused.
 */
export type Traffic = 'fragmented' | 'established' | 'unreachable' | 'silent';

/** ICMP is echo from pod to pod, and has port 0. */
export type ProbeProtocol = Protocol | 'ICMP';

export type ProbeKind = {
  target: Target;
  family: Family;
  protocol: ProbeProtocol;
  port: number;
  traffic?: Traffic;
};

/** Whether the kernel of the asked pod or a DNS server answers and no agent: nobody says a name then. */
export const isNameless = ({ target, protocol, traffic }: ProbeKind): boolean =>
  target === 'lookup' || protocol === 'ICMP' || traffic === 'unreachable';

/**
 * Whether a probe waits long for its answer: an echo begins with a process, an established connection may have to repeat
 * what was lost, and nobody looks twice at the silence of those, as their denial is no failure. A DNS server serves
 * others too.
 */
export const isAskedPatiently = (kind: ProbeKind): boolean =>
  isNameless(kind) || kind.traffic === 'established';

/** Every lookup is of this kind, but for the family. The port is that of the DNS server as its clients know it. */
export const lookupKind = { target: 'lookup', protocol: 'UDP', port: 53 } as const;

/** What a probe met. `dropped` is silence, `refused` an RST or ICMP error, `error` means that we could not tell. */
export const outcomes = ['connected', 'dropped', 'refused', 'error'] as const;
export type Outcome = (typeof outcomes)[number];

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

/** Every cell with its row and column, row by row. */
export const listCells = <Cell>({
  rows,
  columns,
  cells,
}: Matrix<Cell>): { row: string; column: string; cell: Cell }[] =>
  cells.map((cell, index) => ({
    row: rows[Math.floor(index / columns.length)] as string,
    column: columns[index % columns.length] as string,
    cell,
  }));

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

/** `v4 TCP/80`, `v6 service UDP/53`, `v4 fragmented UDP/80`, `v6 ICMP`, `lookup`: the key of one grid in records and messages. */
export const formatProbeKind = ({ target, family, protocol, port, traffic }: ProbeKind): string => {
  // A DNS server tells the addresses of both families over either.
  if (target === 'lookup') return target;
  const what = protocol === 'ICMP' ? protocol : `${protocol}/${port}`;
  const words = [shortFamily[family], traffic, target === 'pod' ? undefined : target, what];
  return words.filter((word) => word !== undefined).join(' ');
};
