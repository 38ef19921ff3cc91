import { InputError, type Problem } from '../../errors.ts';
import { readManifests } from '../../kube/manifests.ts';
import { readSnapshot } from '../../kube/snapshot.ts';
import type { AuditInput } from '../../system/audit-view.ts';
import { readFiles } from '../manifest-files.ts';

/** What files hold, with the pods of workloads. Undefined where something is wrong, which goes to `problems`. */
export const readAuditInput = (paths: readonly string[], problems: Problem[]): AuditInput | undefined => {
  try {
    const { world, sources, templates } = readManifests(readFiles(paths), { templates: true });
    // Only a cluster gives addresses: files that have them are a snapshot of one, and hold all that is there.
    const isComplete = world.pods.some(({ addresses }) => addresses.length > 0);
    return {
      world: isComplete ? world : { ...world, pods: [...world.pods, ...templates] },
      sources,
      isComplete,
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
};

/** What a live cluster holds. @throws ClusterError, EnvironmentError, UsageError */
export const readClusterInput = async (place: {
  kubeconfig: string;
  context: string;
}): Promise<AuditInput> => {
  // The client is loaded where it is needed: it takes as much memory as a large cluster.
  const { openClient } = await import('../../kube/client.ts');
  return { world: await readSnapshot(openClient(place)), isComplete: true };
};
