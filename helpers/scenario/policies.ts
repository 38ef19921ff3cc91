import { guestNamespaceNames, namespaceNameLabel, namespaceNames } from './default-world.ts';
import { idOf, isAdminPolicy } from '../kube/world.ts';
import type {
  AdminPolicy,
  AdminPort,
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

// What an API server must refuse may have no subject at all.
const namespaceSelectorOf = ({ namespaces, pods }: AdminSubject = {}): LabelSelector =>
  namespaces ?? pods?.namespaceSelector ?? {};

/** Whether it has fields that only the experimental channel of the CRDs knows. */
export const isExperimental = ({ kind, spec }: AdminPolicy): boolean => {
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  const peers = (spec.egress ?? []).flatMap(({ to }) => to ?? []);
  return (
    peers.some(({ nodes, domainNames }) => nodes !== undefined || domainNames !== undefined) ||
    (kind !== 'ClusterNetworkPolicy' &&
      rules.some(({ ports }) => ports?.some(({ namedPort }) => namedPort !== undefined)))
  );
};

/** The policy as the API server stores it: with the directions that it isolates and the protocol of each port. */
export const withDefaults = (policy: Policy): Policy => {
  if (isAdminPolicy(policy)) return withProtocols(policy);
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

/** The CRDs of v1alpha1 have TCP for a port without a protocol; those of v1alpha2 have no defaults. */
const withProtocols = (policy: AdminPolicy): AdminPolicy => {
  const complete = <Rule extends { ports?: AdminPort[] }>(rule: Rule): Rule =>
    rule.ports
      ? {
          ...rule,
          ports: rule.ports.map(({ portNumber, portRange, ...port }) => ({
            ...port,
            ...(portNumber && { portNumber: { protocol: 'TCP' as const, ...portNumber } }),
            ...(portRange && { portRange: { protocol: 'TCP' as const, ...portRange } }),
          })),
        }
      : rule;
  const { ingress, egress } = policy.spec;
  // The rules keep the type that goes with the kind, which TypeScript cannot follow through a union.
  return {
    ...policy,
    spec: {
      ...policy.spec,
      ...(ingress && { ingress: ingress.map(complete<(typeof ingress)[number]>) }),
      ...(egress && { egress: egress.map(complete<(typeof egress)[number]>) }),
    },
  } as AdminPolicy;
};
