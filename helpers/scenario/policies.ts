import { guestNamespaceNames, namespaceNameLabel, namespaceNames } from './default-world.ts';
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

/**
 * The directions that a policy isolates: as written, else Ingress always and Egress where there is an egress section.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
 */
export const policyTypesOf = ({ spec }: NetworkPolicy): PolicyType[] => {
  if (spec.policyTypes !== undefined && spec.policyTypes.length > 0) return spec.policyTypes;
  return spec.egress === undefined || spec.egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
};

/** Whether a policy of an admin tier can be about no pod of another lane: its subject names namespaces of the scenario. */
export const isConfined = ({ spec: { subject } }: AdminPolicy): boolean => {
  const { matchLabels = {}, matchExpressions = [] } = namespaceSelectorOf(subject);
  const own: readonly string[] = [...namespaceNames, ...guestNamespaceNames];
  const named = matchLabels[namespaceNameLabel];
  return (
    (named !== undefined && own.includes(named)) ||
    matchExpressions.some(
      ({ key, operator, values = [] }) =>
        key === namespaceNameLabel && operator === 'In' && values.every((name) => own.includes(name)),
    )
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
