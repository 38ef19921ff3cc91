import { idOf, isAdminPolicy } from '../kube/world.ts';
import type {
  AdminPolicy,
  AdminSubject,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPort,
  Policy,
  PolicyType,
} from '../kube/types.ts';

/** `x/deny-all`, `AdminNetworkPolicy/allow-monitoring`: the id of a policy as a scenario names it. */
export const idOfPolicy = ({ kind, metadata }: Policy): string =>
  idOf({ namespace: metadata.namespace ?? kind, name: metadata.name });

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

/**
 * Whether a policy of an admin tier can be no other lane's business: its subject names namespaces of the scenario, and
 * there may be others of its kind.
 */
export const isConfined = (
  { kind, spec: { subject } }: AdminPolicy,
  namespaces: readonly string[],
): boolean => {
  const { matchLabels = {}, matchExpressions = [] } = namespaceSelectorOf(subject);
  const isOurs = (name: string): boolean => namespaces.includes(name);
  const named = matchLabels[namespaceNameLabel];
  return (
    kind !== 'BaselineAdminNetworkPolicy' &&
    ((named !== undefined && isOurs(named)) ||
      matchExpressions.some(
        ({ key, operator, values = [] }) =>
          key === namespaceNameLabel && operator === 'In' && values.every(isOurs),
      ))
  );
};

const namespaceSelectorOf = ({ namespaces, pods }: AdminSubject): LabelSelector =>
  namespaces ?? pods?.namespaceSelector ?? {};

/** The policy as the API server stores it: with the directions that it isolates and the protocol of each port. */
export const withDefaults = (policy: Policy): Policy => {
  if (isAdminPolicy(policy)) return policy;
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
