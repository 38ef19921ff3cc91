import type { AdminPolicy, Policy, PolicyName } from './types.ts';

export type AdminKind = AdminPolicy['kind'];

/** The kinds of the tiers around NetworkPolicy: cluster-scoped, and only where somebody has installed their CRDs. */
export const adminKinds = [
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
] as const satisfies readonly AdminKind[];

export type PolicyResource = { group: string; version: string; plural: string };

export const adminGroup = 'policy.networking.k8s.io';

/** Where the API serves the policies of a kind. */
export const policyResources: Readonly<Record<Policy['kind'], PolicyResource>> = {
  NetworkPolicy: { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' },
  AdminNetworkPolicy: { group: adminGroup, version: 'v1alpha1', plural: 'adminnetworkpolicies' },
  BaselineAdminNetworkPolicy: {
    group: adminGroup,
    version: 'v1alpha1',
    plural: 'baselineadminnetworkpolicies',
  },
  ClusterNetworkPolicy: { group: adminGroup, version: 'v1alpha2', plural: 'clusternetworkpolicies' },
};

export const isAdminKind = (kind: unknown): kind is AdminKind =>
  (adminKinds as readonly unknown[]).includes(kind);

/** The name of the CRD that brings a kind. */
export const definitionNameOf = (kind: AdminKind): string => {
  const { plural, group } = policyResources[kind];
  return `${plural}.${group}`;
};

/** `NetworkPolicy x/p`, `AdminNetworkPolicy p`. */
export const formatPolicyName = ({ kind, namespace, name }: PolicyName): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
