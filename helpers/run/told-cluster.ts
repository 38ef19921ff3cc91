import type { Cluster, Lane } from '../cluster/cluster.ts';
import { idOf } from '../kube/world.ts';

/** The same cluster, which tells `detail` what is created on it, and how long that took. */
export const tellCreations = (cluster: Cluster, detail: (line: string) => void): Cluster => ({
  ...cluster,
  openLane: async (index, standing, guests) => {
    const began = performance.now();
    const lane = await cluster.openLane(index, standing, guests);
    const words = `lane ${index}: ${standing.map(idOf).join(', ')}`;
    const names = [...new Set(standing.map(({ namespace }) => lane.namespaceNames[namespace] ?? namespace))];
    detail(`${words} created in ${names.join(', ')} in ${secondsSince(began)}`);
    return tellLane(lane, detail);
  },
  [Symbol.asyncDispose]: async () => {
    const began = performance.now();
    await cluster[Symbol.asyncDispose]();
    detail(`${cluster.environment.provider} let go in ${secondsSince(began)}`);
  },
});

const tellLane = (lane: Lane, detail: (line: string) => void): Lane => {
  const tell = async (what: string, work: Promise<void>): Promise<void> => {
    const began = performance.now();
    await work;
    detail(`lane ${lane.index}: ${what} created in ${secondsSince(began)}`);
  };
  return {
    ...lane,
    createNamespace: (name, labels) => tell(`namespace ${name}`, lane.createNamespace(name, labels)),
    createPod: (request) => tell(`pod ${idOf(request)}`, lane.createPod(request)),
    createService: (request) => tell(`service ${idOf(request)}`, lane.createService(request)),
    createExternalHost: (request) => tell(`host ${idOf(request)}`, lane.createExternalHost(request)),
  };
};

const secondsSince = (began: number): string => `${((performance.now() - began) / 1000).toFixed(2)} s`;
