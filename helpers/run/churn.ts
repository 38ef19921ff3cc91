import type { Lane } from '../cluster/cluster.ts';
import { settleAll } from '../wait.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import { nameOfPolicy } from '../kube/world.ts';
import { defaultNamespaceLabels, defaultPodLabels } from '../scenario/default-world.ts';
import type { Operation } from '../scenario/scenario.ts';
import type { Ground } from './ground.ts';

const requestsAtOnce = 20;
const podsOfANamespace = 4;

/**
 * Lets so many policies, or so many pods four to a namespace, come and go. The policies isolate the pods of z; the pods
 * have the labels of those of x, so that they are peers wherever those are, and are asked by nobody.
 * @throws ClusterError
 */
export const churn = async (
  { part, count }: Extract<Operation, { verb: 'churn' }>,
  ground: Ground,
  signal: AbortSignal,
): Promise<void> => {
  const numbers = Array.from({ length: count }, (_, number) => number);
  if (part === 'policies') {
    const policies = numbers.map((number) => buildBystander(number, ground.lane));
    await inParts(policies, requestsAtOnce, signal, (policy) => ground.lane.applyPolicy(policy));
    await inParts(policies, requestsAtOnce, signal, (policy) =>
      ground.lane.deletePolicy(nameOfPolicy(policy)),
    );
    return;
  }
  for (let from = 0; from < count; from += podsOfANamespace) {
    signal.throwIfAborted();
    await comeAndGo(numbers.slice(from, from + podsOfANamespace), ground);
  }
};

const comeAndGo = async (
  numbers: readonly number[],
  { lane, createNamespace, realName, realId }: Ground,
): Promise<void> => {
  await createNamespace({ name: 'w', why: '', labels: defaultNamespaceLabels('x'), createdLater: true });
  await settleAll(
    numbers.map((number, index) => {
      const name = ['a', 'b', 'c', 'd'][index] ?? '';
      const ports = [{ protocol: 'TCP' as const, port: 80 }];
      return lane.createPod({
        ...realName(`w/${name}`),
        labels: defaultPodLabels(name),
        ports,
        node: number % 2,
      });
    }),
  );
  const { gone } = await lane.deleteNamespace(realId('w'));
  await gone;
};

/** A policy about the pods of z that none of those of other namespaces notices. */
export const buildBystander = (
  number: number,
  { namespaceNames: { x = '', z = '' } }: Lane,
): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: z, name: `churn-${number}` },
  spec: {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': x } } }],
        ports: [{ protocol: 'TCP', port: 10_000 + number }],
      },
    ],
  },
});

/** Does something with all items, so many at once. @throws what `act` throws */
export const inParts = async <Item>(
  items: readonly Item[],
  size: number,
  signal: AbortSignal,
  act: (item: Item) => Promise<void>,
): Promise<void> => {
  for (let from = 0; from < items.length; from += size) {
    signal.throwIfAborted();
    await settleAll(items.slice(from, from + size).map(act));
  }
};
