import { ClusterError } from '../errors.ts';
import { ignoreMissing } from '../kube/api-error.ts';
import type { KubeClient, V1Pod } from '../kube/client.ts';
import { idOf } from '../kube/world.ts';
import { poll, within } from '../wait.ts';
import type { ObjectName } from './cluster.ts';
import { containerName } from './kubernetes-objects.ts';

const deadline = 120_000;

/**
 * Resolves when all these pods run, have an address and their agents serve.
 * @throws ClusterError as soon as one of them cannot start (image, scheduling, crash), naming image and next step
 */
export const waitUntilServing = async (
  client: KubeClient,
  names: readonly ObjectName[],
  signal?: AbortSignal,
): Promise<void> => {
  const running = await watchUntil(client, names, readRunning, signal);
  await Promise.all(names.map((name) => running && waitForHello(client, name, signal)));
};

/** Resolves when there is no such pod any more. */
export const waitUntilGone = async (client: KubeClient, name: ObjectName): Promise<void> => {
  const isGone = async (): Promise<true | undefined> =>
    (await client.core.readNamespacedPod(name).catch(ignoreMissing)) === undefined ? true : undefined;
  const failure = (): Error =>
    new ClusterError({
      subject: `pod ${idOf(name)} does not go away`,
      wanted: 'its end within 60 s',
      next: 'is the kubelet of its node alive? `kubectl get nodes`',
    });
  await poll(isGone, { deadline: 60_000, failure });
};

/**
 * Resolves when the pod's process has ended with success.
 * @throws ClusterError where it failed, or did not end
 */
export const waitUntilSucceeded = async (client: KubeClient, name: ObjectName): Promise<void> => {
  let phase = '';
  const failure = (): Error =>
    new ClusterError({
      subject: `pod ${idOf(name)} does not complete`,
      wanted: 'the phase Succeeded within 60 s',
      got: phase,
      next: `kubectl -n ${name.namespace} describe pod ${name.name}`,
    });
  const hasSucceeded = async (): Promise<true | undefined> => {
    const { status } = await client.core.readNamespacedPod(name);
    phase = status?.phase ?? 'no phase';
    if (phase === 'Failed') throw failure();
    return phase === 'Succeeded' ? true : undefined;
  };
  await poll(hasSucceeded, { deadline: 60_000, failure });
};

type Watched = { isReady: boolean; problem?: ClusterError; words: string };

const watchUntil = async (
  client: KubeClient,
  names: readonly ObjectName[],
  read: (pod: V1Pod) => Watched,
  signal?: AbortSignal,
): Promise<true> => {
  const states = new Map<string, Watched>(
    names.map((name) => [idOf(name), { isReady: false, words: 'unseen' }]),
  );
  const stop = new AbortController();
  const end = Promise.withResolvers<true>();
  const onPod = (pod: V1Pod, isGone: boolean): void => {
    const id = idOf({ namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' });
    if (!states.has(id)) return;
    const state = isGone ? { isReady: false, words: 'deleted by somebody' } : read(pod);
    states.set(id, state);
    if (state.problem !== undefined) end.reject(state.problem);
    if ([...states.values()].every(({ isReady }) => isReady)) end.resolve(true);
  };
  const abort = (): void => end.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const namespaces = [...new Set(names.map(({ namespace }) => namespace))];
  const watches = namespaces.map((namespace) =>
    client.watchPods(namespace, onPod, stop.signal).catch(end.reject),
  );
  try {
    return await within(end.promise, deadline, () => {
      const late = [...states].filter(([, { isReady }]) => !isReady);
      return new ClusterError({
        subject: `${late.length} of ${names.length} probe pods do not get ready`,
        wanted: `all running within ${deadline / 1000} s`,
        got: late.map(([id, { words }]) => `${id} ${words}`).join('; '),
        next: `kubectl -n ${names[0]?.namespace} describe pods`,
      });
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    stop.abort();
    await Promise.all(watches);
  }
};

const imageReasons = ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError'];
const portIsTaken =
  'another pod or a service of the node has the port: give the pod another one, or end the other run';
const crashReasons = [
  'CrashLoopBackOff',
  'CreateContainerError',
  'CreateContainerConfigError',
  'RunContainerError',
];

const readRunning = ({ metadata, spec, status }: V1Pod): Watched => {
  const subject = `pod ${metadata?.namespace}/${metadata?.name} cannot start`;
  const image = spec?.containers[0]?.image ?? '';
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const { reason = '', message = '' } = waiting ?? {};
  const words = [status?.phase ?? 'Pending', reason, message].filter(Boolean).join(', ').slice(0, 300);
  const fail = (got: string, next: string): Watched => ({
    isReady: false,
    words,
    problem: new ClusterError({ subject, wanted: `image ${image} to run`, got, next }),
  });
  if (imageReasons.includes(reason)) {
    const next = `bring ${image} to the nodes, or name another one with \`--probe-image\` (Node >= 20)`;
    return fail(`${reason}: ${message}`.slice(0, 400), next);
  }
  if (crashReasons.includes(reason)) {
    const next = `kubectl -n ${metadata?.namespace} logs ${metadata?.name} --previous; the image needs Node >= 20`;
    return fail(`${reason}: ${message}`.slice(0, 400), next);
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const next = /free ports/.test(scheduled.message ?? '')
      ? portIsTaken
      : 'make room on the nodes, or take their taints away';
    return fail(`Unschedulable: ${scheduled.message}`, next);
  }
  if (status?.phase === 'Failed')
    return fail(`${status.reason ?? 'Failed'}: ${status.message ?? ''}`, 'kubectl describe it');
  const isRunning = status?.containerStatuses?.[0]?.state?.running !== undefined;
  return { isReady: isRunning && (status?.podIPs ?? []).length > 0, words };
};

// The agent's first line comes when all its servers listen. A readiness probe would say it up to a second later, and
// would ask the network, which is what is under test.
const waitForHello = async (client: KubeClient, name: ObjectName, signal?: AbortSignal): Promise<void> => {
  let said = '';
  const hasSaidHello = async (): Promise<true | undefined> => {
    try {
      said = await client.core.readNamespacedPodLog({ ...name, container: containerName, limitBytes: 2000 });
    } catch (error) {
      // The kubelet may not know the container's log yet.
      said = error instanceof Error ? error.message : '';
    }
    if (said.includes('EADDRINUSE'))
      throw new ClusterError({
        subject: `the agent of pod ${idOf(name)} cannot serve`,
        got: said.trim().slice(0, 400),
        next: portIsTaken,
      });
    return said.includes('"hello"') ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `the agent of pod ${idOf(name)} does not serve`,
      wanted: 'its first line within 30 s',
      got: said === '' ? 'nothing' : said.slice(0, 400),
      next: `kubectl -n ${name.namespace} logs ${name.name}`,
    });
  await poll(hasSaidHello, { deadline: 30_000, interval: 50, signal, failure });
};
