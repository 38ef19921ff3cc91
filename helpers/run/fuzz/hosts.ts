import { isDeepStrictEqual } from 'node:util';
import type { Cluster, ExternalHostRequest, Lane } from '../../cluster/cluster.ts';
import { idOf } from '../../kube/world.ts';

/**
 * The cluster with lanes that keep hosts outside of it for the next who asks for the same: to make one takes longer
 * than all the packets of a random world. A host that was deleted is there, but nobody is told of it.
 */
export const keepHosts = (cluster: Cluster): Cluster => ({
  ...cluster,
  openLane: async (...args) => keepHostsOf(await cluster.openLane(...args)),
});

const keepHostsOf = (lane: Lane): Lane => {
  const idle = new Map<string, ExternalHostRequest>();
  const used = new Map<string, ExternalHostRequest>();
  return {
    ...lane,
    world: async () => {
      const world = await lane.world();
      return { ...world, pods: world.pods.filter((pod) => !idle.has(idOf(pod))) };
    },
    createExternalHost: async (request) => {
      const id = idOf(request);
      const kept = idle.get(id);
      if (kept !== undefined && !isDeepStrictEqual(kept, request)) {
        await lane.deleteExternalHost(request);
        idle.delete(id);
      }
      if (!idle.has(id)) await lane.createExternalHost(request);
      idle.delete(id);
      used.set(id, request);
    },
    deleteExternalHost: async (name) => {
      const request = used.get(idOf(name));
      if (request === undefined) return;
      used.delete(idOf(name));
      idle.set(idOf(name), request);
    },
  };
};
