import type { AdminPolicy, Labels, NetworkPolicy, Policy, PolicyName, Protocol } from './types.ts';

export const families = ['IPv4', 'IPv6'] as const;
export type Family = (typeof families)[number];

/** A containerPort. Named ports in policies resolve to the port of that name *and* protocol. */
export type ContainerPort = { name?: string; protocol: Protocol; port: number };

export type Namespace = { name: string; labels: Labels };

/** A pod as the policy APIs see it: labels, addresses, ports, place. */
export type Pod = {
  namespace: string;
  name: string;
  labels: Labels;
  /** At most one per family, canonical text, without a prefix length. Empty while the pod has none. */
  addresses: string[];
  ports: ContainerPort[];
  node: string;
  hostNetwork?: boolean;
  /** A host outside the cluster: policies meet it by address only. It has no labels; `namespace` just names its group. */
  external?: boolean;
  /** The pod has ended for good: it keeps its labels and its addresses, which may already be another pod's. */
  phase?: 'Succeeded' | 'Failed';
  /** What the kubelet's readiness probe found last; absent where nobody asked for one. */
  ready?: boolean;
};

export type Service = {
  namespace: string;
  name: string;
  /** `ClusterIP`: has virtual addresses. `Headless`: only a DNS name. `NodePort`: virtual addresses, and a port of each node. */
  type: 'ClusterIP' | 'Headless' | 'NodePort';
  selector: Labels;
  ports: {
    protocol: Protocol;
    port: number;
    targetPort: number | string;
    /** The port of every node that leads to this one; given by the cluster. */
    nodePort?: number;
  }[];
  addresses: string[];
  /**
   * Only a name for another one: that of a headless Service of the namespace, whose selector and ports it has here. The
   * API calls its type ExternalName, and DNS answers for it with a CNAME.
   */
  externalName?: string;
};

/**
 * The Service that a DNS name means in a cluster of the usual domain, `cluster.local`. The name `*`: each of the
 * namespace, as the pattern `*.y.svc.cluster.local` means them.
 * @see https://github.com/kubernetes/dns/blob/master/docs/specification.md
 */
export const readServiceName = (domainName: string): { namespace: string; name: string } | undefined => {
  const [, name, namespace] =
    /^([^.*]+|\*)\.([^.*]+)\.svc\.cluster\.local\.?$/.exec(domainName.toLowerCase()) ?? [];
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
};

/** The DNS name of a Service: `first.y.svc.cluster.local`. */
export const serviceNameOf = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${name}.${namespace}.svc.cluster.local`;

/** A machine of the cluster; pods name it in `node`. */
export type Node = { name: string; addresses: string[]; labels?: Labels };

/** Before the keys of all labels that a run may give a node: nobody else's selectors speak of them. */
export const nodeLabelPrefix = 'netpol-conformance/';

/** A plain snapshot of everything that decides who reaches whom. */
export type World = {
  /** In a fixed order. Absent where only the names that pods give are known. */
  nodes?: Node[];
  namespaces: Namespace[];
  pods: Pod[];
  services: Service[];
  policies: NetworkPolicy[];
  /** Of the tiers around NetworkPolicy; absent where there are none. */
  adminPolicies?: AdminPolicy[];
};

/** `namespace/name`, the name of a pod or service in grids, reports and errors. */
export const idOf = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${namespace}/${name}`;

/** Whether a policy is of a tier around NetworkPolicy: cluster-scoped, and without a namespace. */
export const isAdminPolicy = (policy: Policy): policy is AdminPolicy => policy.kind !== 'NetworkPolicy';

export const nameOfPolicy = ({ kind, metadata: { namespace, name } }: Policy): PolicyName => ({
  kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
});

/** Whether a pod still runs. One that has ended is nobody's peer and nobody's subject, whatever it keeps. */
export const isRunning = ({ phase }: Pick<Pod, 'phase'>): boolean => phase === undefined;

export const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4');

/** The pod's address of one family, or undefined where it has none. */
export const addressOf = (pod: { addresses: string[] }, family: Family): string | undefined =>
  pod.addresses.find((address) => familyOf(address) === family);
