import { ClusterError } from '../errors.ts';
import type { KubeClient, V1DaemonSet, V1Pod } from '../kube/client.ts';
import { poll, settleAll } from '../wait.ts';
import type { PluginOperation } from './cluster.ts';
import { kubectl } from './kind-nodes.ts';
import { saysReady } from './kubernetes-objects.ts';
import { runProgram } from './programs.ts';
import type { VersionChange } from './versions.ts';

const deadline = 180_000;

export type KindPlace = {
  client: KubeClient;
  /** The plugin's DaemonSets, as `namespace/name`; by their names alone where nobody knows more. */
  daemonSets: readonly string[];
  /** The container that has a kubectl and its kubeconfig. */
  controlPlane: string;
  signal: AbortSignal | undefined;
};

/**
 * Does it to the plugin's DaemonSets on a kind cluster, whose nodes are containers of the same names.
 * @throws ClusterError where a pod is not ready again within three minutes
 */
export const operateDaemonSets = async (
  operation: Exclude<PluginOperation, VersionChange>,
  place: KindPlace,
): Promise<void> => {
  const { client, controlPlane, signal } = place;
  const sets = await findSets(place);
  const pods = await podsOf(sets, client);
  const before = new Set(pods.flatMap(containersOf));
  if (operation === 'kill') {
    await settleAll(pods.map(async (pod) => doToContainers(pod, killTask, signal)));
  } else if (operation === 'restart') {
    const told = pods.map(({ metadata }) =>
      client.core.deleteNamespacedPod({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }),
    );
    await settleAll(told);
  } else {
    for (const { metadata } of sets)
      await runProgram(
        'docker',
        [
          ...['exec', controlPlane, ...kubectl],
          ...[`--namespace=${metadata?.namespace}`, 'rollout', 'restart', `daemonset/${metadata?.name}`],
        ],
        { signal, subject: 'cannot roll over the plugin' },
      );
  }
  await waitUntilReplaced(sets, before, place);
};

export const killTask = 'kill --signal SIGKILL';

/** Does something with `ctr tasks` to each container of a pod, on its node. */
export const doToContainers = async (pod: V1Pod, verb: string, signal?: AbortSignal): Promise<void> => {
  await runProgram('docker', ['exec', pod.spec?.nodeName ?? '', 'sh', '-ec', toContainers(pod, verb)], {
    signal,
    subject: `cannot ${verb.replace(/ .*/, '')} the containers of ${pod.metadata?.name}`,
  });
};

export const toContainers = (pod: V1Pod, verb: string): string =>
  containersOf(pod)
    .map((id) => `ctr --namespace k8s.io tasks ${verb} ${id.replace(/^.*:\/\//, '')}`)
    .join('\n');

export const findSets = async ({
  client,
  daemonSets,
}: Pick<KindPlace, 'client' | 'daemonSets'>): Promise<V1DaemonSet[]> => {
  const { items } = await client.apps.listDaemonSetForAllNamespaces();
  return items.filter(({ metadata }) =>
    [metadata?.name ?? '', `${metadata?.namespace}/${metadata?.name}`].some((id) => daemonSets.includes(id)),
  );
};

/** Resolves when every node that should has a ready pod of each set, with none of the containers of before. */
export const waitUntilReplaced = async (
  sets: readonly V1DaemonSet[],
  before: ReadonlySet<string>,
  { client, signal }: KindPlace,
): Promise<void> => {
  const wanted = sets.reduce((sum, { status }) => sum + (status?.desiredNumberScheduled ?? 0), 0);
  let missing = '';
  const areReplaced = async (): Promise<true | undefined> => {
    const pods = await podsOf(sets, client);
    const stale = pods.filter((pod) => !isReady(pod) || containersOf(pod).some((id) => before.has(id)));
    missing = stale.map(({ metadata }) => metadata?.name).join(', ');
    return stale.length === 0 && pods.length === wanted ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `the plugin is not back after ${deadline / 1000} s`,
      wanted: `${wanted} new pods that are ready`,
      got: `not ready or not new: ${missing || 'too few pods'}`,
      next: 'kubectl get pods --all-namespaces',
    });
  await poll(areReplaced, { deadline, interval: 250, signal, failure });
};

export const podsOf = async (sets: readonly V1DaemonSet[], client: KubeClient): Promise<V1Pod[]> => {
  const owners = new Set(sets.map(({ metadata }) => metadata?.uid));
  const namespaces = [...new Set(sets.map(({ metadata }) => metadata?.namespace ?? ''))];
  const lists = await settleAll(
    namespaces.map(async (namespace) => (await client.core.listNamespacedPod({ namespace })).items),
  );
  return lists
    .flat()
    .filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => owners.has(uid)) === true);
};

export const containersOf = ({ status }: V1Pod): string[] =>
  (status?.containerStatuses ?? []).flatMap(({ containerID }) => containerID ?? []);

const isReady = ({ status, metadata }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined && saysReady(status);
