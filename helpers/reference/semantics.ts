import { tierSemantics } from './tier-semantics.ts';
import type {
  LabelSelector,
  LabelSelectorRequirement,
  Labels,
  NetworkPolicy,
  NetworkPolicyPeer,
  PolicyType,
  Protocol,
} from '../kube/types.ts';
import { ownsAddresses, type Pod } from './state.ts';
import type { TierSemantics } from './tier-semantics.ts';

/** Inclusive range of destination ports of one protocol; every port where the range is absent. */
export type PortMatch = { protocol: Protocol; range?: { first: number; last: number } };

/** The pod that a selector peer is asked about, with the labels of its namespace. */
export type Candidate = { pod: Pod; namespaceLabels: Labels };

/** The decisions over NetworkPolicies that a deliberate bug may replace. */
export type NetworkPolicySemantics = {
  selects: (selector: LabelSelector, labels: Labels) => boolean;
  /** Whether the policy isolates the pods that it selects in this direction. */
  isolates: (policy: NetworkPolicy, direction: PolicyType) => boolean;
  /** Whether selectors can mean this pod as a peer. */
  canBePeer: (pod: Pod) => boolean;
  /** Whether a peer with selectors, of a policy in `policyNamespace`, means this pod. */
  matchesPeer: (
    peer: NetworkPolicyPeer,
    candidate: Candidate,
    policyNamespace: string,
    selects: NetworkPolicySemantics['selects'],
  ) => boolean;
  /** What a port's name stands for. `subject` is the pod that the policy selects; ingress: the same as `destination`. */
  resolve: (name: string, protocol: Protocol, destination: Pod, subject: Pod) => PortMatch[];
  /** Which of the policies that isolate a pod in a direction count, oldest first. */
  combine: (policies: NetworkPolicy[]) => NetworkPolicy[];
};

/** The decisions that `compile` and `render` leave to somebody else, so that a deliberate bug can replace exactly one. */
export type Semantics = NetworkPolicySemantics & TierSemantics;

export const holds = ({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
};

/** The requirements of both halves of a selector; all must hold. */
export const requirementsOf = ({
  matchLabels,
  matchExpressions,
}: LabelSelector): LabelSelectorRequirement[] => [
  ...Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: 'In' as const,
    values: [value],
  })),
  ...(matchExpressions ?? []),
];

/** https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export const networkPolicySemantics: NetworkPolicySemantics = {
  selects: (selector, labels) => requirementsOf(selector).every((requirement) => holds(requirement, labels)),

  // The default is the API server's: Ingress always, Egress where the policy has an egress rule.
  isolates: ({ spec }, direction) =>
    spec.policyTypes === undefined || spec.policyTypes.length === 0
      ? direction === 'Ingress' || (spec.egress ?? []).length > 0
      : spec.policyTypes.includes(direction),

  canBePeer: ownsAddresses,

  matchesPeer: ({ podSelector, namespaceSelector }, { pod, namespaceLabels }, policyNamespace, selects) => {
    if (podSelector === undefined && namespaceSelector === undefined) return false;
    const namespaceMatches =
      namespaceSelector === undefined
        ? pod.namespace === policyNamespace
        : selects(namespaceSelector, namespaceLabels);
    return namespaceMatches && (podSelector === undefined || selects(podSelector, pod.labels));
  },

  resolve: (name, protocol, destination) =>
    destination.ports
      .filter((port) => port.name === name && port.protocol === protocol)
      .map(({ port }) => ({ protocol, range: { first: port, last: port } })),

  combine: (policies) => policies,
};

export const referenceSemantics: Semantics = { ...networkPolicySemantics, ...tierSemantics };
