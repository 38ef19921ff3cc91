import { nameOfPolicy } from '../kube/world.ts';
import { defaultNamespaceLabels, defaultPodLabels } from '../scenario/default-world.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { buildBystander, inParts } from './churn.ts';
import type { Ground } from './ground.ts';

/** What is created at once. */
const breadth = 10;

/** Pods and policies that decide about none of the pods under watch. Disposing takes them away. */
export const gatherCrowd = async (
  { policies, pods }: NonNullable<Scenario['load']>,
  { lane, createNamespace, realId, realName }: Ground,
  signal: AbortSignal,
): Promise<AsyncDisposable> => {
  const bystanders = Array.from({ length: policies }, (_, number) => buildBystander(number, lane));
  const standing = (await lane.world()).pods.length;
  const more = Array.from({ length: Math.max(0, pods - standing) }, (_, number) => number);
  const disperse = async (): Promise<void> => {
    const goesOn = new AbortController().signal;
    await inParts(bystanders, breadth, goesOn, (policy) => lane.deletePolicy(nameOfPolicy(policy)));
    if (more.length > 0) await (await lane.deleteNamespace(realId('w'))).gone;
  };
  try {
    if (more.length > 0)
      await createNamespace({ name: 'w', why: '', labels: defaultNamespaceLabels('w'), createdLater: true });
    await inParts(more, breadth, signal, (number) =>
      lane.createPod({
        ...realName(`w/crowd-${number}`),
        labels: defaultPodLabels(`crowd-${number}`),
        ports: [{ protocol: 'TCP', port: 80 }],
        node: number + 1,
      }),
    );
    await inParts(bystanders, breadth, signal, (policy) => lane.applyPolicy(policy));
  } catch (error) {
    // The first error is the one to tell.
    await disperse().catch(() => {});
    throw error;
  }
  return { [Symbol.asyncDispose]: disperse };
};
