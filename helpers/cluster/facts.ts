import type { KubeClient, V1DaemonSet, V1Node } from '../kube/client.ts';
import { families, familyOf, type Family } from '../kube/world.ts';
import type { Environment } from './cluster.ts';
import { internalAddresses } from './kubernetes-objects.ts';

// DaemonSets by which network plugins are known. `kindnet` enforces since kind's images of Kubernetes 1.31.
const engineNames = [
  'anetd',
  'antrea-agent',
  'aws-node',
  'azure-npm',
  'calico-node',
  'canal',
  'cilium',
  'kindnet',
  'kube-network-policies',
  'kube-router',
  'netpol-reference',
  'ovnkube-node',
  'romana-agent',
  'weave-net',
];

export type Facts = {
  versions: Environment['versions'];
  families: Family[];
  /** DaemonSets that may enforce, by their names. */
  engines: string[];
  /** The same, with those of a plugin that we have installed and do not know as one. */
  plugins: string[];
};

/**
 * What runs on a cluster, for reports. What may not be read is left out. `installed` are the DaemonSets (`namespace/name`) of
 * the plugin that the run is about.
 */
export const readFacts = async (
  client: KubeClient,
  nodes: readonly V1Node[],
  installed: readonly string[] = [],
): Promise<Facts> => {
  const [version, daemonSets, proxy] = await Promise.all([
    client.version.getCode().catch(() => undefined),
    client.apps.listDaemonSetForAllNamespaces().catch(() => undefined),
    client.core
      .readNamespacedConfigMap({ namespace: 'kube-system', name: 'kube-proxy' })
      .catch(() => undefined),
  ]);
  const info = nodes[0]?.status?.nodeInfo;
  const known = (daemonSets?.items ?? []).filter((set) => isEngine(set, info?.kubeletVersion ?? ''));
  const ours = (daemonSets?.items ?? []).filter((set) => installed.includes(idOf(set)));
  // Where one is known, the others beside it are its helpers.
  const unknown = ours.some((set) => known.includes(set)) ? [] : ours;
  const found = [...known, ...unknown];
  const engines = found.map(nameOf).toSorted();
  const together = unknown.length === 0 ? [] : [unknown.map(nameOf).join(' with ')];
  const plugins = [...known.map(nameOf), ...together].toSorted();
  const entries: [string, string | undefined][] = [
    ['kubernetes', version?.gitVersion ?? info?.kubeletVersion],
    ['kernel', info?.kernelVersion],
    ['container runtime', info?.containerRuntimeVersion],
    ['kube-proxy', proxyMode(proxy?.data?.['config.conf'])],
    ['plugin', found.map(describeEngine).join(' + ') || undefined],
    ['engines', plugins.length > 1 ? `${plugins.join(' and ')}: more than one may enforce` : undefined],
  ];
  const versions = Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { versions, families: readFamilies(nodes), engines, plugins };
};

/** Says where more than one plugin may enforce policies, because then no verdict tells which of them it is about. */
export const warnOfSeveralEngines = ({ plugins }: Facts, log: (line: string) => void): void => {
  if (plugins.length < 2) return;
  log(`warning: ${plugins.join(' and ')} both run here; verdicts are about what they enforce together`);
};

const nameOf = ({ metadata }: V1DaemonSet): string => metadata?.name ?? '';

/** As `namespace/name`. */
export const idOf = ({ metadata }: V1DaemonSet): string => `${metadata?.namespace}/${metadata?.name}`;

/** Whether it may enforce policies in that version of Kubernetes. */
export const isEngine = ({ metadata, spec }: V1DaemonSet, kubernetes: string): boolean => {
  const name = metadata?.name ?? '';
  const minor = Number(/^v1\.(\d+)/.exec(kubernetes)?.[1] ?? 0);
  if (name !== 'kindnet') return engineNames.includes(name);
  // Beside a plugin that only enforces, it is told to connect the pods and no more.
  const words = spec?.template.spec?.containers.flatMap(({ command = [], args = [] }) => [
    ...command,
    ...args,
  ]);
  return minor >= 31 && words?.includes('--network-policy=false') !== true;
};

const describeEngine = ({ metadata, spec }: V1DaemonSet): string => {
  const [container] = spec?.template.spec?.containers ?? [];
  const parameters = metadata?.name === 'netpol-reference' ? (container?.args ?? []).slice(4) : [];
  return [metadata?.name, `(${container?.image})`, ...parameters].join(' ');
};

/** Of the configuration of kube-proxy, its mode; undefined without one. */
export const proxyMode = (config: string | undefined): string | undefined => {
  if (config === undefined) return undefined;
  const mode = /^mode:\s*"?([a-z]*)"?\s*$/m.exec(config)?.[1];
  return mode === undefined || mode === '' ? 'iptables' : mode;
};

const readFamilies = (nodes: readonly V1Node[]): Family[] => {
  const [node] = nodes;
  const subnets = node?.spec?.podCIDRs ?? (node?.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
  const texts = subnets.length > 0 ? subnets : internalAddresses(node?.status);
  return families.filter((family) => texts.some((text) => familyOf(text) === family));
};
