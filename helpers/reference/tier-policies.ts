import { cidrVersion, isPortRange } from './addresses.ts';
import type {
  AdminPeer,
  AdminPolicy,
  AdminPort,
  AdminProtocol,
  AdminSubject,
  LabelSelector,
  Protocol,
} from '../kube/types.ts';
import type { Action, Side } from './rules.ts';
import type { PortMatch } from './semantics.ts';

export type Tier = 'Admin' | 'Baseline';

/** Pods by their labels and those of their namespaces. */
export type PodPeer = { namespaceSelector: LabelSelector; podSelector?: LabelSelector };

/** Unknown: a newer API may mean anything by it. */
export type TierPeer =
  | { pods: PodPeer }
  | { nodes: LabelSelector }
  | { networks: string[] }
  | { domainNames: string[] }
  | 'unknown';

export type TierPort = PortMatch | { name: string } | 'unknown';

/** No ports at all: all traffic, whatever its protocol. */
export type TierRule = { action: Action; peers: TierPeer[]; ports: TierPort[] };

/** A policy of any kind and version. An unknown subject selects nobody. */
export type TierPolicy = {
  kind: AdminPolicy['kind'];
  name: string;
  tier: Tier;
  priority: number;
  subject?: PodPeer;
} & Record<Side, TierRule[]>;

// Nothing says how the only BaselineAdminNetworkPolicy, which has none, stands to ClusterNetworkPolicies of its tier.
const priorityOfBaseline = 0;
const actions: Record<string, Action> = { Allow: 'accept', Accept: 'accept', Deny: 'deny', Pass: 'pass' };

export const readTierPolicy = (policy: AdminPolicy): TierPolicy => {
  const { kind, metadata, spec } = policy;
  const subject = readSubject(spec.subject);
  return {
    kind,
    name: metadata.name,
    tier: 'tier' in spec ? spec.tier : kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline',
    priority: 'priority' in spec ? spec.priority : priorityOfBaseline,
    ...(subject === undefined ? {} : { subject }),
    ingress: (spec.ingress ?? []).map((rule) => readRule(rule, (rule.from ?? []).map(readPodPeer))),
    egress: (spec.egress ?? []).map((rule) =>
      readRule(
        rule,
        (rule.to ?? []).map((peer) => readPeer(peer, rule.action)),
      ),
    ),
  };
};

const readRule = (
  { action, ports, protocols }: { action: string; ports?: AdminPort[]; protocols?: AdminProtocol[] },
  peers: TierPeer[],
): TierRule => ({
  // What a newer API calls otherwise must not open.
  action: actions[action] ?? 'deny',
  peers,
  ports: [...(ports ?? []).map(readPort), ...(protocols ?? []).map(readProtocol)],
});

const readSubject = ({ namespaces, pods }: AdminSubject): PodPeer | undefined => {
  if (namespaces !== undefined) return { namespaceSelector: namespaces };
  if (pods?.podSelector === undefined) return undefined;
  // v1alpha2 lets it be absent, and means every namespace then.
  return { namespaceSelector: pods.namespaceSelector ?? {}, podSelector: pods.podSelector };
};

const readPodPeer = (peer: AdminPeer): TierPeer => {
  const pods = readSubject(peer);
  return pods === undefined ? 'unknown' : { pods };
};

/** A peer of an egress rule. A CIDR that is none makes the whole peer unknown, and so do domain names of what is not accepted. */
const readPeer = (peer: AdminPeer, action: string): TierPeer => {
  const { nodes, networks, domainNames } = peer;
  if (nodes !== undefined) return { nodes };
  if (domainNames !== undefined) return action === 'Accept' ? { domainNames } : 'unknown';
  if (networks === undefined) return readPodPeer(peer);
  return networks.every((cidr) => cidrVersion(cidr) !== 0) ? { networks } : 'unknown';
};

const readPort = ({ portNumber, portRange, namedPort }: AdminPort): TierPort => {
  if (portNumber !== undefined) return readRange(portNumber.protocol, portNumber.port, portNumber.port);
  if (portRange !== undefined) return readRange(portRange.protocol, portRange.start, portRange.end);
  return namedPort === undefined ? 'unknown' : { name: namedPort };
};

const readProtocol = ({ tcp, udp, sctp, destinationNamedPort }: AdminProtocol): TierPort => {
  if (destinationNamedPort !== undefined) return { name: destinationNamedPort };
  const [entry] = Object.entries({ TCP: tcp, UDP: udp, SCTP: sctp }).filter(
    ([, value]) => value !== undefined,
  );
  if (entry === undefined) return 'unknown';
  const [protocol, { destinationPort } = {}] = entry;
  if (destinationPort === undefined) return readWhole(protocol);
  const { number = 0, range = { start: number, end: number } } = destinationPort;
  return readRange(protocol, range.start, range.end);
};

const readWhole = (protocol: string): TierPort => (isProtocol(protocol) ? { protocol } : 'unknown');

// v1alpha1 takes any word for a protocol, and a range that ends before it starts.
const readRange = (protocol: string = 'TCP', first: number, last: number): TierPort =>
  isProtocol(protocol) && isPortRange({ first, last }) ? { protocol, range: { first, last } } : 'unknown';

const isProtocol = (word: string): word is Protocol => ['TCP', 'UDP', 'SCTP'].includes(word);
