import { randomUUID } from 'node:crypto';
import { ClusterError } from '../errors.ts';
import type { V1Node, V1Pod } from '../kube/client.ts';
import { poll, settleAll } from '../wait.ts';
import type { ObjectName } from './cluster.ts';
import { kubectl } from './kind-nodes.ts';
import {
  containersOf,
  doToContainers,
  findSets,
  killTask,
  podsOf,
  toContainers,
  waitUntilReplaced,
  type KindPlace,
} from './plugin-operations.ts';
import { runLabel } from './kubernetes-objects.ts';
import { waitUntilServing } from './pod-readiness.ts';
import { runProgram } from './programs.ts';

/** What is frozen thaws by itself after so many seconds, also where we are not there any more. */
const longestFreeze = 90;

/**
 * Freezes the plugin of one node of a kind cluster until `meanwhile` is done, and kills it then: nothing of it runs from
 * the first moment on, and the kubelet starts it again only when it may come back.
 * @throws ClusterError where no plugin runs there, or it is not ready again within three minutes
 */
export const leavePluginOut = async (
  node: string,
  meanwhile: () => Promise<void>,
  place: KindPlace,
): Promise<void> => {
  const sets = await findSets(place);
  const pods = (await podsOf(sets, place.client)).filter(({ spec }) => spec?.nodeName === node);
  if (pods.length === 0) throw new ClusterError({ subject: `no plugin runs on ${node}` });
  const before = new Set(pods.flatMap(containersOf));
  try {
    await settleAll(pods.map((pod) => freeze(pod, place.signal)));
    await meanwhile();
  } finally {
    await settleAll(pods.map((pod) => doToContainers(pod, killTask)));
  }
  await waitUntilReplaced(sets, before, place);
};

/**
 * Freezes the API server of a kind cluster until `meanwhile` is done: it takes connections, and answers nobody. So the
 * streams to the pods outlive it, which a server that ends would cut.
 * @throws ClusterError where it, or a controller beside it, does not work again within two minutes
 */
export const holdUpApiServer = async (
  meanwhile: () => Promise<void>,
  { client, controlPlane, signal }: KindPlace,
): Promise<void> => {
  const { items: servers } = await client.core.listNamespacedPod({
    namespace: 'kube-system',
    labelSelector: 'component=kube-apiserver',
  });
  let endTimers: (() => Promise<void>)[] = [];
  try {
    endTimers = await settleAll(servers.map((pod) => freeze(pod, signal)));
    await meanwhile();
  } finally {
    await settleAll(servers.map((pod) => doToContainers(pod, 'resume')));
    await settleAll(endTimers.map((end) => end()));
  }
  const thawed = Date.now();
  const read = [...kubectl, '--request-timeout=5s', 'get', 'lease'];
  const leases = ['--namespace=kube-system', 'kube-scheduler', 'kube-controller-manager'];
  const output = '--output=jsonpath={.items[*].spec.renewTime}';
  const isLed = async (): Promise<true | undefined> => {
    const told = await runProgram('docker', ['exec', controlPlane, ...read, ...leases, output], {
      signal,
    }).catch(() => '');
    const times = told.split(' ').map((time) => Date.parse(time));
    return times.length === 2 && times.every((time) => time > thawed) ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: 'the scheduler and the controllers do not work two minutes after the API server was held up',
      wanted: 'leases in kube-system that they renew',
    });
  await poll(isLed, { deadline: 120_000, interval: 500, signal, failure });
};

/**
 * Restarts a node of a kind cluster as if its power had been cut for a moment. The engine does both, so that the node boots
 * also where we are not there any more.
 * @returns when `meanwhile` is done and the pods of the run serve there again, with the addresses that they have then; the
 * plugin may be later
 * @throws ClusterError where they do not come back within three minutes
 */
export const restartNode = async (
  node: string,
  run: string,
  meanwhile: () => Promise<void>,
  { client, signal }: KindPlace,
): Promise<void> => {
  const listOurs = async (): Promise<V1Pod[]> => {
    const namespaces = await client.core.listNamespace({ labelSelector: `${runLabel}=${run}` });
    const lists = await settleAll(
      namespaces.items.map(async ({ metadata }) =>
        client.core.listNamespacedPod({
          namespace: metadata?.name ?? '',
          fieldSelector: `spec.nodeName=${node}`,
        }),
      ),
    );
    return lists
      .flatMap(({ items }) => items)
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  };
  const before = (await listOurs()).filter(({ status }) => status?.phase === 'Running');
  await runProgram('docker', ['restart', '--time', '0', node], { subject: `cannot restart node ${node}` });
  await meanwhile();
  const uidsOfBefore = new Set(before.map(({ metadata }) => metadata?.uid));
  const old = new Set(before.flatMap(containersOf));
  // Until the kubelet has told more, the API server has pods running that are dead.
  const areNew = async (): Promise<ObjectName[] | undefined> => {
    const same = (await listOurs()).filter(({ metadata }) => uidsOfBefore.has(metadata?.uid));
    const isNew = (pod: V1Pod): boolean =>
      containersOf(pod).length > 0 && containersOf(pod).every((id) => !old.has(id));
    return same.every(isNew)
      ? same.map(({ metadata }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }))
      : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `node ${node} has not started its pods again three minutes after it was restarted`,
      next: `docker exec ${node} journalctl --unit kubelet`,
    });
  const names = await poll(areNew, { deadline: 180_000, interval: 100, signal, failure });
  await waitUntilServing(client, names, signal);
};

/** What must not be taken away from a kind cluster, with the reasons. `second`: the name of the second node of probe pods. */
export const describeFixtures = (
  isOurs: boolean,
  nodes: readonly V1Node[],
  second: string | undefined,
): Partial<Record<'node-operations' | 'api-server-operations', string>> => {
  if (!isOurs)
    return {
      'node-operations': 'the nodes of this cluster are not ours to restart',
      'api-server-operations': 'the API server of this cluster is not ours to hold up',
    };
  const labels = nodes.find(({ metadata }) => metadata?.name === second)?.metadata?.labels ?? {};
  return Object.hasOwn(labels, 'node-role.kubernetes.io/control-plane')
    ? { 'node-operations': 'the second node of its pods has an API server' }
    : {};
};

/** Resolves with what ends the freeze's own timer, which would end a later freeze too early. */
const freeze = async (pod: V1Pod, signal: AbortSignal | undefined): Promise<() => Promise<void>> => {
  const node = pod.spec?.nodeName ?? '';
  const token = `/run/netpol-freeze-${randomUUID()}`;
  const thaw = [
    `sleep ${longestFreeze}`,
    `test -e ${token} || exit 0`,
    `rm ${token}`,
    toContainers(pod, 'resume'),
  ];
  await runProgram('docker', ['exec', node, 'touch', token], { signal });
  await runProgram('docker', ['exec', '--detach', node, 'sh', '-c', thaw.join('\n')], { signal });
  await doToContainers(pod, 'pause', signal);
  return async () => void (await runProgram('docker', ['exec', node, 'rm', '-f', token]));
};
