import type { KubeClient } from './client.ts';
import { readNamespace, readPod, readService } from './objects.ts';
import type { NamespaceObject, PodObject, ServiceObject } from './objects.ts';
import type { World } from './world.ts';

/**
 * Reads all that NetworkPolicies depend on, of all namespaces: four lists, in parts, and nothing else is asked for. Pods
 * that have ended are left out. @throws ApiError
 */
export const readSnapshot = async ({ core, policies }: KubeClient): Promise<World> => {
  const [namespaces, pods, services, networkPolicies] = await Promise.all([
    listAll((part) => core.listNamespace(part)),
    listAll((part) => core.listPodForAllNamespaces(part)),
    listAll((part) => core.listServiceForAllNamespaces(part)),
    policies.listAll(),
  ]);
  return {
    namespaces: namespaces.map((namespace) => readNamespace(namespace as NamespaceObject)),
    pods: (pods as PodObject[]).filter(({ status }) => !hasEnded(status?.phase)).map(readPod),
    services: (services as ServiceObject[])
      .filter(({ spec }) => spec?.type !== 'ExternalName')
      .map(readService),
    policies: networkPolicies,
  };
};

const partSize = 500;

type Part<Item> = { items: Item[]; metadata?: { _continue?: string } };

const listAll = async <Item>(
  read: (part: { limit: number; _continue?: string }) => Promise<Part<Item>>,
): Promise<Item[]> => {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const part = await read({ limit: partSize, ...(next !== undefined && { _continue: next }) });
    items.push(...part.items);
    // oxlint-disable-next-line eslint/no-underscore-dangle -- client-node calls it so, as `continue` is a keyword
    next = part.metadata?._continue || undefined;
  } while (next !== undefined);
  return items;
};

const hasEnded = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';
