import type { AdminPolicy } from '../kube/types.ts';
import type { ApiObject } from './objects.ts';
import type { StoredAdminPolicy } from './state.ts';

const group = '/apis/policy.networking.k8s.io';

type Kind = AdminPolicy['kind'];

const paths: Record<Kind, string> = {
  AdminNetworkPolicy: `${group}/v1alpha1/adminnetworkpolicies`,
  BaselineAdminNetworkPolicy: `${group}/v1alpha1/baselineadminnetworkpolicies`,
  ClusterNetworkPolicy: `${group}/v1alpha2/clusternetworkpolicies`,
};

/** Where the API serves the policies of the tiers, each kind only where its CustomResourceDefinition is installed. */
export const tierResources = (Object.keys(paths) as Kind[]).map((kind) => ({
  kind,
  path: paths[kind],
  read: (object: ApiObject) => readPolicy(kind, object),
}));

export const pathOf = ({ kind, metadata }: AdminPolicy): string => `${paths[kind]}/${metadata.name}`;

const readPolicy = (kind: Kind, { metadata, spec }: ApiObject): StoredAdminPolicy | undefined => {
  if (spec === undefined) return undefined;
  const { name, uid = '', generation = 0 } = metadata;
  const apiVersion = paths[kind].split('/').slice(2, 4).join('/');
  // The schema of the kind at the API server vouches for it.
  return { apiVersion, kind, metadata: { name, uid, generation }, spec } as unknown as StoredAdminPolicy;
};
