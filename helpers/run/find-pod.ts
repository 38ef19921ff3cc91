import { ClusterError } from '../errors.ts';
import type { Pod } from '../kube/world.ts';
import type { Ground } from './ground.ts';

/** The pod that a scenario calls `x/a`. @throws ClusterError where it is not there */
export const findPod = async (
  id: string,
  { lane, realName }: Pick<Ground, 'lane' | 'realName'>,
): Promise<Pod> => {
  const pod = await lane.readPod(realName(id));
  if (pod === undefined) throw new ClusterError({ subject: `the pod ${id} is gone` });
  return pod;
};
