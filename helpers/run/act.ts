import { defaultNodes } from '../scenario/default-world.ts';
import { settleAll } from '../wait.ts';
import { nameOfPolicy, nodeLabelPrefix } from '../kube/world.ts';
import { isOperation } from '../scenario/operations.ts';
import { renamePolicy } from '../scenario/rename.ts';
import type { Action, Scenario } from '../scenario/scenario.ts';
import type { Ground } from './ground.ts';

/** Does what a step says, and resolves when the cluster has accepted it. @throws ClusterError */
export const act = async (
  action: Action,
  scenario: Scenario,
  { lane, realName, realId, createPod, createNamespace }: Ground,
): Promise<void> => {
  if (isOperation(action)) throw new RangeError('operations are done under watch by actUnderWatch');
  switch (action.verb) {
    case 'apply':
    case 'update':
      await settleAll(action.policies.map((policy) => lane.applyPolicy(renamePolicy(policy, lane))));
      return;
    case 'delete':
      await settleAll(
        action.policies.map((policy) => lane.deletePolicy(nameOfPolicy(renamePolicy(policy, lane)))),
      );
      return;
    case 'label':
      await relabel(Object.keys(action.labels), lane, realName, (id, labels) => ({
        ...labels,
        ...action.labels[id],
      }));
      return;
    case 'unlabel':
      await relabel(Object.keys(action.keys), lane, realName, (id, labels) =>
        Object.fromEntries(Object.entries(labels).filter(([key]) => !action.keys[id]?.includes(key))),
      );
      return;
    case 'create': {
      const { namespaces = [], pods } = action;
      await settleAll(
        scenario.namespaces.filter(({ name }) => namespaces.includes(name)).map(createNamespace),
      );
      await settleAll(
        scenario.pods.filter(({ id }) => pods.includes(id)).map((pod) => createPod(pod, scenario)),
      );
      return;
    }
    case 'remove':
      await settleAll(action.pods.map((id) => lane.deletePod(realName(id))));
      await settleAll(
        (action.namespaces ?? []).map(async (name) => (await lane.deleteNamespace(realId(name))).gone),
      );
      return;
    case 'complete':
      await settleAll(action.pods.map((id) => lane.completePod(realName(id))));
      return;
    case 'reject':
      throw new RangeError('documents are offered to an API server by checkAnswers, not done');
  }
};

const relabel = async (
  ids: readonly string[],
  lane: Ground['lane'],
  realName: Ground['realName'],
  change: (id: string, labels: Record<string, string>) => Record<string, string>,
): Promise<void> => {
  const { pods, namespaces, nodes = [] } = await lane.world();
  await settleAll(
    ids.map(async (id) => {
      const node = defaultNodes.findIndex(({ name }) => name === id);
      if (node >= 0) return lane.labelNode(node, ownNodeLabels(change(id, nodes[node]?.labels ?? {})));
      const { namespace, name } = realName(id);
      if (name === '') {
        const labels = namespaces.find((found) => found.name === namespace)?.labels ?? {};
        return lane.labelNamespace(namespace, change(id, labels));
      }
      const labels = pods.find((pod) => pod.namespace === namespace && pod.name === name)?.labels ?? {};
      return lane.labelPod({ namespace, name }, change(id, labels));
    }),
  );
};

const ownNodeLabels = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(nodeLabelPrefix)));
