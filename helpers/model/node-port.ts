import type { IPBlock, NetworkPolicyPort, Protocol } from '../kube/types.ts';
import type { Family, Node, Pod, World } from '../kube/world.ts';
import { addressOf, idOf } from '../kube/world.ts';
import { hasBit } from './bits.ts';
import { blockContains, parseAddress, parseBlock } from './cidr.ts';
import { matchPort } from './network-policy.ts';
import type { Direction, Rule } from './network-policy.ts';
import { judgeByTiers } from './node-port-tiers.ts';
import type { Judgement, SideExplanation } from './reason.ts';
import { backendsOf, findService, summarize } from './service.ts';
import type { AskService, Backend, Parts } from './service.ts';

/**
 * The node at which a pod asks a node port. Preferred is one without a pod behind the Service, then one that is not
 * the asking pod's own: so no traffic looks as if it came from the node of the asked pod, which always may pass, or
 * went to the own node of the asking one.
 * @param service `namespace/name`
 * @param from `namespace/name` of the asking pod
 * @throws RangeError where there is no such Service
 */
export const entryNode = (world: World, service: string, from: string): Node | undefined => {
  const asked = world.services.find((candidate) => idOf(candidate) === service);
  if (asked === undefined) throw new RangeError(`no Service ${service} in this world`);
  const behind = (['IPv4', 'IPv6'] as const).flatMap((family) =>
    asked.ports.flatMap((entry) => backendsOf(world, asked, entry, family).map(({ pod }) => pod.node)),
  );
  const own = world.pods.find((pod) => idOf(pod) === from)?.node;
  const costOf = ({ name }: Node): number => (behind.includes(name) ? 2 : 0) + (name === own ? 1 : 0);
  return nodesOf(world).toSorted((one, other) => costOf(one) - costOf(other))[0];
};

/**
 * Who is asked through a node port. The node that is asked translates, and may put its own address in place of the
 * client's; "it is not defined whether this happens before or after NetworkPolicy processing". So a rule with peers
 * surely admits nobody, and one that might mean the client or any node may admit everybody.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
 * @throws RangeError where there is no such pod, no such Service, or the Service has no such port or no node port
 */
export const judgeNodePort =
  (parts: Parts): AskService =>
  (from, id, protocol, port, family) => {
    const { world, population } = parts;
    const { service, entry } = findService(world, id, protocol, port);
    if (service.type !== 'NodePort') throw new RangeError(`Service ${id} has no node port`);
    const client = population.indexOf(from);
    if (client === undefined) throw new RangeError(`no pod ${from} in this world`);
    const node = entryNode(world, id, from);
    const visit = { parts, client, node, protocol, nodePort: entry.nodePort ?? 0, family };
    const judged = backendsOf(world, service, entry, family).map((backend) => {
      const said = parts.explain(from, idOf(backend.pod), protocol, backend.port, family);
      const ends = (['egress', 'ingress'] as const).map((direction) =>
        judgeEnd(visit, backend, direction, said[direction]),
      );
      const decisive = (['deny', 'undefined', 'allow'] as const).find((verdict) =>
        ends.some((end) => end.verdict === verdict),
      );
      const reason = ends.find((end) => end.verdict === decisive)?.reason ?? '';
      return { id: idOf(backend.pod), verdict: decisive ?? 'allow', reason };
    });
    return summarize(id, judged);
  };

type Visit = {
  parts: Parts;
  /** The number of the asking pod. */
  client: number;
  /** The node that is asked. */
  node: Node | undefined;
  protocol: Protocol;
  nodePort: number;
  family: Family;
};

const judgeEnd = (visit: Visit, backend: Backend, direction: Direction, end: SideExplanation): Judgement => {
  const { parts, client, protocol } = visit;
  const asking = parts.population.pods[client]!;
  const subject = direction === 'egress' ? asking : backend.pod;
  // A destination that counts before the translation has the port of the node. Who is the asked pod shows after it.
  const seen = direction === 'egress' ? [backend.port, visit.nodePort] : [backend.port];
  const byTiers = judgeTiers(visit, backend, direction, seen, end);
  if (byTiers !== undefined) return byTiers;
  if (end.isolatedBy.length === 0) return { verdict: 'allow', reason: '' };
  const rules = rulesOf(parts, subject, direction);
  // A node has no port of that name, and a pod in the host network perhaps not either.
  const namer = direction === 'ingress' && backend.pod.hostNetwork !== true ? backend.pod : undefined;
  if (seen.every((port) => rules.some(({ rule }) => admitsAnybody(rule, protocol, port, namer))))
    return { verdict: 'allow', reason: '' };
  const mayBeOwnNode = visit.node === undefined || subject.node === '' || visit.node.name === subject.node;
  if (
    end.verdict === 'deny' &&
    !mayBeOwnNode &&
    !rules.some(({ rule, namespace }) => mayAdmitNode(rule, namespace, seen, visit, backend, direction))
  )
    return { verdict: 'deny', reason: end.reason };
  const isolation = `${idOf(subject)} is isolated for ${direction} by ${end.isolatedBy.join(', ')}`;
  return { verdict: 'undefined', reason: `${isolation}, and ${unspecified[direction]}` };
};

const unspecified: Record<Direction, string> = {
  egress: 'which destination policies see is not specified for a node port',
  ingress: 'which source policies see is not specified for a node port',
};

const judgeTiers = (
  { parts, client, node, protocol, family }: Visit,
  backend: Backend,
  direction: Direction,
  ports: readonly number[],
  end: SideExplanation,
): Judgement | undefined => {
  const { world, tiers, population } = parts;
  const asked = population.pods.indexOf(backend.pod);
  const [subject, peer] = direction === 'egress' ? [client, asked] : [asked, client];
  const judged = judgeByTiers({
    ...{ world, tiers, direction, subject, peer, protocol, ports, family },
    // Whichever node translates last may put its address in place of the client's.
    nodes: direction === 'ingress' ? nodesOf(world) : node === undefined ? [] : [node],
    isIsolated: end.isolatedBy.length > 0,
  });
  if (judged === undefined) return undefined;
  const { verdict, policies } = judged;
  if (verdict !== 'undefined') return { verdict, reason: end.reason };
  const subjection = `${population.ids[subject]} is the subject of ${policies.join(', ')}`;
  return { verdict, reason: `${subjection}, and ${unspecified[direction]}` };
};

const rulesOf = (
  { population, selections }: Parts,
  subject: Pod,
  direction: Direction,
): { rule: Rule; namespace: string }[] => {
  const number = population.pods.indexOf(subject);
  return selections
    .filter(({ subjects }) => subjects.includes(number))
    .flatMap(({ policy }) =>
      (policy[direction] ?? []).map((rule) => ({ rule, namespace: policy.namespace })),
    );
};

/** Whether a rule without peers admits the port, which `namer` may know by name. */
const admitsAnybody = (
  { peers, ports }: Rule,
  protocol: Protocol,
  port: number,
  namer: Pod | undefined,
): boolean =>
  peers.length === 0 &&
  (ports.length === 0 || ports.some((entry) => admitsPort(entry, protocol, port, namer)));

/** Whether a rule may mean a node, be it as one of the pods in its network, or whatever address stands for the client. */
const mayAdmitNode = (
  { peers, ports }: Rule,
  namespace: string,
  seen: readonly number[],
  { parts: { population }, node, protocol, family }: Visit,
  backend: Backend,
  direction: Direction,
): boolean => {
  const hosts = [...population.pods.entries()].filter(([, { hostNetwork }]) => hostNetwork === true);
  const selectors = peers.filter(({ ipBlock }) => !ipBlock);
  const isSelected = (index: number): boolean =>
    selectors.length > 0 && hasBit(population.match(selectors, namespace, family).possible, 0, index);
  const destination = node === undefined ? undefined : addressOf(node, family);
  // What a node puts in place of the client's address is its own business: it may be that of a tunnel.
  const byAddress =
    peers.length === 0 ||
    peers.some(({ ipBlock }) => ipBlock && (direction === 'ingress' || blockMayHold(ipBlock, destination)));
  const hasPort = (namer: Pod | undefined): boolean =>
    ports.length === 0 ||
    ports.some((entry) => seen.some((port) => admitsPort(entry, protocol, port, namer)));
  if (direction === 'ingress')
    return hasPort(backend.pod) && (byAddress || hosts.some(([index]) => isSelected(index)));
  return (
    (byAddress && hasPort(undefined)) ||
    hosts.some(([index, pod]) => (byAddress || isSelected(index)) && hasPort(pod))
  );
};

const blockMayHold = (block: IPBlock, address: string | undefined): boolean =>
  address === undefined || blockContains(parseBlock(block), parseAddress(address));

const admitsPort = (
  entry: NetworkPolicyPort,
  protocol: Protocol,
  port: number,
  namer: Pod | undefined,
): boolean => {
  const match = matchPort(entry, protocol, port);
  if (typeof match === 'boolean') return match;
  return (namer?.ports ?? []).some(
    (own) => own.name === match.name && own.protocol === protocol && own.port === port,
  );
};

/** Where the nodes were not told: those that pods name. */
const nodesOf = ({ nodes, pods }: World): Node[] =>
  nodes ??
  [...new Set(pods.map(({ node }) => node).filter((name) => name !== ''))]
    .toSorted()
    .map((name) => ({ name, addresses: [] }));
