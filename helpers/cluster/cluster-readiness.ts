import { ClusterError, messageOf } from '../errors.ts';
import type { KubeClient, V1DaemonSet, V1Deployment, V1Node } from '../kube/client.ts';
import { poll } from '../wait.ts';
import { saysReady } from './kubernetes-objects.ts';
import type { Wait } from './plugin-description.ts';
import type { Plugin } from './plugins.ts';

type ReadinessOptions = {
  /** How many nodes there must be. */
  nodes: number;
  /** Says what must be there and ready besides, and how long that may take. */
  plugin?: Pick<Plugin, 'waits' | 'within'>;
  /** The last words of a node's kubelet, for the message. */
  kubeletWords: (node: string) => Promise<string>;
  deadline?: number;
  signal?: AbortSignal | undefined;
};

/**
 * Resolves when every node is ready, every DaemonSet is rolled out, what else is waited for is there and ready, and the
 * cluster's DNS serves.
 * @throws ClusterError at the deadline, with the conditions of what is not ready
 */
export const waitUntilClusterReady = async (
  client: KubeClient,
  { nodes, plugin, kubeletWords, deadline = plugin?.within ?? 180_000, signal }: ReadinessOptions,
): Promise<void> => {
  let complaints: string[] = [];
  let unready: string[] = [];
  const isReady = async (): Promise<true | undefined> => {
    try {
      const [nodeList, daemonSets, allDeployments] = await Promise.all([
        client.core.listNode(),
        client.apps.listDaemonSetForAllNamespaces(),
        client.apps.listDeploymentForAllNamespaces(),
      ]);
      const waits = plugin?.waits ?? [];
      const awaited = waits.flatMap((wait) => ('deployment' in wait ? [wait.deployment] : []));
      const awaitedSets = waits.flatMap((wait) => ('daemonset' in wait ? [wait.daemonset] : []));
      const deployments = allDeployments.items.filter(
        ({ metadata }) => metadata?.labels?.['k8s-app'] === 'kube-dns' || awaited.includes(nameOf(metadata)),
      );
      const { items } = nodeList;
      unready = items.filter((node) => !isNodeReady(node)).map(({ metadata }) => metadata?.name ?? '');
      complaints = [
        ...(items.length < nodes ? [`${items.length} of ${nodes} nodes have joined`] : []),
        ...items.filter((node) => !isNodeReady(node)).map(describeNode),
        ...daemonSets.items.flatMap((set) => describeSet(set, awaitedSets.includes(nameOf(set.metadata)))),
        ...describeMissing(waits, daemonSets.items, deployments),
        ...deployments.flatMap((deployment) =>
          describeDeployment(deployment, awaited.includes(nameOf(deployment.metadata))),
        ),
      ];
    } catch (error) {
      // A young API server refuses connections now and then.
      complaints = [messageOf(error)];
    }
    return complaints.length === 0 ? true : undefined;
  };
  const failure = async (): Promise<Error> => {
    const words = await Promise.all(
      unready.map(async (node) => `${node}: ${await kubeletWords(node).catch(messageOf)}`),
    );
    return new ClusterError({
      subject: 'the cluster does not get ready',
      wanted: `nodes Ready, DaemonSets rolled out, DNS available within ${deadline / 1000} s`,
      got: [...complaints, ...words.map((text) => `the kubelet's last words on ${text}`)].join(
        '\n          ',
      ),
      next: 'is the network plugin right for this cluster? A cluster without CNI needs `--plugin reference` or a NAME',
    });
  };
  await poll(isReady, { deadline, interval: 250, signal, failure });
};

const describeSet = ({ metadata, spec, status }: V1DaemonSet, isAwaited: boolean): string[] => {
  const isCurrent = status?.observedGeneration === metadata?.generation;
  const wanted = status?.desiredNumberScheduled ?? 0;
  const updates = spec?.updateStrategy?.type === 'OnDelete' ? wanted : (status?.updatedNumberScheduled ?? 0);
  const done = Math.min(status?.numberReady ?? 0, updates);
  const mayBeNowhere = spec?.template.spec?.nodeSelector !== undefined && !isAwaited;
  const isScheduled = wanted > 0 || mayBeNowhere;
  if (isCurrent && isScheduled && done >= wanted) return [];
  return [`DaemonSet ${nameOf(metadata)}: ${done} of ${wanted} pods ready`];
};

/** One that is awaited must have all its replicas, and by what was applied last: those of before may still be available. */
const describeDeployment = ({ metadata, spec, status }: V1Deployment, isAwaited: boolean): string[] => {
  if ((status?.availableReplicas ?? 0) === 0) return [`${metadata?.name}: no replica available`];
  const wanted = spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const isCurrent =
    status?.observedGeneration === metadata?.generation && (status?.replicas ?? updated) <= updated;
  const done = isCurrent ? Math.min(updated, status?.availableReplicas ?? 0) : 0;
  if (!isAwaited || done >= wanted) return [];
  return [`Deployment ${nameOf(metadata)}: ${done} of ${wanted} replicas updated and available`];
};

const describeMissing = (
  waits: readonly Wait[],
  daemonSets: readonly V1DaemonSet[],
  deployments: readonly V1Deployment[],
): string[] =>
  waits.flatMap((wait) => {
    const [kind, name, there] =
      'deployment' in wait
        ? ['Deployment', wait.deployment, deployments]
        : ['DaemonSet', wait.daemonset, daemonSets];
    return there.some(({ metadata }) => nameOf(metadata) === name) ? [] : [`no ${kind} ${name}`];
  });

const nameOf = (metadata: V1Node['metadata']): string => `${metadata?.namespace}/${metadata?.name}`;

/** The node lifecycle controller takes these taints away a moment after the node says Ready; until then no pod lands there. */
const lifecycleTaint = /^node\.kubernetes\.io\/(not-ready|unreachable)$/;

const lifecycleTaintsOf = ({ spec }: V1Node): string[] =>
  (spec?.taints ?? []).map(({ key }) => key).filter((key) => lifecycleTaint.test(key));

const isNodeReady = (node: V1Node): boolean => saysReady(node.status) && lifecycleTaintsOf(node).length === 0;

const describeNode = (node: V1Node): string => {
  const { metadata, status } = node;
  const conditions = (status?.conditions ?? [])
    .filter(({ type, status }) => (type === 'Ready') !== (status === 'True'))
    .map(({ type, status, reason, message }) => `${type}=${status} (${reason}: ${message})`);
  const taints = lifecycleTaintsOf(node).map((key) => `taint ${key}`);
  return `node ${metadata?.name}: ${[...conditions, ...taints].join(', ') || 'no condition told yet'}`;
};
