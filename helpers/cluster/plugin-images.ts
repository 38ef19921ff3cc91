import type { KubeClient, V1Pod } from '../kube/client.ts';
import { findSets, podsOf } from './plugin-operations.ts';
import type { Plugin } from './plugins.ts';

/** What a report says of a plugin that we have installed, and of the version to which it is upgraded. */
export const describePlugin = async (
  client: KubeClient,
  [installed, next]: readonly [Plugin, Plugin | undefined],
  daemonSets: readonly string[],
): Promise<Record<string, string>> => {
  const images = await readPluginImages(client, daemonSets).catch(() => '');
  return {
    ...(installed.release && { 'plugin release': installed.release }),
    ...(images && { 'plugin images': images }),
    ...(next && { 'plugin next': next.release ?? next.name }),
  };
};

/**
 * What runs in the pods of DaemonSets (`namespace/name`), by the digests that the kubelets tell: a tag may mean another image
 * tomorrow.
 */
const readPluginImages = async (client: KubeClient, daemonSets: readonly string[]): Promise<string> => {
  const sets = await findSets({ client, daemonSets });
  const images = (await podsOf(sets, client)).flatMap(imagesOf);
  return [...new Set(images)].toSorted().join(', ');
};

const imagesOf = ({ status }: V1Pod): string[] =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .filter(({ imageID }) => imageID !== '')
    .map(({ image, imageID }) => {
      const digest = /@(sha256:[0-9a-f]+)$/.exec(imageID)?.[1];
      // An image that was loaded and not pulled may have no digest, or another name in it.
      if (digest === undefined) return `${image} (${imageID})`;
      return image.includes('@') ? image : `${image}@${digest}`;
    });
