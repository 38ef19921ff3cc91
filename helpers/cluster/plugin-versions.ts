import { ClusterError } from '../errors.ts';
import type { V1DaemonSet } from '../kube/client.ts';
import { poll, settleAll } from '../wait.ts';
import type { PluginOperation } from './cluster.ts';
import { waitUntilClusterReady } from './cluster-readiness.ts';
import { applyManifests, labelNodes, readKubeletWords } from './kind-nodes.ts';
import {
  containersOf,
  findSets,
  operateDaemonSets,
  podsOf,
  waitUntilReplaced,
  type KindPlace,
} from './plugin-operations.ts';
import type { Plugin } from './plugins.ts';
import { isVersionChange, wayTo } from './versions.ts';

/** The plugin of a kind cluster, in the version that runs there now. */
type RunningPlugin = {
  /** Where its processes are. */
  place(): KindPlace;
  /** See `Cluster.operatePlugin`. */
  operate(operation: PluginOperation): Promise<void>;
  /** See `Cluster.exchangePlugin`. */
  exchange(plugin: Plugin): Promise<void>;
};

/** How long the controller may take to see what was applied, in milliseconds. */
const observed = 30_000;
/** How long the pods of a version that is no more may take to end. */
const longestEnd = 90_000;

/**
 * A plugin that can go to another version and back. The manifests of the other one are applied as they are, so how it rolls
 * out is up to them; DaemonSets that only the one before had are deleted, and nothing else is.
 */
export const createRunningPlugin = (
  first: Plugin,
  next: Plugin | undefined,
  image: string,
  place: KindPlace,
): RunningPlugin => {
  const { client, controlPlane } = place;
  let current = first;
  const placeOf = (plugin: Plugin): KindPlace =>
    plugin.daemonSets === undefined ? place : { ...place, daemonSets: plugin.daemonSets };

  const goTo = async (plugin: Plugin, { signal }: Pick<KindPlace, 'signal'>): Promise<void> => {
    const old = await findSets(placeOf(current));
    const all = [...old, ...(await findSets(placeOf(plugin)))];
    const before = new Set((await podsOf(all, client)).flatMap(containersOf));
    // Before: manifests may be applied in part.
    current = plugin;
    await applyPlugin(plugin, image, { controlPlane, signal });
    const there = { ...placeOf(plugin), signal };
    const sets = await waitUntilObserved(there);
    const isChanged = (set: V1DaemonSet): boolean =>
      !all.some(
        ({ metadata }) =>
          metadata?.uid === set.metadata?.uid && metadata?.generation === set.metadata?.generation,
      );
    const changed = sets.filter(isChanged);
    // Manifests that change no pod would replace none.
    if (changed.length === 0) await operateDaemonSets('rollover', there);
    else await waitUntilReplaced(changed, before, there);
    // Deployments too, for which no pod above stands.
    if (plugin.waits !== undefined && plugin.waits.length > 0)
      await waitUntilClusterReady(client, { nodes: 0, plugin, kubeletWords: readKubeletWords, signal });
    // Not before: the new one must be there when the old one goes.
    await removeSets(
      old.filter((set) => !sets.some(({ metadata }) => metadata?.uid === set.metadata?.uid)),
      there,
    );
  };

  return {
    place: () => placeOf(current),
    operate: async (operation) => {
      if (!isVersionChange(operation)) return operateDaemonSets(operation, placeOf(current));
      if (next === undefined) throw new ClusterError({ subject: 'the plugin has no other version to go to' });
      // The first version comes back also after Ctrl-C.
      const patience = operation === 'reset' ? { signal: undefined } : place;
      for (const version of wayTo(operation, { first, next, current })) await goTo(version, patience);
    },
    exchange: async (plugin) => {
      if (plugin.name !== current.name) await goTo(plugin, place);
    },
  };
};

/** @throws ClusterError where the plugin has no manifests, or the API server refuses them */
export const applyPlugin = async (
  { name, manifests, nodeLabels, isForeign = false }: Plugin,
  image: string,
  {
    controlPlane,
    nodes = [],
    signal,
    log,
  }: Pick<KindPlace, 'controlPlane' | 'signal'> & { nodes?: readonly string[]; log?: (line: string) => void },
): Promise<void> => {
  if (manifests === undefined)
    throw new ClusterError({ subject: `plugin ${name} has no manifests to apply` });
  await labelNodes(controlPlane, nodes, nodeLabels);
  const text = await manifests(image);
  await applyManifests(controlPlane, text, signal, isForeign ? 'warn' : 'strict', (line) =>
    log?.(`plugin ${name}: ${line}`),
  );
};

/** Resolves when their pods are gone too: what still runs would go on to enforce. */
const removeSets = async (sets: readonly V1DaemonSet[], { client, signal }: KindPlace): Promise<void> => {
  if (sets.length === 0) return;
  await settleAll(
    sets.map(async ({ metadata }) => {
      const name = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
      await client.apps.deleteNamespacedDaemonSet(name);
    }),
  );
  let left = '';
  const areGone = async (): Promise<true | undefined> => {
    left = (await podsOf(sets, client)).map(({ metadata }) => metadata?.name).join(', ');
    return left === '' ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({ subject: `pods of the version before do not go away: ${left}` });
  await poll(areGone, { deadline: longestEnd, interval: 250, signal, failure });
};

const waitUntilObserved = (place: KindPlace): Promise<V1DaemonSet[]> =>
  poll(
    async () => {
      const sets = await findSets(place);
      const isObserved = ({ metadata, status }: V1DaemonSet): boolean =>
        status?.observedGeneration === metadata?.generation;
      // There may be sets for nodes that the cluster does not have.
      const run = sets.some(({ status }) => (status?.desiredNumberScheduled ?? 0) > 0);
      return run && sets.every(isObserved) ? sets : undefined;
    },
    {
      deadline: observed,
      interval: 100,
      signal: place.signal,
      failure: () =>
        new ClusterError({
          subject: `the DaemonSets of the plugin (${place.daemonSets.join(', ')}) are not seen by their controller`,
          wanted: `pods for them within ${observed / 1000} s`,
          next: 'kubectl get daemonsets --all-namespaces',
        }),
    },
  );
