import { isIP } from 'node:net';
import { listOf, mapOf, numberThat, oneOf, someFields, text, truth, type Check } from './checks.ts';
import { flawOfLabelName, flawOfLabelValue, flawOfPortNumber, flawOfSubdomain } from './syntax.ts';
import type { Labels, Protocol } from './types.ts';
import { familyOf, type Namespace, type Node, type Pod, type Service } from './world.ts';

// The fields of Namespaces, Nodes, Pods and Services that the model reads; everything else in them is free.

type Metadata = { name: string; namespace?: string; labels?: Labels | null };
type PortObject = { name?: string; containerPort: number; protocol?: Protocol };
type ContainerObject = { ports?: PortObject[] | null; restartPolicy?: string };

export type NamespaceObject = { metadata: Metadata };

export type NodeObject = {
  metadata: Metadata;
  status?: { addresses?: { type?: string; address?: string }[] | null };
};

export type PodObject = {
  metadata: Metadata;
  spec?: {
    hostNetwork?: boolean;
    nodeName?: string;
    containers?: ContainerObject[];
    initContainers?: ContainerObject[];
  };
  status?: { phase?: string; podIP?: string; podIPs?: { ip?: string }[] };
};

export type ServiceObject = {
  metadata: Metadata;
  spec?: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    selector?: Labels;
    ports?: { protocol?: Protocol; port: number; targetPort?: number | string }[];
  };
};

export const readNamespace = ({ metadata: { name, labels } }: NamespaceObject): Namespace => ({
  name,
  labels: { ...labels, 'kubernetes.io/metadata.name': name },
});

export const readNode = ({ metadata: { name, labels }, status }: NodeObject): Node => ({
  name,
  labels: labels ?? {},
  addresses: onePerFamily(
    (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  ),
});

export const readPod = ({ metadata, spec, status }: PodObject): Pod => {
  const listed = (status?.podIPs ?? []).map(({ ip }) => ip);
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    labels: metadata.labels ?? {},
    addresses: onePerFamily([...listed, status?.podIP]),
    ports: [...sidecars, ...(spec?.containers ?? [])].flatMap(({ ports }) =>
      (ports ?? []).map(({ name, containerPort, protocol }) => ({
        ...(name === undefined || name === null ? {} : { name }),
        protocol: protocol ?? 'TCP',
        port: containerPort,
      })),
    ),
    node: spec?.nodeName ?? '',
    ...(spec?.hostNetwork === true ? { hostNetwork: true } : {}),
  };
};

export const readService = ({ metadata, spec }: ServiceObject): Service => ({
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  type: spec?.clusterIP === 'None' ? 'Headless' : 'ClusterIP',
  selector: spec?.selector ?? {},
  ports: (spec?.ports ?? []).map(({ protocol, port, targetPort }) => ({
    protocol: protocol ?? 'TCP',
    port,
    targetPort: targetPort ?? port,
  })),
  addresses: onePerFamily([...(spec?.clusterIPs ?? []), spec?.clusterIP]),
});

const onePerFamily = (candidates: readonly (string | null | undefined)[]): string[] => {
  const found: string[] = [];
  for (const address of candidates)
    if (address && address !== 'None' && !found.some((other) => familyOf(other) === familyOf(address)))
      found.push(address);
  return found;
};

const address = text((value) =>
  value === '' || (isIP(value) !== 0 && !value.includes('%'))
    ? undefined
    : `must be an IP address, got "${value}"`,
);
const clusterAddress: Check = (value, path, report) =>
  value === 'None' ? undefined : address(value, path, report);

const portNumber = numberThat(flawOfPortNumber);

const portNumberOrName: Check = (value, path, report) =>
  (typeof value === 'number' ? portNumber : text())(value, path, report);

const labels = mapOf(flawOfLabelValue);
const protocol = oneOf('TCP', 'UDP', 'SCTP');

const metadata = someFields({ name: text(flawOfSubdomain), namespace: text(flawOfLabelName), labels }, [
  'name',
]);

const containers = listOf(
  someFields({
    ports: listOf(someFields({ name: text(), containerPort: portNumber, protocol }, ['containerPort'])),
    restartPolicy: text(),
  }),
);

/** What is wrong with an object, as far as the readers above need it. */
export const checks: Readonly<Record<'namespace' | 'node' | 'pod' | 'service', Check>> = {
  namespace: someFields({ metadata: someFields({ name: text(flawOfLabelName), labels }, ['name']) }, [
    'metadata',
  ]),
  node: someFields(
    {
      metadata: someFields({ name: text(flawOfSubdomain), labels }, ['name']),
      status: someFields({ addresses: listOf(someFields({ type: text(), address: text() })) }),
    },
    ['metadata'],
  ),
  pod: someFields(
    {
      metadata,
      spec: someFields({ hostNetwork: truth, nodeName: text(), containers, initContainers: containers }),
      status: someFields({ phase: text(), podIP: address, podIPs: listOf(someFields({ ip: address })) }),
    },
    ['metadata'],
  ),
  service: someFields(
    {
      metadata,
      spec: someFields({
        type: text(),
        clusterIP: clusterAddress,
        clusterIPs: listOf(clusterAddress),
        selector: labels,
        ports: listOf(someFields({ protocol, port: portNumber, targetPort: portNumberOrName }, ['port'])),
      }),
    },
    ['metadata'],
  ),
};
