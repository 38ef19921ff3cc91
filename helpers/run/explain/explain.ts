import { UsageError } from '../../errors.ts';
import { addressOf, families, idOf, type ContainerPort, type Pod, type World } from '../../kube/world.ts';
import { printGrid } from '../../matrix/grid.ts';
import { createOracle, type Oracle } from '../../model/oracle.ts';
import type { ExplainInput } from './input.ts';
import { describePair, kindOf, type Cell } from './pair.ts';
import { locatePart } from '../policy-places.ts';

export type ExplainOptions = {
  json?: boolean;
  /** `namespace/pod`. Without them: every pair. */
  from?: string;
  to?: string;
  /** `TCP/80`. Without it: every port that the destination declares. */
  probe?: string;
};

/**
 * Says who reaches whom and why. Returns what to print: JSON `{cells}`, or a grid per port and family, or for one pair
 * (`from` and `to`) the whole reasoning.
 * @throws UsageError for pods or ports that are not there
 */
export const explain = (input: ExplainInput, options: ExplainOptions = {}): string => {
  const { json = false, from, to, probe } = options;
  const { world } = input;
  if (!world.pods.some(({ addresses }) => addresses.length > 0))
    throw new UsageError({
      subject: 'nothing to explain: no pod with an address',
      wanted: 'Pods with `status.podIPs` among the manifests',
      got: `${world.pods.length} pods without an address, ${world.policies.length} policies`,
      next: 'kubectl get namespaces,pods,networkpolicies --all-namespaces -o yaml > cluster.yaml',
    });
  for (const id of [from, to]) if (id !== undefined) requirePod(world, id);
  const oracle = createOracle(world);
  const cells = listCells(world, from, to, probe === undefined ? undefined : readProbe(probe));
  const isPair = from !== undefined && to !== undefined;
  if (json) return formatJson(oracle, cells, input, isPair);
  return isPair
    ? cells.map((cell) => describePair(oracle, cell, input.sources)).join('\n\n')
    : drawGrids(oracle, cells, input);
};

const listCells = (
  world: World,
  from: string | undefined,
  to: string | undefined,
  probe: ContainerPort | undefined,
): Cell[] => {
  const among = (id: string | undefined): Pod[] =>
    id === undefined ? world.pods : world.pods.filter((pod) => idOf(pod) === id);
  const cells: Cell[] = [];
  for (const source of among(from))
    for (const destination of among(to))
      for (const { protocol, port } of probe === undefined ? portsOf(destination) : [probe])
        for (const family of families)
          if (addressOf(source, family) !== undefined && addressOf(destination, family) !== undefined)
            cells.push({ from: idOf(source), to: idOf(destination), protocol, port, family });
  if (cells.length > 0) return cells;
  throw new UsageError({
    subject: `nothing to explain${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`,
    wanted: 'pods with addresses of one family, and a port that the destination declares or that is given',
    got: 'no such pair',
    next: 'give the port: explain FILE... FROM TO TCP/80',
  });
};

/** Declared ports, each once: two containers may name the same. */
const portsOf = ({ ports }: Pod): ContainerPort[] =>
  ports.filter(
    ({ protocol, port }, index) =>
      ports.findIndex((other) => other.protocol === protocol && other.port === port) === index,
  );

/** One cell to a line, so that the text stays small and lines can be compared. */
const formatJson = (
  oracle: Oracle,
  cells: readonly Cell[],
  { sources }: ExplainInput,
  isPair: boolean,
): string => {
  // A string holds at most half a billion characters, a cell some 350.
  if (cells.length > 1_000_000)
    throw new UsageError({
      subject: 'too many cells for one JSON text',
      wanted: 'at most 1000000',
      got: String(cells.length),
      next: 'give FROM or TO and PROTOCOL/PORT',
    });
  const lines = cells.map((cell) => {
    const { from, to, protocol, port, family } = cell;
    const { verdict, reason, decidedBy } = oracle.explain(from, to, protocol, port, family);
    const deciders = decidedBy.map((part) => ({ ...part, ...locatePart(part, sources) }));
    const stages = isPair ? { stages: oracle.stages(from, to, protocol, port, family) } : {};
    return JSON.stringify({ ...cell, verdict, reason, decidedBy: deciders, ...stages });
  });
  return `{"cells": [\n${lines.join(',\n')}\n]}`;
};

/** A grid for each family, protocol and port. Destinations that do not declare the port are not asked. */
const drawGrids = (oracle: Oracle, cells: readonly Cell[], { world, ignored }: ExplainInput): string => {
  const grids = Map.groupBy(cells, kindOf);
  const drawn = [...grids].map(([name, group]) => {
    const rows = [...new Set(group.map(({ from }) => from))];
    const columns = [...new Set(group.map(({ to }) => to))];
    const grids = group
      .slice(0, 1)
      .map(({ protocol, port, family }) => oracle.matrix(protocol, port, family, rows, columns));
    return [name, ...grids.map(printGrid)].join('\n');
  });
  const homeless = world.pods.filter(({ addresses }) => addresses.length === 0).map(idOf);
  const others = Object.entries(ignored).map(([kind, count]) => `${count} ${kind}`);
  return [
    ...drawn,
    '. allow   X deny   ? undefined: Kubernetes does not say      (rows connect to columns)',
    ...(homeless.length === 0 ? [] : [`not asked, without an address: ${homeless.join(', ')}`]),
    ...(others.length === 0 ? [] : [`not read: ${others.join(', ')}`]),
  ].join('\n');
};

const requirePod = (world: World, id: string): void => {
  const ids = world.pods.map(idOf);
  if (ids.includes(id)) return;
  throw new UsageError({
    subject: `no pod \`${id}\` here`,
    wanted: `one of ${ids.slice(0, 12).join(', ')}${ids.length > 12 ? ` and ${ids.length - 12} more` : ''}`,
  });
};

const readProbe = (text: string): ContainerPort => {
  const [, protocol, digits] = /^(TCP|UDP|SCTP)\/([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if ((protocol === 'TCP' || protocol === 'UDP' || protocol === 'SCTP') && port >= 1 && port <= 65535)
    return { protocol, port };
  throw new UsageError({ subject: 'unknown port', wanted: 'PROTOCOL/PORT, like TCP/80', got: `\`${text}\`` });
};
