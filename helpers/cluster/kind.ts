import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UsageError } from '../errors.ts';
import { openClient, type KubeClient } from '../kube/client.ts';
import { settleAll, thenClean } from '../wait.ts';
import { readAdminApi } from './admin-api.ts';
import { noNextPlugin, type Cluster, type StartOptions } from './cluster.ts';
import { waitUntilClusterReady } from './cluster-readiness.ts';
import { readCrdBundles } from './crd-bundle.ts';
import { hasAdminDefinitions, installCrds } from './crd-install.ts';
import { createExternalHosts } from './external-hosts.ts';
import { readFacts, warnOfSeveralEngines } from './facts.ts';
import { refuseDocumentationRanges, removeOurRoutes } from './host-container.ts';
import { checkPrograms, createCluster, listClusters, readKindConfig, useCluster } from './kind-cluster.ts';
import {
  collectPluginEvidence,
  isMarkedAsOurs,
  listNodeContainers,
  markAsOurs,
  readKindNodes,
  readKubeletWords,
  readCniFiles,
} from './kind-nodes.ts';
import { chooseNodes, noChosenAddress, thisProcess } from './kubernetes-objects.ts';
import { openKubernetesLane } from './kubernetes.ts';
import { refuseOtherRuns } from './other-runs.ts';
import { createOwnedFolder, hasOtherRuns } from './owner.ts';
import { describeFixtures, holdUpApiServer, leavePluginOut, restartNode } from './outages.ts';
import { refuseOtherNetwork, refuseSecondEngine } from './plugin-fit.ts';
import { applyPlugin, createRunningPlugin } from './plugin-versions.ts';
import { describePlugin } from './plugin-images.ts';
import { findNextPlugin, findPlugin, type Plugin } from './plugins.ts';
import { bringToDocker, loadIntoNodes, prepareProbeImage } from './probe-image.ts';
import { runProgram } from './programs.ts';

export type KindOptions = StartOptions & {
  /** Name of the cluster; one that runs is used again and left. Empty: `netpol-<run>`. */
  cluster?: string;
  /** Leave the cluster that we made. */
  keep?: boolean;
  /** Node image; empty: what kind itself takes. */
  kindImage?: string;
  /** Image of the probe pods, with Node >= 20, ip and nft; empty: built from manifests/run/Dockerfile. */
  probeImage?: string;
  /** Path of a kind configuration; empty: manifests/kind/cluster.yaml. */
  kindConfig?: string;
  /** CRDs to install, see `readCrdBundles`; empty: those of the plugin, on a cluster that has none. */
  crdBundle?: readonly string[];
  /** Use a cluster although another run has namespaces there. */
  force?: boolean;
  signal?: AbortSignal | undefined;
};

const defaultConfig = fileURLToPath(new URL('../../manifests/kind/cluster.yaml', import.meta.url));

/**
 * Starts a kind cluster with a plugin, or uses one that runs.
 * @throws UsageError or InputError before anything is made; EnvironmentError where docker or kind does not answer;
 * ClusterError where the cluster or the plugin does not get ready, after everything that was made is gone again
 */
export const startKind = async (options: KindOptions): Promise<Cluster> => {
  const { run, log, signal, keep = false, kindImage = '', kindConfig = '', crdBundle = [] } = options;
  const cluster = options.cluster || `netpol-${run}`;
  if (!/^[a-z0-9.-]+$/.test(cluster)) {
    const wanted = 'lower-case letters, digits, dots and hyphens';
    throw new UsageError({ subject: '`--cluster` is no name for a kind cluster', wanted, got: cluster });
  }
  const destination = { controlPlane: `${cluster}-control-plane`, signal };
  const plugin = await findPlugin(options.plugin, destination);
  const next = await findNextPlugin(options.pluginNext ?? '', plugin, destination);
  const config = await readKindConfig(kindConfig || defaultConfig, plugin);
  const bundles = await readCrdBundles(crdBundle.length > 0 ? crdBundle : (plugin.crdBundles ?? []));
  await checkPrograms();
  const isReused = (await listClusters()).includes(cluster);
  const stack = new AsyncDisposableStack();
  const started = { isDone: false };
  try {
    const folder = stack.use(await createOwnedFolder({ run, cluster, removeCluster: !isReused && !keep }));
    const kubeconfig = join(folder.path, 'kubeconfig');
    // Nobody waits for an image where something else failed.
    const ending = new AbortController();
    stack.defer(() => ending.abort());
    const untilEnd = AbortSignal.any([ending.signal, ...(signal === undefined ? [] : [signal])]);
    const building = prepareProbeImage(options.probeImage ?? '', { log, signal: untilEnd });
    building.catch(() => {});
    if (isReused) await useCluster(cluster, kubeconfig, log, signal);
    else {
      const creation = { cluster, keep, kindImage, config, kubeconfig, folder: folder.path };
      await createCluster({ ...creation, log, signal, stack, started });
    }
    const client = openClient({ kubeconfig });
    if (isReused) await refuseOtherRuns(client, run, options.force === true);
    const containers = await listNodeContainers(cluster);
    const controlPlane = containers[0] ?? '';
    if (isReused) await refuseOtherNetwork(client, plugin, await readCniFiles(controlPlane));
    else await markAsOurs(controlPlane);
    await refuseSecondEngine(client, plugin);
    const isOurs = await isMarkedAsOurs(controlPlane);
    const install = async (): Promise<void> => {
      if (crdBundle.length === 0 && (await hasAdminDefinitions(client))) return;
      stack.use(await installCrds(client, { bundles, log, signal, ...(isReused ? { run } : {}) }));
    };
    const load = async (): Promise<void> =>
      loadIntoNodes(await building, cluster, containers, { log, signal });
    const installing = install().catch((error: unknown) => {
      ending.abort();
      throw error;
    });
    await settleAll([installing, load()]);
    const image = await building;
    if (plugin.manifests !== undefined) {
      log(`kind: installing plugin ${plugin.name}${isReused ? ` (it stays in cluster ${cluster})` : ''}`);
      await applyPlugin(plugin, image, { controlPlane, nodes: containers, signal, log });
    }
    const nodes = containers.length;
    await waitUntilClusterReady(client, { nodes, plugin, kubeletWords: readKubeletWords, signal });
    const isKept = keep || isReused;
    const made = { cluster, client, containers, image, isKept, isOurs, kubeconfig, stack };
    const ready = await describeCluster({ ...options, ...made, versions: [plugin, next] });
    started.isDone = true;
    return ready;
  } catch (error) {
    await stack.disposeAsync().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
};

type Described = KindOptions & {
  cluster: string;
  client: KubeClient;
  containers: string[];
  image: string;
  isKept: boolean;
  /** Made by this run, or an earlier one of ours. */
  isOurs: boolean;
  /** The plugin that we have installed, and the version to which it is upgraded. */
  versions: readonly [Plugin, Plugin | undefined];
  kubeconfig: string;
  stack: AsyncDisposableStack;
};

const describeCluster = async (described: Described): Promise<Cluster> => {
  const { run, cluster, plugin, log, signal, client, containers, image, kubeconfig, stack } = described;
  const { isKept, isOurs, versions } = described;
  const [installed, next] = versions;
  const nodes = (await client.core.listNode()).items;
  const facts = await readFacts(client, nodes, installed.daemonSets);
  warnOfSeveralEngines(facts, log);
  const admin = await readAdminApi(client, run);
  for (const warning of admin.warnings) log(`warning: ${warning}`);
  const inspection = ['inspect', '--format', '{{.Config.Image}}', containers[0] ?? ''];
  const nodeImage = await runProgram('docker', inspection);
  const probeNodes = chooseNodes(nodes);
  let imageInDocker: Promise<string> | undefined;
  let prepared: Promise<void> | undefined;
  const kindNodes = await readKindNodes(client);
  const externalHosts = stack.use(
    createExternalHosts({
      run,
      owner: thisProcess,
      nodes: kindNodes,
      image: () => (imageInDocker ??= bringToDocker(image, containers, { log, signal })),
      prepareNodes: () => (prepared ??= refuseDocumentationRanges(kindNodes)),
      restoreNodes: async () => {
        // A run beside us (`--force`) needs the same routes; the last one takes them away.
        if (isKept && prepared !== undefined && !(await hasOtherRuns(cluster, run)))
          await removeOurRoutes(containers);
      },
    }),
  );
  const evidence = () => collectPluginEvidence(client, containers, facts.engines);
  const ours = installed.daemonSets ?? (isOurs ? facts.engines : []);
  const place = { client, daemonSets: ours, controlPlane: containers[0] ?? '', signal };
  const running = createRunningPlugin(installed, next, image, place);
  // A cluster that stays must not keep a version that it was only to be upgraded to.
  if (isKept && next !== undefined) stack.defer(() => running.operate('reset'));
  const notOurs = isOurs
    ? 'no DaemonSet of a plugin that we know runs here'
    : 'the plugin of this cluster is not ours to restart';
  return {
    environment: {
      provider: 'kind',
      plugin,
      families: facts.families,
      nodes: nodes.length,
      versions: {
        ...{ ...facts.versions, ...admin.versions, 'node image': nodeImage, 'probe image': image },
        ...(await describePlugin(client, versions, ours)),
      },
    },
    lacks: {
      ...admin.lacks,
      'chosen-address': noChosenAddress,
      ...(ours.length === 0 ? { 'plugin-operations': notOurs } : {}),
      ...(next === undefined ? { 'plugin-upgrade': noNextPlugin } : {}),
      ...describeFixtures(isOurs, nodes, probeNodes[1]),
      ...(probeNodes.length < 2 ? { 'two-nodes': 'the cluster has only one node for probe pods' } : {}),
    },
    commandEnvironment: { KUBECONFIG: kubeconfig },
    operatePlugin: running.operate,
    exchangePlugin: async (name) => running.exchange(await findPlugin(name, place)),
    outage: async (what, meanwhile) => {
      if (what.part === 'plugin') return leavePluginOut(what.node, meanwhile, running.place());
      if (what.part === 'api-server') return holdUpApiServer(meanwhile, place);
      const work = (): Promise<void> => restartNode(what.node, run, meanwhile, place);
      // A node that boots has none of our routes any more.
      await thenClean(work, async () => {
        if (prepared !== undefined) await (prepared = refuseDocumentationRanges(kindNodes));
        await externalHosts.routeAgain();
      });
    },
    maximumLanes: 4,
    openLane: (index, standing, guests) =>
      openKubernetesLane(
        {
          ...{ client, run, image, nodes: probeNodes, admin, waitForRemoval: isKept },
          ...{ externalHosts, evidence, signal },
        },
        index,
        standing,
        guests,
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};
