import type { Family } from '../kube/world.ts';
import {
  buildMatrix,
  formatProbeKind,
  isAskedPatiently,
  type Matrix,
  type Observation,
  type ProbeKind,
} from '../matrix/matrix.ts';
import type { ProbeRequest } from './link.ts';

/** One grid to observe: who asks, who is asked, and at which host each is asked. */
export type Target = {
  kind: ProbeKind;
  rows: readonly string[];
  columns: readonly string[];
  /** The address or DNS name of a column, as the row's agent must dial it; undefined where the cell cannot be asked. */
  hostOf: (row: string, column: string) => string | undefined;
  /** The port at which a column is asked; absent: that of the kind. */
  portOf?: (column: string) => number;
  /**
   * Which pods must answer themselves, at which port, for a column's silence to mean something. None where the kernel
   * or a DNS server answers, not an agent.
   */
  servers: (column: string) => readonly { pod: string; port: number }[];
  /** Of established traffic: the id of the flow that the row has opened. */
  flowOf?: (row: string, column: string) => string | undefined;
};

/** What a sweep needs of the pods: one open stream each. */
export type Prober = { probe(from: string, probes: readonly ProbeRequest[]): Promise<Observation[]> };

export type Sweep = ReadonlyMap<string, Matrix<Observation>>;

const loopback: Record<Family, string> = { IPv4: '127.0.0.1', IPv6: '::1' };

/**
 * One round: every cell of every target probed once, all at the same time. Beside them each asked pod asks itself
 * on its loopback, where no policy reaches: silence of a pod that does not even answer itself is an `error`, not a drop.
 */
export const sweep = async (prober: Prober, targets: readonly Target[], deadline: number): Promise<Sweep> => {
  const work = planWork(targets, deadline);
  const answers = new Map<string, Observation>();
  const ask = async ([from, jobs]: [string, Job[]]): Promise<void> => {
    const observations = await prober.probe(
      from,
      jobs.map(({ request }) => request),
    );
    jobs.forEach(({ key }, index) => answers.set(key, observations[index] ?? unanswered));
  };
  await Promise.all([...work].map(ask));
  return new Map(
    targets.map(({ kind, rows, columns, hostOf, servers }) => [
      formatProbeKind(kind),
      buildMatrix(rows, columns, (row, column) => {
        if (hostOf(row, column) === undefined) return { ...unanswered, detail: notAsked };
        const seen = answers.get(cellKey(kind, row, column)) ?? unanswered;
        if (seen.outcome === 'connected') return seen;
        const dead = servers(column)
          .map((server) => ({ server, alive: answers.get(aliveKey(kind, server)) ?? unanswered }))
          .find(({ alive }) => alive.outcome !== 'connected');
        if (dead === undefined) return seen;
        const { server, alive } = dead;
        return {
          outcome: 'error',
          milliseconds: seen.milliseconds,
          detail: `${server.pod} does not answer itself: ${alive.detail ?? alive.outcome}`,
        } satisfies Observation;
      }),
    ]),
  );
};

type Job = { key: string; request: ProbeRequest };

/** Of a probe that its batch brought no result for. */
export const unanswered: Observation = {
  outcome: 'error',
  milliseconds: 0,
  detail: 'no answer from the agent',
};
const notAsked = 'not asked: not asserted, or nothing to dial in this family';

const cellKey = (kind: ProbeKind, row: string, column: string): string =>
  `${formatProbeKind(kind)} ${row} ${column}`;
const aliveKey = ({ family, protocol }: ProbeKind, { pod, port }: { pod: string; port: number }): string =>
  `alive ${family} ${protocol} ${port} ${pod}`;

const planWork = (targets: readonly Target[], deadline: number): Map<string, Job[]> => {
  const work = new Map<string, Map<string, ProbeRequest>>();
  const add = (from: string, key: string, request: ProbeRequest): void => {
    const jobs = work.get(from) ?? new Map<string, ProbeRequest>();
    work.set(from, jobs.set(key, request));
  };
  for (const { kind, rows, columns, hostOf, portOf, servers, flowOf } of targets) {
    for (const column of columns) {
      for (const row of rows) {
        const host = hostOf(row, column);
        if (host === undefined) continue;
        const flow = flowOf?.(row, column);
        const asked = request(kind, host, portOf?.(column) ?? kind.port, deadline);
        add(
          row,
          cellKey(kind, row, column),
          flow ? { ...asked, flow: { id: flow, use: 'exchange' } } : asked,
        );
      }
      for (const { pod, port } of servers(column)) {
        const { traffic: _, ...plain } = kind;
        add(pod, aliveKey(kind, { pod, port }), request(plain, loopback[kind.family], port, deadline));
      }
    }
  }
  return new Map(
    [...work].map(([from, jobs]) => [from, [...jobs].map(([key, request]) => ({ key, request }))]),
  );
};

/** How long silence must last at least where a probe is asked patiently, in milliseconds. */
const longSilence = 300;

const request = (kind: ProbeKind, host: string, port: number, deadline: number): ProbeRequest => ({
  protocol: kind.protocol,
  host,
  port,
  deadline: isAskedPatiently(kind) ? Math.max(deadline, longSilence) : deadline,
  family: kind.family === 'IPv4' ? 4 : 6,
  ...((kind.traffic === 'fragmented' || kind.traffic === 'unreachable') && { traffic: kind.traffic }),
  ...(kind.target === 'lookup' && { traffic: 'lookup' as const }),
});
