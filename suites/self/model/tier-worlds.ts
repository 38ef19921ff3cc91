import type { AdminPolicy, AdminSubject } from '../../../helpers/kube/types.ts';

export const inNamespace = (ns: string): AdminSubject => ({ namespaces: { matchLabels: { ns } } });

export type Cluster = Extract<AdminPolicy, { kind: 'ClusterNetworkPolicy' }>;
export type Spec = Partial<Cluster['spec']>;

export const clusterPolicy = (name: string, spec: Spec): Cluster => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name },
  spec: { tier: 'Admin', priority: 10, subject: inNamespace('x'), ...spec },
});

export const adminPolicy = (
  name: string,
  priority: number,
  spec: Pick<Extract<AdminPolicy, { kind: 'AdminNetworkPolicy' }>['spec'], 'subject' | 'ingress' | 'egress'>,
): AdminPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name },
  spec: { priority, ...spec },
});
