import { compile } from '../../../helpers/reference/compile.ts';
import type { PodRules } from '../../../helpers/reference/rules.ts';
import { createState } from './worlds.ts';
import type {
  AdminNetworkPolicy,
  AdminPeer,
  AdminPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  NetworkPolicy,
} from '../../../helpers/kube/types.ts';
import type { State } from '../../../helpers/reference/state.ts';

export const everywhere: AdminPeer = { namespaces: {} };
export const inNamespace = (ns: string): AdminPeer => ({ namespaces: { matchLabels: { ns } } });
/** The pods of one name in all namespaces. */
export const named = (pod: string): AdminPeer => ({
  pods: { namespaceSelector: {}, podSelector: { matchLabels: { pod } } },
});

type Spec<Policy extends AdminPolicy> = Partial<Policy['spec']>;

/** The subject is all pods, unless the spec says otherwise. */
export const cluster = (spec: Spec<ClusterNetworkPolicy>, name = 'policy'): ClusterNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name },
  spec: { tier: 'Admin', priority: 10, subject: everywhere, ...spec },
});

export const admin = (spec: Spec<AdminNetworkPolicy>, name = 'policy'): AdminNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name },
  spec: { priority: 10, subject: everywhere, ...spec },
});

export const baseline = (spec: Spec<BaselineAdminNetworkPolicy>): BaselineAdminNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'BaselineAdminNetworkPolicy',
  metadata: { name: 'default' },
  spec: { subject: everywhere, ...spec },
});

export const createTierState = (...policies: (AdminPolicy | NetworkPolicy)[]): State => ({
  ...createState(...policies.filter((policy) => policy.kind === 'NetworkPolicy')),
  adminPolicies: policies.filter((policy) => policy.kind !== 'NetworkPolicy'),
});

/** The rules of x/a under these policies. */
export const compileTiersFor = (...policies: AdminPolicy[]): PodRules | undefined =>
  compile(createTierState(...policies), 'node0').find(({ name }) => name === 'x/a');
