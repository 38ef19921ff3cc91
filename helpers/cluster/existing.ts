import { open, unlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ClusterError, messageOf, UsageError } from '../errors.ts';
import { openClient, type KubeClient } from '../kube/client.ts';
import { readSnapshot } from '../kube/snapshot.ts';
import { readAdminApi } from './admin-api.ts';
import type { Capability, Cluster, StartOptions } from './cluster.ts';
import { readCrdBundles } from './crd-bundle.ts';
import { installCrds } from './crd-install.ts';
import { readFacts, warnOfSeveralEngines } from './facts.ts';
import { openPodsInPlace } from './in-place.ts';
import { chooseNodes, noChosenAddress } from './kubernetes-objects.ts';
import { openKubernetesLane } from './kubernetes.ts';
import { refuseOtherRuns } from './other-runs.ts';
import { describeFixtures } from './outages.ts';
import { checkPermissions, installPermissions, permissions } from './permissions.ts';

export type ExistingOptions = StartOptions & {
  /** Path; empty: KUBECONFIG, ~/.kube/config, or the service account of the pod that we run in. */
  kubeconfig?: string;
  /** Empty: the current context. */
  context?: string;
  /** Image of the probe pods, with Node >= 20; empty: node:24-alpine. */
  probeImage?: string;
  /** CRDs to install where they are missing, see `readCrdBundles`; they go at the end. */
  crdBundle?: readonly string[];
  /** Run although another run has namespaces there. */
  force?: boolean;
  /** Whether policies may select pods that are not ours. */
  clusterWide?: boolean;
  signal?: AbortSignal | undefined;
};

const defaultImage = 'node:24-alpine';
const notOurs = 'the plugin of this cluster is not ours to restart';

/**
 * Uses a cluster that is there: creates nothing in it but namespaces of this run, with what is in them, policies of the
 * admin tiers, and CRDs where it is told to.
 * @throws UsageError for an unknown context, where another run is active, or where CRDs are there in another version;
 * InputError for files that are wrong; EnvironmentError for a kubeconfig that is not there; ClusterError where the
 * server does not answer or permissions are missing
 */
export const startExisting = async (options: ExistingOptions): Promise<Cluster> => {
  const {
    run,
    plugin,
    pluginNext = '',
    log,
    kubeconfig = '',
    context = '',
    crdBundle = [],
    force = false,
    signal,
  } = options;
  if (plugin !== 'default' || pluginNext !== '') {
    const flag = plugin === 'default' ? `--plugin-next ${pluginNext}` : `--plugin ${plugin}`;
    throw new UsageError({
      subject: `\`${flag}\` with an existing cluster`,
      wanted: 'the plugin that the cluster has: no `--plugin`, or `--plugin default`, and no `--plugin-next`',
      next: 'leave out `--plugin` and NETPOL_PLUGIN, or choose `--provider kind` to have a plugin installed',
    });
  }
  const bundles = await readCrdBundles(crdBundle);
  const client = openClient({ kubeconfig, context });
  const version = await client.version.getCode();
  log(`existing: ${client.server} (context ${client.context}) runs Kubernetes ${version.gitVersion}`);
  await checkPermissions(client, [...permissions, ...(bundles.length > 0 ? installPermissions : [])]);
  await refuseOtherRuns(client, run, force);
  const stack = new AsyncDisposableStack();
  try {
    if (bundles.length > 0) stack.use(await installCrds(client, { bundles, run, log, signal }));
    return await describeCluster(options, client, stack);
  } catch (error) {
    await stack.disposeAsync().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
};

const describeCluster = async (
  options: ExistingOptions,
  client: KubeClient,
  stack: AsyncDisposableStack,
): Promise<Cluster> => {
  const { run, plugin, log, probeImage = '', clusterWide = false, signal } = options;
  const nodes = (await client.core.listNode()).items;
  const facts = await readFacts(client, nodes);
  warnOfSeveralEngines(facts, log);
  const admin = await readAdminApi(client, run);
  for (const warning of admin.warnings) log(`warning: ${warning}`);
  const probeNodes = chooseNodes(nodes);
  if (probeNodes.length === 0) throw lackingNodes(client, nodes.length);
  const lacks: Partial<Record<Capability, string>> = {
    ...admin.lacks,
    'chosen-address': noChosenAddress,
    ...(clusterWide
      ? {}
      : { 'cluster-wide': "its policies select everybody's pods, which only `--cluster-wide` allows here" }),
    'node-labels':
      'the nodes were not made for a run: only those of a kind cluster and of the lab get labels',
    'plugin-operations': notOurs,
    'plugin-upgrade': notOurs,
    ...describeFixtures(false, nodes, undefined),
    external: 'hosts outside the cluster can be made beside a kind cluster or in the lab only',
    ...(probeNodes.length < 2 ? { 'two-nodes': 'the cluster has only one node for probe pods' } : {}),
  };
  const image = probeImage || defaultImage;
  const place = { client, run, image, nodes: probeNodes, admin, signal };
  return {
    environment: {
      provider: 'existing',
      plugin,
      families: facts.families,
      nodes: nodes.length,
      versions: { ...facts.versions, ...admin.versions, 'probe image': image },
    },
    lacks,
    commandEnvironment: await environmentOf(options, client, stack),
    operatePlugin: () => {
      throw new ClusterError({ subject: `${client.server}: ${lacks['plugin-operations']}` });
    },
    outage: ({ part }) => {
      const reason = lacks[`${part}-operations`];
      throw new ClusterError({ subject: `${client.server}: ${reason}` });
    },
    maximumLanes: 4,
    openLane: (index, standing, guests) =>
      openKubernetesLane({ ...place, waitForRemoval: true }, index, standing, guests),
    live: {
      world: () => readSnapshot(client),
      openPods: (pods) => openPodsInPlace(place, pods),
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

const lackingNodes = ({ server }: KubeClient, count: number): ClusterError =>
  new ClusterError({
    subject: `no node for probe pods on ${server}`,
    wanted: 'a node that is Ready, not cordoned and without taints',
    got: `${count} nodes, none of them such`,
    next: '`kubectl get nodes` and `kubectl describe nodes` show why',
  });

/**
 * A list of files says the context as well as the cluster: the first that names a current context wins. Ours names
 * nothing else, so that no key is copied.
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
const environmentOf = async (
  { kubeconfig = '', context = '' }: ExistingOptions,
  client: KubeClient,
  stack: AsyncDisposableStack,
): Promise<Cluster['commandEnvironment']> => {
  const path = kubeconfig || process.env['KUBECONFIG'] || join(homedir(), '.kube/config');
  if (context === '') return kubeconfig === '' ? {} : { KUBECONFIG: path };
  const file = join(tmpdir(), `netpol-context-${process.pid}`);
  const handle = stack.use(await open(file, 'w+', 0o600));
  // Without a name it is gone with this process, however that ends.
  await unlink(file);
  await handle.write(JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': client.context }));
  return { KUBECONFIG: [`/proc/${process.pid}/fd/${handle.fd}`, path].join(delimiter) };
};
