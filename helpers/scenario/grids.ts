import { parseGrid } from '../matrix/grid.ts';
import { describe, readFields } from './reading.ts';
import type { Protocol } from '../kube/types.ts';
import type { Path, Position } from '../kube/yaml.ts';
import type { DrawnGrid } from '../matrix/grid.ts';
import type { Target } from '../matrix/matrix.ts';
import type { Complain } from './reading.ts';
import type { ExpectedGrid, ScenarioPod, ScenarioService } from './scenario.ts';

/** What a grid may speak of at its step, and how to find it in the file. */
export type GridContext = {
  /** Pods that exist after the step. */
  pods: readonly ScenarioPod[];
  services: readonly ScenarioService[];
  complain: Complain;
  /** Where the text at this path begins in the file, and how far its lines are indented. */
  textOrigin: (path: Path, text: string) => Position;
  keyPosition: (path: Path) => Position;
};

/** Reads `expect`: a drawn grid per `TCP/80`, `v6 UDP/80`, `service TCP/80`, `service-name TCP/80`. */
export const readGrids = (value: unknown, path: Path, context: GridContext): ExpectedGrid[] => {
  const fields = readFields(value, path, context.complain, 'grids like { TCP/80: ... }') ?? {};
  const grids: ExpectedGrid[] = [];
  for (const [key, text] of Object.entries(fields)) {
    const kind = readKey(key, [...path, key], context.complain);
    const drawn = kind && readDrawing(text, [...path, key], context);
    if (kind === undefined || drawn === undefined) continue;
    const clash = grids.find((other) => isSameKind(other, kind));
    if (clash) context.complain([...path, key], `\`${key}\` is drawn by \`${clash.key}\` already`, 'key');
    checkNames(drawn, kind, [...path, key], context);
    checkPorts(drawn, kind, [...path, key], context);
    grids.push({
      key,
      ...kind,
      grid: drawn.matrix,
      cells: drawn.cells,
      line: context.keyPosition([...path, key]).line,
    });
  }
  if (grids.length === 0 && Object.keys(fields).length === 0)
    context.complain(path, '`expect` holds no grid');
  return grids;
};

type Kind = Pick<ExpectedGrid, 'target' | 'protocol' | 'port' | 'family'>;

const keyForm = /^(?:(v4|v6) )?(?:(service|service-name) )?(TCP|UDP)\/(\d{1,5})$/;

const readKey = (key: string, path: Path, complain: Complain): Kind | undefined => {
  const [, family, target = 'pod', protocol, digits] = keyForm.exec(key) ?? [];
  const port = Number(digits);
  if (protocol === undefined || port < 1 || port > 65535) {
    complain(
      path,
      `\`${key}\`: wanted TCP/80 or UDP/80, with \`v4\`, \`v6\`, \`service\` or \`service-name\` before it`,
      'key',
    );
    return undefined;
  }
  return {
    target: target as Target,
    protocol: protocol as Protocol,
    port,
    ...(family !== undefined && { family: family === 'v4' ? 'IPv4' : 'IPv6' }),
  };
};

const isSameKind = (one: Kind, other: Kind): boolean =>
  one.target === other.target &&
  one.protocol === other.protocol &&
  one.port === other.port &&
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
  const what = kind.target === 'pod' ? 'a pod' : `a service of ${kind.protocol}/${kind.port}`;
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

/** A cell can be asserted only where somebody listens: else a closed port would look like a refused connection. */
const checkPorts = (
  { matrix, cells }: DrawnGrid,
  kind: Kind,
  path: Path,
  { pods, services, complain }: GridContext,
): void => {
  for (const column of matrix.columns) {
    const flaw =
      kind.target === 'pod' ? podFlaw(column, kind, pods) : serviceFlaw(column, kind, services, pods);
    if (flaw === undefined) continue;
    const first = matrix.cells.findIndex(
      (cell, index) => cell !== 'ignored' && matrix.columns[index % matrix.columns.length] === column,
    );
    if (first >= 0) complain(path, `${flaw}: its cells can only be \`-\``, cells.cells[first]);
  }
};

const podFlaw = (id: string, { protocol, port }: Kind, pods: readonly ScenarioPod[]): string | undefined => {
  const pod = pods.find((candidate) => candidate.id === id);
  if (pod === undefined || pod.ports.some((own) => own.protocol === protocol && own.port === port))
    return undefined;
  return `${id} does not listen on ${protocol}/${port}`;
};

const serviceFlaw = (
  id: string,
  kind: Kind,
  services: readonly ScenarioService[],
  pods: readonly ScenarioPod[],
): string | undefined => {
  const service = services.find((candidate) => candidate.id === id);
  if (service === undefined) return undefined;
  if (kind.target === 'service' && service.type === 'Headless') return `${id} is headless and has no address`;
  return pods.some((pod) => isBackend(pod, service)) ? undefined : `no pod is behind ${id} at this step`;
};

export const isBackend = (pod: ScenarioPod, service: ScenarioService): boolean =>
  pod.addresses === undefined &&
  pod.namespace === service.namespace &&
  Object.entries(service.selector).every(([key, value]) => pod.labels[key] === value);

const servicesOf = ({ protocol, port }: Kind, services: readonly ScenarioService[]): ScenarioService[] =>
  services.filter(({ ports }) => ports.some((own) => own.protocol === protocol && own.port === port));
