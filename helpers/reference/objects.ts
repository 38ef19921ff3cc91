import type { Labels, NetworkPolicy, NetworkPolicySpec, Protocol } from '../kube/types.ts';
import type { ContainerPort, Namespace, Node, Pod, Service, State } from './state.ts';

type Metadata = { name: string; namespace?: string; labels?: Labels; uid?: string; generation?: number };
type Container = {
  restartPolicy?: string;
  ports?: { name?: string; protocol?: Protocol; containerPort: number }[];
};

/** The parts of an API object that we read; each kind has some of them. */
export type ApiObject = {
  metadata: Metadata;
  spec?: NetworkPolicySpec & {
    nodeName?: string;
    hostNetwork?: boolean;
    containers?: Container[];
    initContainers?: Container[];
    podCIDRs?: string[];
    clusterIP?: string;
    type?: string;
  };
  status?: {
    phase?: string;
    podIPs?: { ip: string }[];
    addresses?: { type: string; address: string }[];
  };
};

/** Where the API serves each part of the state, and how its objects are read. Undefined: the object does not count. */
export const resources: {
  [Part in Exclude<keyof State, 'adminPolicies' | 'domainNames'>]: {
    path: string;
    read: (object: ApiObject) => State[Part][number] | undefined;
  };
} = {
  nodes: {
    path: '/api/v1/nodes',
    read: ({ metadata, spec, status }): Node => ({
      name: metadata.name,
      labels: metadata.labels ?? {},
      addresses: (status?.addresses ?? [])
        .filter(({ type }) => type === 'InternalIP')
        .map(({ address }) => address),
      podCIDRs: spec?.podCIDRs ?? [],
    }),
  },
  namespaces: {
    path: '/api/v1/namespaces',
    read: ({ metadata }): Namespace => ({ name: metadata.name, labels: metadata.labels ?? {} }),
  },
  pods: { path: '/api/v1/pods', read: (object) => readPod(object) },
  services: {
    path: '/api/v1/services',
    read: ({ metadata: { namespace = '', name }, spec }): Service | undefined =>
      spec?.clusterIP === 'None'
        ? { namespace, name, type: 'Headless' }
        : spec?.type === 'ExternalName'
          ? { namespace, name, type: 'ExternalName' }
          : undefined,
  },
  policies: {
    path: '/apis/networking.k8s.io/v1/networkpolicies',
    read: ({ metadata, spec }): NetworkPolicy => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
      spec: spec ?? {},
    }),
  },
};

const readPod = ({ metadata, spec, status }: ApiObject): Pod => {
  const { phase } = status ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    labels: metadata.labels ?? {},
    addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
    ports: [
      ...(spec?.containers ?? []),
      ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ].flatMap(portsOf),
    node: spec?.nodeName ?? '',
    hostNetwork: spec?.hostNetwork ?? false,
    ...(phase === 'Succeeded' || phase === 'Failed' ? { phase } : {}),
  };
};

const portsOf = ({ ports = [] }: Container): ContainerPort[] =>
  ports.map(({ name, protocol = 'TCP', containerPort }) => ({
    protocol,
    port: containerPort,
    ...(name === undefined ? {} : { name }),
  }));
