import { readFile } from 'node:fs/promises';
import { ClusterError } from '../errors.ts';
import { ignoreMissing } from '../kube/api-error.ts';
import type { KubeClient, V1ObjectMeta } from '../kube/client.ts';
import type { Labels } from '../kube/types.ts';
import { poll } from '../wait.ts';
import { agentConfigMap, namespaceBody, runLabel } from './kubernetes-objects.ts';

const agentFile = new URL('../probe/agent.mjs', import.meta.url);
const removalDeadline = 90_000;

/** Creates a namespace with the agent in it, marked as ours from its first moment on. Returns its uid. */
export const createProbeNamespace = async (
  client: KubeClient,
  name: string,
  labels: Labels,
): Promise<string> => {
  const { metadata } = await client.core.createNamespace({ body: namespaceBody(name, labels) });
  await bringAgent(client, name, { name: agentConfigMap });
  return metadata?.uid ?? '';
};

/** Creates the ConfigMap from which the pods of a namespace mount the agent. */
export const bringAgent = async (
  client: KubeClient,
  namespace: string,
  metadata: V1ObjectMeta,
): Promise<void> => {
  const data = { 'agent.mjs': await readFile(agentFile, 'utf8') };
  await client.core.createNamespacedConfigMap({ namespace, body: { metadata, data } });
};

/** Asks for the end of a namespace and all that is in it; none at all is fine. Does not wait. */
export const removeNamespace = async (client: KubeClient, name: string): Promise<void> => {
  await client.core.deleteNamespace({ name }).catch(ignoreMissing);
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
      next: `kubectl get namespace ${left[0]} -o yaml shows what holds it; later \`npm start -- clean\``,
    });
  await poll(areGone, { deadline: removalDeadline, interval: 250, failure });
};
