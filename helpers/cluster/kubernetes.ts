import { readFile } from 'node:fs/promises';
import { ClusterError, messageOf } from '../errors.ts';
import { ApiError, isMissing } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Labels } from '../kube/types.ts';
import type { Pod, World } from '../kube/world.ts';
import { poll, settleAll } from '../wait.ts';
import type { ExternalHostRequest, Lane, ObjectName, PodRequest } from './cluster.ts';
import { collectObjects } from './kubernetes-evidence.ts';
import {
  agentConfigMap,
  containerName,
  laneLabel,
  namespaceBody,
  ownLabels,
  podBody,
  probeCommand,
  readPod,
  readService,
  runLabel,
  serviceBody,
} from './kubernetes-objects.ts';
import { waitUntilGone, waitUntilServing } from './pod-readiness.ts';
import type { ExternalHosts } from './external-hosts.ts';

export type KubernetesLaneOptions = {
  client: KubeClient;
  run: string;
  /** Image of the probe pods: Node >= 20. */
  image: string;
  /** `kubernetes.io/hostname` of the probe nodes. */
  nodes: readonly string[];
  /** False where the whole cluster goes anyway: then the namespaces are only asked to go. */
  waitForRemoval: boolean;
  /** Absent where the provider cannot make hosts outside the cluster. */
  externalHosts?: ExternalHosts;
  /** More evidence, such as the plugin's log: file name -> content. */
  evidence?: () => Promise<Record<string, string>>;
  signal?: AbortSignal;
};

const agentFile = new URL('../probe/agent.mjs', import.meta.url);
const removalDeadline = 90_000;

/**
 * Opens a lane on any Kubernetes cluster: namespaces `netpol-<run>-<lane>-x` with their standing pods, all serving.
 * @throws ClusterError; everything created is gone again, as far as the cluster lets us
 */
export const openKubernetesLane = async (
  options: KubernetesLaneOptions,
  index: number,
  standing: readonly PodRequest[],
): Promise<Lane> => {
  const { client, run, image, nodes, externalHosts, signal } = options;
  const shortNames = [...new Set(standing.map(({ namespace }) => namespace))].toSorted();
  const realName = (short: string): string => `netpol-${run}-${index}-${short}`;
  const namespaceNames = Object.fromEntries(shortNames.map((short) => [short, realName(short)]));
  const realNames = Object.values(namespaceNames);
  const own = ownLabels(run, index);
  const host = (node: number): string => nodes[node % nodes.length] ?? '';
  const lock: object = {};

  const createNamespace = async (short: string): Promise<void> => {
    const name = realName(short);
    await client.core.createNamespace({ body: namespaceBody(name, { ...own, ns: short }) });
    const data = { 'agent.mjs': await readFile(agentFile, 'utf8') };
    await client.core.createNamespacedConfigMap({
      namespace: name,
      body: { metadata: { name: agentConfigMap }, data },
    });
  };

  const createPods = async (requests: readonly PodRequest[]): Promise<void> => {
    await settleAll(
      requests.map((request) =>
        admitPod(client, podBody(request, image, host(request.node)), request, signal),
      ),
    );
    await waitUntilServing(client, requests, signal);
  };

  const listNamespaced = async <Item>(
    list: (place: { namespace: string }) => Promise<{ items: Item[] }>,
  ): Promise<Item[]> => {
    const lists = await Promise.all(realNames.map((namespace) => list({ namespace })));
    return lists.flatMap(({ items }) => items);
  };

  const world = async (): Promise<World> => {
    const [namespaces, pods, services, policies] = await Promise.all([
      client.core.listNamespace({ labelSelector: `${runLabel}=${run},${laneLabel}=${index}` }),
      listNamespaced((place) => client.core.listNamespacedPod(place)),
      listNamespaced((place) => client.core.listNamespacedService(place)),
      Promise.all(realNames.map((namespace) => client.policies.list(namespace))),
    ]);
    return {
      namespaces: namespaces.items.map(({ metadata }) => ({
        name: metadata?.name ?? '',
        labels: Object.fromEntries(
          Object.entries(metadata?.labels ?? {}).filter(([key]) => !Object.hasOwn(own, key)),
        ),
      })),
      pods: [
        ...pods.map(readPod).filter((pod): pod is Pod => pod !== undefined),
        ...(externalHosts?.pods(lock) ?? []),
      ],
      services: services.map(readService),
      policies: policies.flat(),
    };
  };

  const dispose = async (): Promise<void> => {
    externalHosts?.releaseAll(lock);
    await Promise.all(realNames.map((name) => removeNamespace(client, name)));
    if (options.waitForRemoval) await waitForRemoval(client, realNames);
  };

  const externals = (request: { namespace: string; name: string }): ExternalHosts => {
    if (externalHosts !== undefined) return externalHosts;
    throw new ClusterError({
      subject: `no external host ${request.namespace}/${request.name}`,
      got: 'this provider cannot make hosts outside the cluster',
    });
  };

  try {
    await settleAll(shortNames.map(createNamespace));
    await createPods(standing.map((pod) => ({ ...pod, namespace: realName(pod.namespace) })));
  } catch (error) {
    // The first error is the one to tell; what cannot be removed now, `netpol clean` removes.
    await dispose().catch(() => {});
    throw error;
  }

  return {
    index,
    namespaceNames,
    world,
    applyPolicy: (policy) => client.policies.apply(policy),
    deletePolicy: (name) => client.policies.delete(name),
    labelNamespace: async (name, labels) => {
      const all = { ...labels, ...own, 'kubernetes.io/metadata.name': name };
      await client.core.patchNamespace({ name, body: setLabels(all) });
    },
    labelPod: async (name, labels) => {
      await client.core.patchNamespacedPod({ ...name, body: setLabels(labels) });
    },
    createPod: (request) => createPods([request]),
    deletePod: async (name) => {
      try {
        await client.core.deleteNamespacedPod({ ...name, gracePeriodSeconds: 0 });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await waitUntilGone(client, name);
    },
    createExternalHost: (request: ExternalHostRequest) => externals(request).acquire(lock, request),
    deleteExternalHost: async (name) => externals(name).release(lock, name),
    createService: async (request) => {
      await client.core.createNamespacedService({ namespace: request.namespace, body: serviceBody(request) });
    },
    deleteService: async (name) => {
      try {
        await client.core.deleteNamespacedService(name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    connect: (name: ObjectName) =>
      externalHosts?.has(lock, name)
        ? externalHosts.connect(lock, name)
        : client.exec({ ...name, container: containerName, command: probeCommand }),
    evidence: async () => {
      const [objects, more] = await Promise.all([
        collectObjects(client, realNames),
        options.evidence?.().catch((error: unknown) => ({ 'evidence-missing.txt': messageOf(error) })),
      ]);
      return { ...objects, ...more };
    },
    [Symbol.asyncDispose]: dispose,
  };
};

const setLabels = (labels: Labels): object => [{ op: 'add', path: '/metadata/labels', value: labels }];

// A new namespace has no service account yet for some milliseconds, and a pod is refused until then.
const admitPod = async (
  client: KubeClient,
  body: ReturnType<typeof podBody>,
  { namespace, name }: PodRequest,
  signal?: AbortSignal,
): Promise<void> => {
  let refusal = '';
  const create = async (): Promise<true | undefined> => {
    try {
      await client.core.createNamespacedPod({ namespace, body });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      if (!/serviceaccount "default" not found/.test(error.message)) throw error;
      refusal = error.message;
      return undefined;
    }
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `pod ${namespace}/${name} is not admitted`,
      got: refusal,
      next: 'is the kube-controller-manager alive? It makes the service account of each namespace',
    });
  await poll(create, { deadline: 30_000, interval: 50, signal, failure });
};

const removeNamespace = async (client: KubeClient, name: string): Promise<void> => {
  try {
    await client.core.deleteNamespace({ name });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
};

/**
 * Resolves when none of these namespaces is left.
 * @throws ClusterError where one stays
 */
export const waitForRemoval = async (client: KubeClient, names: readonly string[]): Promise<void> => {
  let left: string[] = [];
  const areGone = async (): Promise<true | undefined> => {
    const { items } = await client.core.listNamespace({ labelSelector: runLabel });
    left = items.map(({ metadata }) => metadata?.name ?? '').filter((name) => names.includes(name));
    return left.length === 0 ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `namespaces do not go away: ${left.join(', ')}`,
      wanted: `their end within ${removalDeadline / 1000} s`,
      next: `kubectl get namespace ${left[0]} -o yaml shows what holds it; later \`netpol clean\``,
    });
  await poll(areGone, { deadline: removalDeadline, interval: 250, failure });
};
