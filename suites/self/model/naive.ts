import { BlockList } from 'node:net';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Protocol,
} from '../../../helpers/kube/types.ts';
import type { Family, Pod, World } from '../../../helpers/kube/world.ts';
import { addressOf } from '../../../helpers/kube/world.ts';

// A second evaluator, slow and plain: it asks every question of one connection under each reading of what the
// API leaves open, and calls undefined what the answers do not agree on. It shares no code with the oracle.

export type Reading = {
  blocksSeePods: boolean;
  hostsArePods: boolean;
  unfiltered: boolean;
  together: boolean;
};
export type Ask = {
  world: World;
  source: Pod;
  destination: Pod;
  protocol: Protocol;
  port: number;
  family: Family;
  /** Has an address that any block may hold. */
  anywhere?: Pod;
};

export const readings: Reading[] = [true, false].flatMap((blocksSeePods) =>
  [true, false].flatMap((hostsArePods) =>
    [true, false].flatMap((unfiltered) =>
      [true, false].map((together) => ({ blocksSeePods, hostsArePods, unfiltered, together })),
    ),
  ),
);

export const judgeNaively = (ask: Ask): 'allow' | 'deny' | 'undefined' => {
  const ends = (['egress', 'ingress'] as const).map((direction) => {
    const answers = new Set(readings.map((reading) => passes(ask, direction, reading)));
    return answers.size === 2 ? 'undefined' : answers.has(true) ? 'allow' : 'deny';
  });
  if (ends.includes('deny')) return 'deny';
  return ends.includes('undefined') ? 'undefined' : 'allow';
};

/**
 * The same for a pod that is asked through a node port of the node `entry`: policies may see the client or that node,
 * whose address towards the pod nobody knows, and the pod or that node as the destination.
 */
export const judgeNodePortNaively = (
  ask: Ask,
  entry: { name: string; addresses: string[] },
  nodePort: number,
): 'allow' | 'deny' | 'undefined' => {
  const { world, port } = ask;
  const nobody: Pod = { namespace: '', name: '', labels: {}, addresses: [], ports: [], node: '' };
  const masks = [nobody, ...world.pods.filter(({ hostNetwork }) => hostNetwork === true)].map((pod) => ({
    ...pod,
    hostNetwork: true,
    node: entry.name,
    addresses: entry.addresses,
  }));
  const inward = [ask, ...masks.map((mask) => ({ ...ask, source: mask, anywhere: mask }))];
  const outward = [
    ask,
    ...masks.flatMap((mask) =>
      [port, nodePort].map((number) => ({ ...ask, destination: mask, port: number })),
    ),
  ];
  const judge = (asks: Ask[], direction: 'egress' | 'ingress'): 'allow' | 'deny' | 'undefined' => {
    const answers = new Set(
      asks.flatMap((each) => readings.map((reading) => passes(each, direction, reading))),
    );
    return answers.size === 2 ? 'undefined' : answers.has(true) ? 'allow' : 'deny';
  };
  const ends = [judge(outward, 'egress'), judge(inward, 'ingress')];
  if (ends.includes('deny')) return 'deny';
  return ends.includes('undefined') ? 'undefined' : 'allow';
};

export const passes = (ask: Ask, direction: 'egress' | 'ingress', reading: Reading): boolean => {
  const { world, source, destination } = ask;
  const [subject, peer] = direction === 'egress' ? [source, destination] : [destination, source];
  const isKnown = peer.node !== '' && subject.node !== '';
  const sameNodeHost = peer.hostNetwork === true && (isKnown ? peer.node === subject.node : reading.together);
  if (sameNodeHost && subject.hostNetwork !== true && direction === 'ingress') return true;
  if (reading.unfiltered && (subject === peer || sameNodeHost || subject.hostNetwork === true)) return true;
  const isolating = world.policies.filter((policy) => isIsolating(policy, subject, direction));
  return isolating.length === 0 || isolating.some((policy) => admits(policy, ask, direction, peer, reading));
};

export const isIsolating = (
  { metadata, spec }: NetworkPolicy,
  subject: Pod,
  direction: 'egress' | 'ingress',
): boolean =>
  subject.external !== true &&
  metadata.namespace === subject.namespace &&
  hasLabels(subject.labels, spec.podSelector) &&
  isolates(spec, direction);

const isolates = (spec: NetworkPolicy['spec'], direction: 'egress' | 'ingress'): boolean => {
  if (spec.policyTypes?.length) return spec.policyTypes.some((type) => type.toLowerCase() === direction);
  return direction === 'ingress' || (spec.egress ?? []).length > 0;
};

const admits = (
  { metadata, spec }: NetworkPolicy,
  ask: Ask,
  direction: 'egress' | 'ingress',
  peer: Pod,
  reading: Reading,
): boolean => {
  const rules =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.some(
    ({ peers, ports }) =>
      (!ports?.length || ports.some((entry) => isPort(entry, ask, reading))) &&
      (!peers?.length || peers.some((item) => isPeer(item, metadata.namespace ?? '', ask, peer, reading))),
  );
};

const isPort = (entry: NetworkPolicyPort, ask: Ask, reading: Reading): boolean => {
  const { protocol, port, destination } = ask;
  if ((entry.protocol ?? 'TCP') !== protocol) return false;
  if (entry.port === undefined) return true;
  if (typeof entry.port === 'number') return entry.port <= port && port <= (entry.endPort ?? entry.port);
  if (destination.external === true || (destination.hostNetwork === true && !reading.hostsArePods))
    return false;
  return destination.ports.some(
    (declared) => declared.name === entry.port && declared.protocol === protocol && declared.port === port,
  );
};

const isPeer = (item: NetworkPolicyPeer, home: string, ask: Ask, peer: Pod, reading: Reading): boolean => {
  if (item.ipBlock !== undefined) {
    if (peer.external !== true && !reading.blocksSeePods) return false;
    if (peer === ask.anywhere) return true;
    const address = addressOf(peer, ask.family);
    const { cidr, except = [] } = item.ipBlock;
    return isInside(address, cidr) && !except.some((hole) => isInside(address, hole));
  }
  // A node by itself, which is no pod, has no namespace.
  if (peer.external === true || peer.namespace === '') return false;
  if (peer.hostNetwork === true && !reading.hostsArePods) return false;
  const labels = ask.world.namespaces.find(({ name }) => name === peer.namespace)?.labels ?? {};
  const inNamespace =
    item.namespaceSelector === undefined
      ? peer.namespace === home
      : hasLabels(labels, item.namespaceSelector);
  return inNamespace && hasLabels(peer.labels, item.podSelector);
};

const known = new Map<string, boolean>();

export const isInside = (address: string | undefined, cidr: string): boolean => {
  const [network = '', bits] = cidr.split('/');
  if (address === undefined || address.includes(':') !== network.includes(':')) return false;
  const key = `${address} ${cidr}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const family = network.includes(':') ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  const inside = list.check(address, family);
  known.set(key, inside);
  return inside;
};

export const hasLabels = (labels: Record<string, string>, selector: LabelSelector = {}): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    return (operator === 'In') === (value !== undefined && values.includes(value));
  });
