import { stringify } from 'yaml';
import { messageOf } from '../errors.ts';
import type { KubeClient, V1Pod } from '../kube/client.ts';
import { containerName } from './kubernetes-objects.ts';

const logLines = 50;

/**
 * The objects of these namespaces as YAML, and the tails of the agents' logs. What cannot be read says why instead.
 * `labelSelector`: of pods, their events and logs only those of these, where there are pods of other people.
 */
export const collectObjects = async (
  client: KubeClient,
  namespaces: readonly string[],
  readAdminPolicies: () => Promise<object[]>,
  labelSelector = '',
): Promise<Record<string, string>> => {
  const listPods = async (namespace: string): Promise<V1Pod[]> =>
    (await client.core.listNamespacedPod({ namespace, labelSelector })).items;
  const each = async <Item>(read: (namespace: string) => Promise<Item[]>): Promise<Item[]> =>
    (await Promise.all(namespaces.map(read))).flat();
  const parts: Record<string, () => Promise<string>> = {
    'namespaces.yaml': async () =>
      printObjects(await each(async (name) => [await client.core.readNamespace({ name })])),
    'pods.yaml': async () => printObjects(await each(listPods)),
    'services.yaml': async () =>
      printObjects(
        await each(async (namespace) => (await client.core.listNamespacedService({ namespace })).items),
      ),
    'policies.yaml': async () => printObjects(await each((namespace) => client.policies.list(namespace))),
    'admin-policies.yaml': async () => printObjects(await readAdminPolicies()),
    'events.txt': async () => {
      const events = await each(
        async (namespace) => (await client.core.listNamespacedEvent({ namespace, limit: 200 })).items,
      );
      const own =
        labelSelector === ''
          ? undefined
          : new Set((await each(listPods)).map(({ metadata }) => metadata?.uid));
      return events
        .filter(({ involvedObject }) => own?.has(involvedObject.uid) ?? true)
        .map(({ lastTimestamp, eventTime, reason, involvedObject, message }) => {
          const time = new Date(lastTimestamp ?? eventTime ?? 0).toISOString();
          return `${time} ${involvedObject.namespace}/${involvedObject.name} ${reason}: ${message}`;
        })
        .toSorted()
        .join('\n');
    },
    'agents.log': async () => {
      const logs = await each(async (namespace) => {
        const pods = await listPods(namespace);
        return Promise.all(pods.map(({ metadata }) => readLog(client, namespace, metadata?.name ?? '')));
      });
      return logs.join('\n');
    },
  };
  const entries = Object.entries(parts).map(async ([file, read]) => [
    file,
    await read().catch((error: unknown) => `not readable: ${messageOf(error)}\n`),
  ]);
  return Object.fromEntries(await Promise.all(entries));
};

/**
 * The end of a pod's log with times, under a heading with its name; or why there is none. `previous`: that of the container
 * before the one that runs.
 */
export const readLog = async (
  client: KubeClient,
  namespace: string,
  name: string,
  container = containerName,
  previous = false,
): Promise<string> => {
  const log = await client.core
    .readNamespacedPodLog({ namespace, name, container, previous, tailLines: logLines, timestamps: true })
    .catch((error: unknown) => `not readable: ${messageOf(error)}`);
  return `--- ${namespace}/${name}${previous ? ', before it was started again' : ''}\n${log}`;
};

const printObjects = (objects: readonly object[]): string =>
  objects.map((object) => stringify(withoutBookkeeping(object))).join('---\n');

// `undefined` and Dates go through JSON first, as the API would print them.
const withoutBookkeeping = (object: object): unknown =>
  JSON.parse(JSON.stringify(object, (key, value: unknown) => (key === 'managedFields' ? undefined : value)));
