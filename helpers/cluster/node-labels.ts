import { messageOf } from '../errors.ts';
import type { KubeClient, V1Node } from '../kube/client.ts';
import type { Labels } from '../kube/types.ts';
import { nodeLabelPrefix } from '../kube/world.ts';
import { ownerAnnotation, thisProcess } from './kubernetes-objects.ts';
import { stateOfOwner } from './other-runs.ts';

/**
 * Gives a node exactly these of our own labels, and says on the node whose they are. All others stay as they are, also
 * those that the kubelet or somebody else changes at this time.
 * @throws ClusterError
 */
export const setNodeLabels = async (client: KubeClient, name: string, labels: Labels): Promise<void> => {
  const node = await client.core.readNode({ name });
  const found = ownLabelsOf(node);
  const hasOwner = node.metadata?.annotations?.[ownerAnnotation] !== undefined;
  const gone = Object.keys(found).filter((key) => !Object.hasOwn(labels, key));
  const isEmpty = Object.keys(labels).length === 0;
  const operations = [
    ...gone.map((key) => ({ op: 'remove', path: `/metadata/labels/${escape(key)}` })),
    ...Object.entries(labels).map(([key, value]) => ({
      op: 'add',
      path: `/metadata/labels/${escape(key)}`,
      value,
    })),
    ...(isEmpty && hasOwner ? [{ op: 'remove', path: ownerPath }] : []),
    ...(isEmpty ? [] : markAsOurs(node)),
  ];
  if (operations.length > 0) await client.core.patchNode({ name, body: operations });
};

/** Takes from the nodes what dead runs have put there. @returns one line for each node */
export const cleanNodeLabels = async (client: KubeClient, force: boolean): Promise<string[]> => {
  try {
    const { items } = await client.core.listNode();
    const lines = items.map(async (node) => {
      const { name = '', annotations } = node.metadata ?? {};
      const owner = annotations?.[ownerAnnotation];
      if (owner === undefined) return [];
      const state = stateOfOwner(owner);
      if (state === 'live' || (state === 'unknown' && !force)) {
        const next = state === 'live' ? 'is live' : 'is of another machine; `--force` removes them';
        return [`left: our labels of node ${name}: their run (${owner}) ${next}`];
      }
      await setNodeLabels(client, name, {});
      return [`removed our labels of node ${name}`];
    });
    return (await Promise.all(lines)).flat();
  } catch (error) {
    return [
      `left: what there may be of our labels of nodes: ${messageOf(error).replaceAll(/\s*\n\s*/g, '; ')}`,
    ];
  }
};

const ownLabelsOf = ({ metadata }: V1Node): Labels =>
  Object.fromEntries(
    Object.entries(metadata?.labels ?? {}).filter(([key]) => key.startsWith(nodeLabelPrefix)),
  );

/** A `/` in a key of a JSON Patch: https://www.rfc-editor.org/rfc/rfc6901#section-3 */
const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

const ownerPath = `/metadata/annotations/${escape(ownerAnnotation)}`;

const markAsOurs = ({ metadata }: V1Node): object[] =>
  metadata?.annotations === undefined
    ? [{ op: 'add', path: '/metadata/annotations', value: { [ownerAnnotation]: thisProcess } }]
    : [{ op: 'add', path: ownerPath, value: thisProcess }];
