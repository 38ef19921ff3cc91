import { idOf } from '../kube/world.ts';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  PolicyType,
} from '../kube/types.ts';

/** `x/deny-all`, the id of a policy as a scenario names it. */
export const idOfPolicy = ({ metadata }: NetworkPolicy): string =>
  idOf({ namespace: metadata.namespace ?? '', name: metadata.name });

/** The label that the API server puts on every namespace. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/**
 * The directions that a policy isolates: as written, else Ingress always and Egress where there is an egress section.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
 */
export const policyTypesOf = ({ spec }: NetworkPolicy): PolicyType[] => {
  if (spec.policyTypes !== undefined && spec.policyTypes.length > 0) return spec.policyTypes;
  return spec.egress === undefined || spec.egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
};

/** The policy as the API server stores it: with the directions that it isolates and the protocol of each port. */
export const withDefaults = (policy: NetworkPolicy): NetworkPolicy => {
  const { podSelector = {}, ingress, egress } = policy.spec;
  const complete = <Rule extends { ports?: NetworkPolicyPort[] }>(rule: Rule): Rule =>
    rule.ports ? { ...rule, ports: rule.ports.map((port) => ({ protocol: 'TCP', ...port })) } : rule;
  return {
    ...policy,
    spec: {
      ...policy.spec,
      podSelector,
      policyTypes: policyTypesOf(policy),
      ...(ingress && { ingress: ingress.map(complete) }),
      ...(egress && { egress: egress.map(complete) }),
    },
  };
};

/**
 * The policy with real namespace names in all places where a namespace's name can stand: its own namespace and
 * the values of `kubernetes.io/metadata.name` in its namespace selectors. Names that `names` lacks stay as they are.
 */
export const renameNamespaces = (
  policy: NetworkPolicy,
  names: Readonly<Record<string, string>>,
): NetworkPolicy => {
  const rename = (name: string): string => names[name] ?? name;
  const renamePeers = (peers: NetworkPolicyPeer[]): NetworkPolicyPeer[] =>
    peers.map((peer) => renamePeer(peer, rename));
  const { metadata, spec } = policy;
  return {
    ...policy,
    metadata: {
      ...metadata,
      ...(metadata.namespace !== undefined && { namespace: rename(metadata.namespace) }),
    },
    spec: {
      ...spec,
      ...(spec.ingress && {
        ingress: spec.ingress.map((rule) => ({
          ...rule,
          ...(rule.from && { from: renamePeers(rule.from) }),
        })),
      }),
      ...(spec.egress && {
        egress: spec.egress.map((rule) => ({ ...rule, ...(rule.to && { to: renamePeers(rule.to) }) })),
      }),
    },
  };
};

const renamePeer = (peer: NetworkPolicyPeer, rename: (name: string) => string): NetworkPolicyPeer =>
  peer.namespaceSelector
    ? { ...peer, namespaceSelector: renameSelector(peer.namespaceSelector, rename) }
    : peer;

const renameSelector = (selector: LabelSelector, rename: (name: string) => string): LabelSelector => {
  const { matchLabels, matchExpressions } = selector;
  const name = matchLabels?.[namespaceNameLabel];
  return {
    ...selector,
    ...(name !== undefined && { matchLabels: { ...matchLabels, [namespaceNameLabel]: rename(name) } }),
    ...(matchExpressions && {
      matchExpressions: matchExpressions.map((requirement) =>
        requirement.key === namespaceNameLabel && requirement.values
          ? { ...requirement, values: requirement.values.map(rename) }
          : requirement,
      ),
    }),
  };
};
