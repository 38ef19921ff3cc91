import type {
  AdminPeer,
  AdminPolicy,
  AdminPort,
  AdminProtocol,
  AdminSubject,
  LabelSelector,
  Protocol,
} from '../kube/types.ts';
import type { Direction } from './network-policy.ts';

/** Evaluated before NetworkPolicy, or after it where it decides nothing. */
export type Tier = 'Admin' | 'Baseline';

/** `Accept` and `Deny` decide; `Pass` leaves the rest of the tier out. v1alpha1 says Allow for Accept. */
export type Action = 'Accept' | 'Deny' | 'Pass';

type PodSelection = { namespaceSelector: LabelSelector; podSelector: LabelSelector };

/** `unknown`: no field that this version of the API knows, as an older server leaves of a newer peer. */
export type TierPeer =
  | ({ kind: 'pods' } & PodSelection)
  | { kind: 'nodes'; selector: LabelSelector }
  /** `hasICMP`: whether the API says that ICMP is meant as well, which v1alpha2 does and v1alpha1 does not. */
  | { kind: 'networks'; cidrs: readonly string[]; hasICMP: boolean }
  | { kind: 'domainNames'; names: readonly string[] }
  | { kind: 'unknown' };

/** Inclusive; a name stands for what the destination calls so. */
export type TierPort = { protocol: Protocol; first: number; last: number } | { name: string };

export type TierRule = {
  /** `ingress[0]`, and the rule's own name where it has one. */
  place: string;
  action: Action;
  peers: readonly TierPeer[];
  /** Absent: all traffic. */
  ports?: readonly TierPort[];
};

/** What a policy of a tier says, whatever its kind and version. */
export type TierPolicy = {
  /** `AdminNetworkPolicy allow-monitoring` */
  id: string;
  tier: Tier;
  /** From 0 on; the lower wins within a tier. Absent where there can be one policy only. */
  priority?: number;
  subject: PodSelection;
  rules: Readonly<Record<Direction, readonly TierRule[]>>;
  /**
   * v1alpha2 says more. A pod's connections to its own address are exempt: https://github.com/kubernetes-sigs/network-policy-api/pull/390
   * And an Accept takes related ICMP with it: https://network-policy-api.sigs.k8s.io/api-overview/#actions
   */
  version: 'v1alpha1' | 'v1alpha2';
};

/**
 * Reads an AdminNetworkPolicy, BaselineAdminNetworkPolicy or ClusterNetworkPolicy that the API server has accepted.
 * @see https://network-policy-api.sigs.k8s.io/api-overview/
 */
export const readTierPolicy = (policy: AdminPolicy): TierPolicy => {
  const { kind, metadata, spec } = policy;
  const rules = {
    ingress: (spec.ingress ?? []).map((rule, index) => readRule(kind, rule, rule.from, 'ingress', index)),
    egress: (spec.egress ?? []).map((rule, index) => readRule(kind, rule, rule.to, 'egress', index)),
  };
  return {
    id: `${kind} ${metadata.name}`,
    tier: policy.kind === 'ClusterNetworkPolicy' ? policy.spec.tier : tierOf[policy.kind],
    ...(policy.kind === 'BaselineAdminNetworkPolicy' ? {} : { priority: policy.spec.priority }),
    subject: selectionOf(spec.subject) ?? nobody,
    rules,
    version: kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1',
  };
};

const tierOf = { AdminNetworkPolicy: 'Admin', BaselineAdminNetworkPolicy: 'Baseline' } as const;

const nobody: PodSelection = {
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'DoesNotExist' }] },
  podSelector: {},
};

type RuleObject = {
  name?: string;
  action: 'Allow' | Action;
  ports?: AdminPort[];
  protocols?: AdminProtocol[];
};

const readRule = (
  kind: AdminPolicy['kind'],
  { name, action, ports, protocols }: RuleObject,
  peers: readonly AdminPeer[] | undefined,
  direction: Direction,
  index: number,
): TierRule => {
  const entries = [...(ports ?? []).map(readPort), ...(protocols ?? []).flatMap(readProtocol)];
  return {
    place: `${direction}[${index}]${name ? ` ${JSON.stringify(name)}` : ''}`,
    action: action === 'Allow' ? 'Accept' : action,
    peers: (peers ?? []).map((peer) => readPeer(kind, peer)),
    // A null or empty list is no list, as in Go.
    ...((ports ?? []).length + (protocols ?? []).length > 0 ? { ports: entries } : {}),
  };
};

const selectionOf = ({ namespaces, pods }: AdminSubject): PodSelection | undefined => {
  if (namespaces) return { namespaceSelector: namespaces, podSelector: {} };
  return pods
    ? { namespaceSelector: pods.namespaceSelector ?? {}, podSelector: pods.podSelector }
    : undefined;
};

const readPeer = (policy: AdminPolicy['kind'], peer: AdminPeer): TierPeer => {
  const selection = selectionOf(peer);
  if (selection !== undefined) return { kind: 'pods', ...selection };
  if (peer.nodes) return { kind: 'nodes', selector: peer.nodes };
  if (peer.networks)
    return { kind: 'networks', cidrs: peer.networks, hasICMP: policy === 'ClusterNetworkPolicy' };
  return peer.domainNames ? { kind: 'domainNames', names: peer.domainNames } : { kind: 'unknown' };
};

const readPort = ({ portNumber, portRange, namedPort = '' }: AdminPort): TierPort => {
  if (portNumber)
    return { protocol: portNumber.protocol ?? 'TCP', first: portNumber.port, last: portNumber.port };
  if (portRange)
    return { protocol: portRange.protocol ?? 'TCP', first: portRange.start, last: portRange.end };
  return { name: namedPort };
};

const readProtocol = ({ tcp, udp, sctp, destinationNamedPort }: AdminProtocol): TierPort[] => {
  if (destinationNamedPort !== undefined) return [{ name: destinationNamedPort }];
  const known = [
    ['TCP', tcp],
    ['UDP', udp],
    ['SCTP', sctp],
  ] as const;
  return known.flatMap(([protocol, entry]) => {
    if (!entry) return [];
    const { number, range } = entry.destinationPort ?? {};
    if (number !== undefined) return [{ protocol, first: number, last: number }];
    return [{ protocol, first: range?.start ?? 1, last: range?.end ?? 65_535 }];
  });
};
