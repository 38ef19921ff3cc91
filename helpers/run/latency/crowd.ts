import { nameOfPolicy } from '../../kube/world.ts';
import { defaultNamespaceLabels, defaultPodLabels } from '../../scenario/default-world.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { thenClean } from '../../wait.ts';
import { buildBystander, inParts } from '../churn.ts';
import type { Ground } from '../ground.ts';

const requestsAtOnce = 10;

/**
 * Pods and policies that decide about none of the pods under watch.
 * @returns what takes them away again
 */
export const gatherCrowd = async (
  { policies, pods }: NonNullable<Scenario['load']>,
  { lane, createNamespace, realId, realName }: Ground,
  signal: AbortSignal,
): Promise<() => Promise<void>> => {
  const bystanders = Array.from({ length: policies }, (_, number) => buildBystander(number, lane));
  const standing = (await lane.world()).pods.length;
  const more = Array.from({ length: Math.max(0, pods - standing) }, (_, number) => number);
  const disperse = async (): Promise<void> => {
    const goesOn = new AbortController().signal;
    await thenClean(
      () => inParts(bystanders, requestsAtOnce, goesOn, (policy) => lane.deletePolicy(nameOfPolicy(policy))),
      async () => {
        if (more.length > 0) await (await lane.deleteNamespace(realId('w'))).gone;
      },
    );
  };
  try {
    if (more.length > 0)
      await createNamespace({ name: 'w', why: '', labels: defaultNamespaceLabels('w'), createdLater: true });
    await inParts(more, requestsAtOnce, signal, (number) =>
      lane.createPod({
        ...realName(`w/crowd-${number}`),
        labels: defaultPodLabels(`crowd-${number}`),
        ports: [{ protocol: 'TCP', port: 80 }],
        node: number + 1,
      }),
    );
    await inParts(bystanders, requestsAtOnce, signal, (policy) => lane.applyPolicy(policy));
  } catch (error) {
    // The first error is the one to tell.
    await disperse().catch(() => {});
    throw error;
  }
  return disperse;
};
