import type { KubeClient, V1Pod } from '../kube/client.ts';
import { findSets, podsOf } from './plugin-operations.ts';
import type { Plugin } from './plugins.ts';

/** What a report says of a plugin that we have installed, and of the version to which it is upgraded. */
export const describePlugin = async (
  client: KubeClient,
  [installed, next]: readonly [Plugin, Plugin | undefined],
  daemonSets: readonly string[],
): Promise<Record<string, string>> => {
  const images = await readPluginImages(client, daemonSets, installed.deployments).catch(() => '');
  return {
    ...(installed.release && { 'plugin release': installed.release }),
    ...(installed.implements && { 'plugin implements': installed.implements.join(', ') || 'nothing' }),
    ...(images && { 'plugin images': images }),
    ...(next && { 'plugin next': next.release ?? next.name }),
  };
};

/**
 * What runs in the pods of DaemonSets and Deployments (`namespace/name`), by the digests that the kubelets tell: a tag may mean
 * another image tomorrow.
 */
const readPluginImages = async (
  client: KubeClient,
  daemonSets: readonly string[],
  deployments: readonly string[] = [],
): Promise<string> => {
  const sets = await findSets({ client, daemonSets });
  const lists = deployments.map((deployment) => podsOfDeployment(client, deployment));
  const pods = [await podsOf(sets, client), ...(await Promise.all(lists))].flat();
  return [...new Set(pods.flatMap(imagesOf))].toSorted().join(', ');
};

const podsOfDeployment = async (client: KubeClient, deployment: string): Promise<V1Pod[]> => {
  const [namespace = '', name = ''] = deployment.split('/');
  const { items } = await client.apps.listNamespacedReplicaSet({ namespace });
  const owners = items
    .filter(({ metadata }) =>
      isOwnedBy(metadata, (owner) => owner.kind === 'Deployment' && owner.name === name),
    )
    .map(({ metadata }) => metadata?.uid);
  const pods = (await client.core.listNamespacedPod({ namespace })).items;
  return pods.filter(({ metadata }) => isOwnedBy(metadata, ({ uid }) => owners.includes(uid)));
};

const isOwnedBy = (
  metadata: V1Pod['metadata'],
  isWanted: (owner: { kind: string; name: string; uid: string }) => boolean,
): boolean => metadata?.ownerReferences?.some(isWanted) === true;

const imagesOf = ({ status }: V1Pod): string[] =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .filter(({ imageID }) => imageID !== '')
    .map(({ image, imageID }) => {
      const digest = /@(sha256:[0-9a-f]+)$/.exec(imageID)?.[1];
      // An image that was loaded and not pulled may have no digest, or another name in it.
      if (digest === undefined) return `${image} (${imageID})`;
      return image.includes('@') ? image : `${image}@${digest}`;
    });
