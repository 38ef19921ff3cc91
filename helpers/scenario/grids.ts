import { parseGrid } from '../matrix/grid.ts';
import { listCells, lookupKind } from '../matrix/matrix.ts';
import { describe, readFields } from './reading.ts';
import type { Path, Position } from '../kube/yaml.ts';
import type { DrawnGrid } from '../matrix/grid.ts';
import type { ProbeProtocol, Target, Traffic } from '../matrix/matrix.ts';
import type { Complain } from './reading.ts';
import type { ExpectedGrid, ScenarioPod, ScenarioService } from './scenario.ts';

/** What a grid may speak of at its step, and how to find it in the file. */
type GridContext = {
  /** Pods that exist after the step. */
  pods: readonly ScenarioPod[];
  services: readonly ScenarioService[];
  complain: Complain;
  /** Where the text at this path begins in the file, and how far its lines are indented. */
  textOrigin: (path: Path, text: string) => Position;
  keyPosition: (path: Path) => Position;
};

/** Reads `expect`: a drawn grid per `TCP/80`, `v6 UDP/80`, `service TCP/80`, `fragmented UDP/80`, `ICMP`, `lookup`. */
export const readGrids = (value: unknown, path: Path, context: GridContext): ExpectedGrid[] => {
  const fields = readFields(value, path, context.complain, 'grids like { TCP/80: ... }') ?? {};
  const grids: ExpectedGrid[] = [];
  for (const [key, text] of Object.entries(fields)) {
    const place = [...path, key];
    const kind = readKey(key, place, context.complain);
    const drawn = kind && readDrawing(text, place, context);
    if (kind === undefined || drawn === undefined) continue;
    const clash = grids.find((other) => isSameKind(other, kind));
    if (clash) context.complain(place, `\`${key}\` is drawn by \`${clash.key}\` already`, 'key');
    for (const check of [checkNames, checkPorts, checkRoutes]) check(drawn, kind, place, context);
    const { line } = context.keyPosition(place);
    grids.push({ key, ...kind, grid: drawn.matrix, cells: drawn.cells, line });
  }
  if (grids.length === 0 && Object.keys(fields).length === 0)
    context.complain(path, '`expect` holds no grid');
  return grids;
};

type Kind = Pick<ExpectedGrid, 'target' | 'protocol' | 'port' | 'family' | 'traffic'>;

const keyForm =
  /^(?:(?<family>v4|v6) )?(?:ICMP|(?:(?<traffic>fragmented|established|unreachable|silent) )?(?:(?<target>service|service-name|node-port) )?(?<protocol>TCP|UDP)\/(?<digits>\d{1,5}))$/;

const readKey = (key: string, path: Path, complain: Complain): Kind | undefined => {
  if (key === 'lookup') return lookupKind;
  const match = keyForm.exec(key);
  const { family, traffic, target = 'pod', protocol = 'ICMP', digits } = match?.groups ?? {};
  const port = Number(digits ?? 0);
  if (match === null || port > 65535 || (port === 0 && protocol !== 'ICMP')) {
    complain(
      path,
      `\`${key}\`: wanted TCP/80 or UDP/80, with \`v4\`, \`v6\`, \`service\`, \`service-name\` or \`node-port\` before it, or ICMP, or lookup`,
      'key',
    );
    return undefined;
  }
  const kind: Kind = {
    target: target as Target,
    protocol: protocol as ProbeProtocol,
    port,
    ...(family !== undefined && { family: family === 'v4' ? 'IPv4' : 'IPv6' }),
    ...(traffic !== undefined && { traffic: traffic as Traffic }),
  };
  const flaw = trafficFlaw(kind);
  if (flaw !== undefined) complain(path, `\`${key}\`: ${flaw}`, 'key');
  return flaw === undefined ? kind : undefined;
};

/** TCP cuts its stream to the MTU, and tells of a closed port without ICMP; a Service is reached at its pods. */
const trafficFlaw = ({ target, protocol, traffic }: Kind): string | undefined => {
  if (traffic === undefined || traffic === 'silent') return undefined;
  if (traffic !== 'established' && protocol !== 'UDP') return `only UDP can be ${traffic}`;
  return traffic !== 'fragmented' && target !== 'pod' ? `only pods can be asked ${traffic}` : undefined;
};

const isSameKind = (one: Kind, other: Kind): boolean =>
  one.target === other.target &&
  one.protocol === other.protocol &&
  one.port === other.port &&
  one.traffic === other.traffic &&
  (one.family === undefined || other.family === undefined || one.family === other.family);

const readDrawing = (text: unknown, path: Path, context: GridContext): DrawnGrid | undefined => {
  if (typeof text !== 'string') {
    context.complain(path, `wanted a drawn grid, got ${describe(text)}`);
    return undefined;
  }
  const origin = context.textOrigin(path, text);
  const inFile = ({ line, column }: Position): Position => ({
    line: origin.line + line - 1,
    column: origin.column + column - 1,
  });
  const read = parseGrid(text);
  if ('problems' in read) {
    for (const problem of read.problems) context.complain(path, problem.message, inFile(problem));
    return undefined;
  }
  const { matrix, cells, rows, columns } = read.grid;
  return {
    matrix,
    rows: rows.map(inFile),
    columns: columns.map(inFile),
    cells: { ...cells, cells: cells.cells.map(inFile) },
  };
};

/** All pods that exist ask, all of them (or all Services of the port) are asked: nothing is left out by accident. */
const checkNames = (
  drawn: DrawnGrid,
  kind: Kind,
  path: Path,
  { pods, services, complain }: GridContext,
): void => {
  const podNames = pods.map(({ id }) => id);
  const asked = kind.target === 'pod' ? podNames : servicesOf(kind, services).map(({ id }) => id);
  const word = kind.target === 'node-port' ? 'a service with a node port' : 'a service';
  const suffix = kind.target === 'lookup' ? '' : ` of ${kind.protocol}/${kind.port}`;
  const what = kind.target === 'pod' ? 'a pod' : `${word}${suffix}`;
  const check = (
    names: readonly string[],
    places: Position[],
    wanted: string[],
    role: string,
    kindOfName: string,
  ): void => {
    for (const [index, name] of names.entries()) {
      if (!wanted.includes(name))
        complain(path, `${role} \`${name}\` is not ${kindOfName} that exists at this step`, places[index]);
    }
    const missing = wanted.filter((name) => !names.includes(name));
    if (missing.length > 0) complain(path, `the grid lacks the ${role} ${missing.join(', ')}`, 'key');
  };
  check(drawn.matrix.rows, drawn.rows, podNames, 'row', 'a pod');
  check(drawn.matrix.columns, drawn.columns, asked, 'column', what);
};

/** A cell can be asserted only where somebody listens: else a closed port would look like a refused connection. Where its ICMP error is the answer, only where nobody does. */
const checkPorts = (
  { matrix, cells }: DrawnGrid,
  kind: Kind,
  path: Path,
  { pods, services, complain }: GridContext,
): void => {
  for (const column of matrix.columns) {
    const service = kind.target === 'pod' ? undefined : services.find(({ id }) => id === column);
    const flaw = service === undefined ? podFlaw(column, kind, pods) : serviceFlaw(service, kind, pods);
    if (flaw === undefined) continue;
    // The address of a Service without pods answers nobody; the name of a headless one is not even known.
    const mayBeDenied = service !== undefined && service.type !== 'Headless';
    const first = listCells(matrix).findIndex(
      (place) =>
        place.column === column && place.cell !== 'ignored' && !(place.cell === 'deny' && mayBeDenied),
    );
    const symbols = mayBeDenied ? '`-` or `X`' : '`-`';
    if (first >= 0) complain(path, `${flaw}: its cells can only be ${symbols}`, cells.cells[first]);
  }
};

const podFlaw = (
  id: string,
  { protocol, port, traffic }: Kind,
  pods: readonly ScenarioPod[],
): string | undefined => {
  const pod = pods.find((candidate) => candidate.id === id);
  // The kernel of every pod answers ICMP.
  if (pod === undefined || protocol === 'ICMP') return undefined;
  const listens = pod.ports.some((own) => own.protocol === protocol && own.port === port);
  if (traffic === 'unreachable')
    return listens ? `${id} listens on ${protocol}/${port}, so no ICMP error comes back` : undefined;
  return listens ? undefined : `${id} does not listen on ${protocol}/${port}`;
};

const serviceFlaw = (
  service: ScenarioService,
  { target }: Kind,
  pods: readonly ScenarioPod[],
): string | undefined => {
  const { id, type } = service;
  if (target === 'service' && type === 'Headless') return `${id} is headless and has no address`;
  // DNS knows the address of every other Service by name, whether anybody answers there or not.
  if (target === 'lookup' && type !== 'Headless') return undefined;
  return pods.some((pod) => isBackend(pod, service)) ? undefined : `no pod is behind ${id} at this step`;
};

/**
 * A cell can be asserted only where both ends are joined: hosts outside the cluster know the way to pods, not to nodes.
 * They, and pods in the host network, ask other DNS servers than the cluster's.
 */
const checkRoutes = (
  { matrix, cells }: DrawnGrid,
  { target }: Kind,
  path: Path,
  { pods, complain }: GridContext,
): void => {
  for (const [index, { row, column, cell }] of listCells(matrix).entries()) {
    if (cell === 'ignored') continue;
    const [asking, asked] = [row, column].map((id) => pods.find((pod) => pod.id === id));
    if (target === 'lookup' && asking !== undefined && !asksClusterDNS(asking)) {
      const flaw = `${row} does not ask the DNS server of the cluster`;
      complain(path, `${flaw}: its cells can only be \`-\``, cells.cells[index]);
      return;
    }
    const host = [asking, asked].find((pod) => pod?.addresses !== undefined);
    const meetsNode = target === 'node-port' || [asking, asked].some((pod) => pod?.hostNetwork === true);
    if (host === undefined || !meetsNode) continue;
    const flaw = `${host.id} is outside the cluster and has no way to the address of a node`;
    complain(path, `${flaw}: the cell can only be \`-\``, cells.cells[index]);
    return;
  }
};

/** @see https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy */
const asksClusterDNS = ({ addresses, hostNetwork }: ScenarioPod): boolean =>
  addresses === undefined && hostNetwork !== true;

export const isBackend = (pod: ScenarioPod, service: ScenarioService): boolean =>
  pod.addresses === undefined &&
  pod.namespace === service.namespace &&
  Object.entries(service.selector).every(([key, value]) => pod.labels[key] === value);

const servicesOf = (
  { target, protocol, port }: Kind,
  services: readonly ScenarioService[],
): ScenarioService[] =>
  services.filter(
    ({ type, ports }) =>
      target === 'lookup' ||
      ((target !== 'node-port' || type === 'NodePort') &&
        ports.some((own) => own.protocol === protocol && own.port === port)),
  );
