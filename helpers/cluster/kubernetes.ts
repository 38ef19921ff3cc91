import { ClusterError, messageOf } from '../errors.ts';
import { ignoreMissing } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Labels } from '../kube/types.ts';
import type { Node, Pod, World } from '../kube/world.ts';
import { settleAll } from '../wait.ts';
import type { AdminApi } from './admin-api.ts';
import { guestNamespaces } from './cluster.ts';
import type { ExternalHostRequest, Lane, ObjectName, PodRequest } from './cluster.ts';
import { collectObjects } from './kubernetes-evidence.ts';
import { createProbeNamespace, removeNamespace, waitForRemoval } from './kubernetes-namespaces.ts';
import {
  containerName,
  endCommand,
  laneLabel,
  ownLabels,
  probeCommand,
  readNodes,
  readPod,
  runLabel,
} from './kubernetes-objects.ts';
import { readServices, serviceBody } from './kubernetes-services.ts';
import { setNodeLabels } from './node-labels.ts';
import { createLanePolicies } from './kubernetes-policies.ts';
import { createAdmission } from './pod-admission.ts';
import { waitUntilGone, waitUntilServing, waitUntilSucceeded } from './pod-readiness.ts';
import type { ExternalHosts } from './external-hosts.ts';

export type KubernetesLaneOptions = {
  client: KubeClient;
  run: string;
  /** Image of the probe pods: Node >= 20. */
  image: string;
  /** `kubernetes.io/hostname` of the probe nodes. */
  nodes: readonly string[];
  /** Which policies of the admin tiers can be written, and which read. */
  admin: Pick<AdminApi, 'kinds' | 'readable'>;
  /** False where the whole cluster goes anyway: then the namespaces are only asked to go. */
  waitForRemoval: boolean;
  /** Absent where the provider cannot make hosts outside the cluster. */
  externalHosts?: ExternalHosts;
  /** More evidence, such as the plugin's log: file name -> content. */
  evidence?: () => Promise<Record<string, string>>;
  signal?: AbortSignal | undefined;
};

/**
 * Opens a lane on any Kubernetes cluster: namespaces `netpol-<run>-<lane>-x` with their standing pods, all serving.
 * @throws ClusterError; everything created is gone again, as far as the cluster lets us
 */
export const openKubernetesLane = async (
  options: KubernetesLaneOptions,
  index: number,
  standing: readonly PodRequest[],
  guests: readonly string[] = guestNamespaces,
): Promise<Lane> => {
  const { client, run, image, nodes, admin, externalHosts, signal } = options;
  const shortNames = [...new Set(standing.map(({ namespace }) => namespace))].toSorted();
  const realName = (short: string): string => `netpol-${run}-${index}-${short}`;
  const namespaceNames = Object.fromEntries(
    [...shortNames, ...guests].map((short) => [short, realName(short)]),
  );
  // Those that exist now, as far as we have made them and not taken away again.
  const realNames = new Set<string>();
  const own = ownLabels(run, index);
  const host = (node: number): string => nodes[node % nodes.length] ?? '';
  const lanePolicies = createLanePolicies(client, { run, lane: index, admin });
  const admission = createAdmission(client, image, host, signal);
  const listNodes = async (): Promise<Node[]> => readNodes((await client.core.listNode()).items, nodes);
  let probeNodes = listNodes();
  // Nobody may be waiting yet when it fails.
  probeNodes.catch(() => {});
  const lock: object = {};

  const createNamespace = async (name: string, labels: Labels): Promise<void> => {
    await createProbeNamespace(client, name, { ...labels, ...own });
    realNames.add(name);
  };

  const createPods = async (requests: readonly PodRequest[]): Promise<void> => {
    await settleAll(requests.map((request) => admission.admit(request)));
    await waitUntilServing(client, requests, signal);
  };

  const listNamespaced = async <Item>(
    list: (place: { namespace: string }) => Promise<{ items: Item[] }>,
  ): Promise<Item[]> => {
    const lists = await Promise.all([...realNames].map((namespace) => list({ namespace })));
    return lists.flatMap(({ items }) => items);
  };

  const world = async (): Promise<World> => {
    const [namespaces, pods, services, policies, adminPolicies] = await Promise.all([
      client.core.listNamespace({ labelSelector: `${runLabel}=${run},${laneLabel}=${index}` }),
      listNamespaced((place) => client.core.listNamespacedPod(place)),
      listNamespaced((place) => client.core.listNamespacedService(place)),
      Promise.all([...realNames].map((namespace) => client.policies.list(namespace))),
      lanePolicies.listAdmin(),
    ]);
    return {
      nodes: await probeNodes,
      namespaces: namespaces.items
        .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
        .map(({ metadata }) => ({
          name: metadata?.name ?? '',
          labels: Object.fromEntries(
            Object.entries(metadata?.labels ?? {}).filter(([key]) => !Object.hasOwn(own, key)),
          ),
        })),
      pods: [
        ...pods.map(readPod).filter((pod): pod is Pod => pod !== undefined),
        ...(externalHosts?.pods(lock) ?? []),
      ],
      services: readServices(services),
      policies: policies.flat(),
      ...(adminPolicies.length > 0 ? { adminPolicies } : {}),
    };
  };

  const dispose = async (): Promise<void> => {
    externalHosts?.releaseAll(lock);
    const names = Object.values(namespaceNames);
    const removals = [lanePolicies.removeAdmin(), ...names.map((name) => removeNamespace(client, name))];
    await settleAll(removals).catch((error: unknown) => {
      throw new ClusterError({
        subject: `not all that this run made in ${names.join(', ')} could be removed`,
        got: messageOf(error),
        ...(options.waitForRemoval && {
          next: 'when the cluster lets us, `npm start -- clean` with its `--kubeconfig` and `--context`',
        }),
      });
    });
    if (options.waitForRemoval) await waitForRemoval(client, names);
  };

  const externals = (request: { namespace: string; name: string }): ExternalHosts => {
    if (externalHosts !== undefined) return externalHosts;
    throw new ClusterError({
      subject: `no external host ${request.namespace}/${request.name}`,
      got: 'this provider cannot make hosts outside the cluster',
    });
  };

  try {
    await settleAll(shortNames.map((short) => createNamespace(realName(short), { ns: short })));
    await createPods(standing.map((pod) => ({ ...pod, namespace: realName(pod.namespace) })));
  } catch (error) {
    // The first error is the one to tell; what cannot be removed now, `netpol clean` removes.
    await dispose().catch(() => {});
    throw error;
  }

  return {
    index,
    namespaceNames,
    prefix: realName(''),
    world,
    others: lanePolicies.listOthers,
    ownLabels: own,
    readPod: async (name) => {
      const pod = await client.core.readNamespacedPod(name).catch(ignoreMissing);
      return pod && readPod(pod);
    },
    applyPolicy: lanePolicies.apply,
    deletePolicy: lanePolicies.delete,
    offerPolicy: lanePolicies.offer,
    createNamespace,
    deleteNamespace: async (name) => {
      await removeNamespace(client, name);
      realNames.delete(name);
      return { gone: waitForRemoval(client, [name]) };
    },
    labelNamespace: async (name, labels) => {
      const all = { ...labels, ...own, 'kubernetes.io/metadata.name': name };
      await client.core.patchNamespace({ name, body: setLabels(all) });
    },
    labelNode: async (node, labels) => {
      await setNodeLabels(client, (await probeNodes)[node % nodes.length]?.name ?? '', labels);
      probeNodes = listNodes();
      await probeNodes;
    },
    labelPod: async (name, labels) => {
      await client.core.patchNamespacedPod({ ...name, body: setLabels(labels) });
    },
    createPod: (request) => createPods([request]),
    completePod: async (name) => {
      const ending = await client.exec({ ...name, container: containerName, command: endCommand });
      await waitUntilSucceeded(client, name);
      ending.close();
    },
    deletePod: async (name) => {
      await client.core.deleteNamespacedPod({ ...name, gracePeriodSeconds: 0 }).catch(ignoreMissing);
      await waitUntilGone(client, name);
    },
    createExternalHost: (request: ExternalHostRequest) => externals(request).acquire(lock, request),
    deleteExternalHost: async (name) => externals(name).release(lock, name),
    createService: async (request) => {
      await client.core.createNamespacedService({ namespace: request.namespace, body: serviceBody(request) });
    },
    deleteService: async (name) => {
      await client.core.deleteNamespacedService(name).catch(ignoreMissing);
    },
    hostNetworkFlaw: () => admission.hostNetworkFlaw(realName(shortNames[0] ?? '')),
    connect: (name: ObjectName) =>
      externalHosts?.has(lock, name)
        ? externalHosts.connect(lock, name)
        : client.exec({ ...name, container: containerName, command: probeCommand }),
    evidence: async () => {
      const [objects, more] = await Promise.all([
        collectObjects(client, [...realNames], lanePolicies.readAdmin),
        options.evidence?.().catch((error: unknown) => ({ 'evidence-missing.txt': messageOf(error) })),
      ]);
      return { ...objects, ...more };
    },
    [Symbol.asyncDispose]: dispose,
  };
};

const setLabels = (labels: Labels): object => [{ op: 'add', path: '/metadata/labels', value: labels }];
