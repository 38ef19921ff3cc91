import { ClusterError, messageOf, UsageError } from '../errors.ts';
import { ignoreMissing } from '../kube/api-error.ts';
import type { KubeClient, V1OwnerReference, V1Service } from '../kube/client.ts';
import { readSnapshot } from '../kube/snapshot.ts';
import { settleAll } from '../wait.ts';
import type { AdminApi } from './admin-api.ts';
import type { ObjectName, PodRequest, PodsInPlace } from './cluster.ts';
import { collectObjects } from './kubernetes-evidence.ts';
import {
  bringAgent,
  createProbeNamespace,
  removeNamespace,
  waitForRemoval,
} from './kubernetes-namespaces.ts';
import { containerName, ownLabels, podBody, probeCommand, runLabel } from './kubernetes-objects.ts';
import type { KubernetesLaneOptions } from './kubernetes.ts';
import { createAdmission } from './pod-admission.ts';
import { waitUntilGone, waitUntilServing } from './pod-readiness.ts';

type Options = Omit<KubernetesLaneOptions, 'waitForRemoval' | 'externalHosts' | 'evidence' | 'admin'> & {
  admin: Pick<AdminApi, 'readable' | 'unread'>;
};

/** Nobody ever says this of our pods, so that they are never ready and no Service sends anybody to them. */
const readinessGate = 'netpol-conformance/stands-in';

/**
 * Creates pods in namespaces that are there, and those without one in a namespace of ours. No Service takes them for
 * endpoints, as they never get ready, and no ReplicaSet for its own, as our namespace is their controller: when that goes,
 * after a crash by `netpol clean`, the garbage collector takes them away wherever they are.
 * @throws UsageError before anything is created: for namespaces that are not there, Services that send also to what is not
 * ready, and policies that cannot be read; ClusterError, with all that was created gone again
 * @see https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export const openPodsInPlace = async (
  options: Options,
  requests: readonly PodRequest[],
): Promise<PodsInPlace> => {
  const { client, run, image, nodes, admin, signal } = options;
  const ownName = `netpol-${run}-0-tenant`;
  const nameInPlace = (name: string): string => `netpol-${run}-${name}`;
  const isOwn = ({ namespace }: ObjectName): boolean => namespace === '';
  const realName = ({ namespace, name }: ObjectName): ObjectName =>
    namespace === '' ? { namespace: ownName, name } : { namespace, name: nameInPlace(name) };
  const guests = requests.filter((request) => !isOwn(request));
  const places = [...new Set(guests.map(({ namespace }) => namespace))];
  const host = (node: number): string => nodes[node % nodes.length] ?? '';
  const ours = `${runLabel}=${run}`;
  refuseUnread(admin.unread);
  await refuseMissing(client, places);
  await refuseEndpoints(client, guests);

  const dispose = async (): Promise<void> => {
    // With it all goes that it controls, even where nothing more can be asked.
    await removeNamespace(client, ownName);
    const { items } = await client.core.listPodForAllNamespaces({ labelSelector: ours });
    await settleAll(
      items.map(async ({ metadata }) => {
        const name = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
        await client.core.deleteNamespacedPod({ ...name, gracePeriodSeconds: 0 }).catch(ignoreMissing);
        await waitUntilGone(client, name);
      }),
    );
    await waitForRemoval(client, [ownName]);
  };

  const create = async (): Promise<void> => {
    const uid = await createProbeNamespace(client, ownName, ownLabels(run, 0));
    const controller = { apiVersion: 'v1', kind: 'Namespace', name: ownName, uid, controller: true };
    const agent = nameInPlace('agent');
    const metadata = { name: agent, ownerReferences: [controller] };
    await settleAll(places.map((namespace) => bringAgent(client, namespace, metadata)));
    const admission = createAdmission(client, image, host, signal);
    const labelled = requests.map((request) => ({
      ...request,
      ...realName(request),
      labels: { ...request.labels, [runLabel]: run },
    }));
    await settleAll(
      labelled.map(async (request, index) => {
        if (isOwn(requests[index]!)) return admission.admit(request);
        const body = bodyInPlace(podBody(request, image, host(request.node)), agent, controller);
        await client.core.createNamespacedPod({ namespace: request.namespace, body });
      }),
    );
    await waitUntilServing(client, labelled, signal);
  };

  try {
    await create();
  } catch (error) {
    try {
      await dispose();
    } catch (second) {
      throw new ClusterError({
        subject: messageOf(error),
        got: `and then, cleaning up: ${messageOf(second)}`,
        next: `npm start -- clean, which removes namespace ${ownName} and all that came with it`,
      });
    }
    throw error;
  }

  const readAdmin = () => client.policies.listAdmin('', admin.readable);
  return {
    realName,
    world: async () => {
      const [{ pods, ...world }, adminPolicies] = await Promise.all([readSnapshot(client), readAdmin()]);
      return { ...world, pods: pods.filter(({ labels }) => labels[runLabel] === run), adminPolicies };
    },
    connect: (name) => client.exec({ ...name, container: containerName, command: probeCommand }),
    evidence: () => collectObjects(client, [...places, ownName], readAdmin, ours),
    [Symbol.asyncDispose]: dispose,
  };
};

const bodyInPlace = (
  { metadata, spec }: ReturnType<typeof podBody>,
  agent: string,
  controller: V1OwnerReference,
) => ({
  metadata: { ...metadata, ownerReferences: [controller] },
  spec: {
    ...spec,
    readinessGates: [{ conditionType: readinessGate }],
    volumes: [{ name: 'agent', configMap: { name: agent } }],
  },
});

/** An oracle that does not know a policy would blame the plugin for what it does. */
const refuseUnread = (reasons: readonly string[]): void => {
  if (reasons.length === 0) return;
  throw new UsageError({
    subject: 'policies that act on the cluster may be out of sight',
    wanted: 'every kind of the admin tiers that the cluster knows to be readable',
    got: reasons.join('; '),
  });
};

const refuseMissing = async (client: KubeClient, names: readonly string[]): Promise<void> => {
  const { items } = await client.core.listNamespace();
  const there = new Set(items.map(({ metadata }) => metadata?.name));
  const missing = names.filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new UsageError({
    subject: `${missing.length} of ${names.length} namespaces of the system are not on ${client.server}`,
    wanted: 'a system that is there',
    got: `no ${missing.join(', ')}`,
    next: 'name the cluster with `--context`, and the release that it is at with `--release`; the pods of all components are stood in for, also where these are not of the system',
  });
};

const refuseEndpoints = async (client: KubeClient, requests: readonly PodRequest[]): Promise<void> => {
  const { items } = await client.core.listServiceForAllNamespaces();
  const takes = ({ metadata, spec }: V1Service, { namespace, labels }: PodRequest): boolean => {
    const selector = Object.entries(spec?.selector ?? {});
    return (
      metadata?.namespace === namespace &&
      selector.length > 0 &&
      selector.every(([key, value]) => labels[key] === value)
    );
  };
  const taking = items
    .filter(({ spec }) => spec?.publishNotReadyAddresses === true)
    .filter((service) => requests.some((request) => takes(service, request)))
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
  if (taking.length === 0) return;
  throw new UsageError({
    subject: 'Services of the system would send their clients to our probe pods',
    wanted: 'Services without publishNotReadyAddresses, as our pods have the labels of those behind them',
    got: taking.join(', '),
    next: 'a release can be proved in namespaces of our own, without `--in-place`',
  });
};
