import { UsageError } from '../../errors.ts';
import { addressOf, families, idOf, type Family, type Pod, type World } from '../../kube/world.ts';
import { groupAlike, standIns, type Alike } from '../../model/alike.ts';
import type { Cell } from './pair.ts';
import { otherPorts, portsMentioned, type NamedPort } from '../known-ports.ts';

/** Pods that behave alike, and the ports at which they are asked. */
export type Asked = Alike & { name: string; ports: NamedPort[] };

/** A cell between pods that stand for others; `label` names the port. */
export type GroupCell = Cell & { source: Asked; target: Asked; label: string };

/** So many cells are asked at most: about a minute. */
const mostCells = 20_000_000;

/**
 * The pods of the first world as few that stand for all, and the ports at which each is asked: declared, known to a Service
 * or to a policy, and of each protocol one that nobody speaks of, which stands for all others. Policies of every world
 * count. @throws UsageError where no pod has an address
 */
export const askAlike = (worlds: readonly [World, ...World[]]): { groups: Asked[]; pods: Pod[] } => {
  const alike = groupAlike(worlds[0].pods, worlds);
  if (alike.length === 0)
    throw new UsageError({
      subject: 'nothing to explain: no pod with an address',
      wanted: 'Pods with `status.podIPs`',
      got: `${worlds[0].pods.length} pods without an address`,
      next: 'kubectl get namespaces,pods,networkpolicies --all-namespaces -o yaml > cluster.yaml',
    });
  const others = otherPorts(worlds);
  const groups = alike.map((group): Asked => {
    const [first = ''] = group.ids;
    const more = group.ids.length - 1;
    const known = [...group.pod.ports, ...worlds.flatMap((world) => portsMentioned(group.pod, world))];
    const labelled = known.map(({ protocol, port }) => ({ protocol, port, label: `${protocol}/${port}` }));
    const ports = [...new Map(labelled.map((port) => [port.label, port])).values(), ...others];
    return { ...group, name: more === 0 ? first : `${first} (+${more} alike)`, ports };
  });
  return { groups, pods: standIns(alike) };
};

/** Every cell between the groups, those of two pods of one group among them; never that of a pod to itself. */
export const eachCell = function* (groups: readonly Asked[]): Generator<GroupCell> {
  const count = groups.length * groups.reduce((sum, { ports }) => sum + ports.length, 0) * 2;
  if (count > mostCells)
    throw new UsageError({
      subject: 'too many cells to ask at once',
      wanted: `at most ${mostCells}, by pods that behave alike`,
      got: `${count}: ${groups.length} kinds of pods`,
      next: 'explain the namespaces of one platform at a time',
    });
  for (const source of groups) for (const target of groups) yield* cellsBetween(source, target);
};

/** The cells of one pair of groups. */
export const cellsBetween = function* (source: Asked, target: Asked): Generator<GroupCell> {
  const asked = source === target ? target.twin : target.pod;
  if (asked === undefined) return;
  for (const family of families) {
    if (addressOf(source.pod, family) === undefined || addressOf(asked, family) === undefined) continue;
    for (const { protocol, port, label } of target.ports)
      yield { from: idOf(source.pod), to: idOf(asked), protocol, port, family, source, target, label };
  }
};

/** `TCP/80, v6 UDP/53`, or `all ports`: ports of one pair of groups of which the same is said. */
export const namePorts = (cells: readonly GroupCell[]): string => {
  const [first] = cells;
  if (first === undefined) return 'no port';
  const asked = [...cellsBetween(first.source, first.target)];
  if (asked.length === cells.length) return 'all ports';
  const familiesOf = (label: string, among: readonly GroupCell[]): Family[] =>
    among.filter((cell) => cell.label === label).map(({ family }) => family);
  return [...new Set(cells.map(({ label }) => label))]
    .flatMap((label) => {
      const meant = familiesOf(label, cells);
      return meant.length === familiesOf(label, asked).length
        ? [label]
        : meant.map((family) => `${family === 'IPv4' ? 'v4' : 'v6'} ${label}`);
    })
    .join(', ');
};
