import { addressOf, idOf, type Family, type World } from '../kube/world.ts';
import {
  buildMatrix,
  cellOf,
  formatProbeKind,
  isNameless,
  type Expectation,
  type Matrix,
  type ProbeKind,
} from '../matrix/matrix.ts';
import { matchesSelector } from '../model/matching.ts';
import { entryNode } from '../model/node-port.ts';
import type { Target } from '../probe/sweep.ts';
import type { ExpectedGrid, Scenario } from '../scenario/scenario.ts';
import type { Flows } from './flows.ts';
import type { Ground } from './ground.ts';

/** One grid of a step on this cluster: a drawn grid for one family. */
export type WantedGrid = { kind: ProbeKind; want: Matrix<Expectation> };

/**
 * The drawn grids of a step, one for each family that they hold for and the cluster has.
 * A grid drawn for one family takes the place of the common one there.
 */
export const gridsFor = (expect: readonly ExpectedGrid[], families: readonly Family[]): WantedGrid[] => {
  const chosen = new Map<string, WantedGrid>();
  const common = expect.filter(({ family }) => family === undefined);
  const special = expect.filter(({ family }) => family !== undefined);
  for (const drawn of [...common, ...special]) {
    const { family, target } = drawn;
    // A lookup is asked once: the address of the other family would tell nothing more of the DNS server.
    const known = target === 'lookup' ? families.slice(0, 1) : families;
    for (const each of known.filter((each) => family === undefined || family === each)) {
      const kind = kindOf(drawn, each);
      chosen.set(formatProbeKind(kind), { kind, want: drawn.grid });
    }
  }
  return [...chosen.values()];
};

/** Of these grids what is wanted just as it was before, cell by cell. */
export const sameBefore = (grids: readonly WantedGrid[], before: readonly WantedGrid[]): WantedGrid[] =>
  grids.flatMap(({ kind, want }) => {
    const earlier = before.find((grid) => formatProbeKind(grid.kind) === formatProbeKind(kind))?.want;
    if (earlier === undefined) return [];
    const rows = want.rows.filter((row) => earlier.rows.includes(row));
    const columns = want.columns.filter((column) => earlier.columns.includes(column));
    const keep = (row: string, column: string): Expectation =>
      cellOf(want, row, column) === cellOf(earlier, row, column) ? cellOf(want, row, column) : 'ignored';
    return [{ kind, want: buildMatrix(rows, columns, keep) }];
  });

/** The probes that a drawn grid asks for over one family. */
export const kindOf = ({ target, protocol, port, traffic }: ExpectedGrid, family: Family): ProbeKind => ({
  target,
  protocol,
  port,
  family,
  ...(traffic !== undefined && { traffic }),
});

/**
 * Every cell that some step asserts or characterises, as a grid that must be all open before the first step.
 * Only pods that `isThere` says exist take part.
 */
export const baselineOf = (
  scenario: Scenario,
  families: readonly Family[],
  isThere: (id: string) => boolean,
): WantedGrid[] => {
  const merged = new Map<string, { kind: ProbeKind; grids: Matrix<Expectation>[] }>();
  for (const { kind, want } of scenario.steps.flatMap(({ expect }) => gridsFor(expect, families))) {
    // Nothing is established yet. That these connections open before their step proves as much.
    if (kind.traffic === 'established') continue;
    const entry = merged.get(formatProbeKind(kind)) ?? { kind, grids: [] };
    merged.set(formatProbeKind(kind), { kind, grids: [...entry.grids, want] });
  }
  return [...merged.values()]
    .map(({ kind, grids }) => ({ kind, want: mergeAsked(grids, isThere) }))
    .filter(({ want }) => want.cells.includes('allow'));
};

/**
 * What to probe for a grid: rows and columns by their short names, each column at its address or DNS name in this world.
 * A node port is asked at a node without a pod behind the Service, and not at the asking pod's own, where there is one.
 * `flows` are the connections that were opened for it, where it is about established ones.
 */
export const targetFor = (
  { kind, want }: WantedGrid,
  world: World,
  ground: Pick<Ground, 'realId' | 'shortId'>,
  flows?: Pick<Flows, 'idOf'>,
): Target => ({
  kind,
  rows: want.rows,
  columns: want.columns,
  hostOf: (row, column) =>
    cellOf(want, row, column) === 'ignored'
      ? undefined
      : hostOf(kind, ground.realId(row), ground.realId(column), world),
  ...(kind.target === 'node-port' && {
    portOf: (column) => nodePortOf(kind, ground.realId(column), world) ?? kind.port,
  }),
  servers: (column) =>
    serversOf(kind, ground.realId(column), world).map(({ pod, port }) => ({
      pod: ground.shortId(pod),
      port,
    })),
  ...(flows && kind.traffic === 'established' && { flowOf: (row, column) => flows.idOf(kind, row, column) }),
});

const mergeAsked = (
  grids: readonly Matrix<Expectation>[],
  isThere: (id: string) => boolean,
): Matrix<Expectation> => {
  const names = (pick: (grid: Matrix<Expectation>) => readonly string[]): string[] =>
    [...new Set(grids.flatMap(pick))].filter(isThere);
  const isAsked = (row: string, column: string): boolean =>
    grids.some(
      (grid) =>
        grid.rows.includes(row) && grid.columns.includes(column) && cellOf(grid, row, column) !== 'ignored',
    );
  return buildMatrix(
    names(({ rows }) => rows),
    names(({ columns }) => columns),
    (row, column) => (isAsked(row, column) ? 'allow' : 'ignored'),
  );
};

const hostOf = (kind: ProbeKind, from: string, id: string, world: World): string | undefined => {
  const { target, family } = kind;
  if (target === 'pod') {
    const pod = world.pods.find((pod) => idOf(pod) === id);
    return pod && addressOf(pod, family);
  }
  const service = world.services.find((service) => idOf(service) === id);
  if (service === undefined) return undefined;
  if (target === 'node-port') {
    // A node without a port for it would be asked at the port of the Service, where anything may listen.
    const node = nodePortOf(kind, id, world) === undefined ? undefined : entryNode(world, id, from);
    return node && addressOf(node, family);
  }
  return target === 'service' ? addressOf(service, family) : `${service.name}.${service.namespace}.svc`;
};

const nodePortOf = ({ protocol, port }: ProbeKind, id: string, { services }: World): number | undefined =>
  services
    .find((service) => idOf(service) === id)
    ?.ports.find((each) => each.protocol === protocol && each.port === port)?.nodePort;

/** The pod itself, or the pods behind a Service with the port to which it translates. */
const serversOf = (
  kind: ProbeKind,
  id: string,
  { pods, services }: World,
): { pod: string; port: number }[] => {
  const { target, protocol, port } = kind;
  if (isNameless(kind)) return [];
  if (target === 'pod') return [{ pod: id, port }];
  const service = services.find((service) => idOf(service) === id);
  const translated = service?.ports.find(
    (each) => each.protocol === protocol && each.port === port,
  )?.targetPort;
  if (service === undefined || translated === undefined) return [];
  return pods
    .filter(
      ({ namespace, labels }) =>
        namespace === service.namespace && matchesSelector({ matchLabels: service.selector }, labels),
    )
    .flatMap((pod) => {
      const own = pod.ports.find((each) => each.protocol === protocol && each.name === translated)?.port;
      const number = service.type === 'Headless' ? port : typeof translated === 'number' ? translated : own;
      return number === undefined ? [] : [{ pod: idOf(pod), port: number }];
    });
};
