import type { AdminPolicy, Labels, NetworkPolicy, Protocol } from '../kube/types.ts';

export type Node = { name: string; labels: Labels; addresses: string[]; podCIDRs: string[] };
export type Namespace = { name: string; labels: Labels };
export type ContainerPort = { name?: string; protocol: Protocol; port: number };

export type Pod = {
  namespace: string;
  name: string;
  labels: Labels;
  /** One per family at most; empty while the pod has none. */
  addresses: string[];
  ports: ContainerPort[];
  /** Empty while the pod is not scheduled. */
  node: string;
  hostNetwork?: boolean;
  /** A pod that has ended keeps all it had, but its addresses may already be another pod's: it must match nothing. */
  phase?: 'Succeeded' | 'Failed';
};

/** Of these only headless ones count: their names mean pods. Those of the type ExternalName are names for others. */
export type Service = {
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'Headless' | 'NodePort' | 'ExternalName';
};

/** `uid` and `generation` are there where the API server is the feed. */
export type StoredAdminPolicy = AdminPolicy & { metadata: { uid?: string; generation?: number } };

/** Everything that the plugin knows about the cluster. What the feeds deliver is always whole, never a difference. */
export type State = {
  nodes: Node[];
  namespaces: Namespace[];
  pods: Pod[];
  services: Service[];
  policies: NetworkPolicy[];
  /** Of all kinds of both tiers. */
  adminPolicies: StoredAdminPolicy[];
  /** The addresses that the domain names of policies have; absent where nobody can be asked. */
  domainNames?: Readonly<Record<string, readonly string[]>>;
};

export const emptyState: State = {
  nodes: [],
  namespaces: [],
  pods: [],
  services: [],
  policies: [],
  adminPolicies: [],
};

/** The addresses of a pod in the host network are its node's, those of one that has ended may be another pod's. */
export const ownsAddresses = ({ hostNetwork, phase }: Pod): boolean =>
  hostNetwork !== true && phase === undefined;

/** `namespace/name`, the name of a pod or policy in logs and maps. */
export const nameOf = ({ namespace, name }: { namespace?: string; name: string }): string =>
  `${namespace ?? ''}/${name}`;
