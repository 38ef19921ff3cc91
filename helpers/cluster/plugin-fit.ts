import { UsageError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { idOf, isEngine, proxyMode } from './facts.ts';
import type { Plugin } from './plugins.ts';

/**
 * A plugin that is installed beside one that enforces already would be judged by what that one does.
 * @throws UsageError where such a one runs
 */
export const refuseSecondEngine = async (client: KubeClient, plugin: Plugin): Promise<void> => {
  if (plugin.manifests === undefined) return;
  const [{ items: nodes }, { items: sets }] = await Promise.all([
    client.core.listNode(),
    client.apps.listDaemonSetForAllNamespaces(),
  ]);
  const kubernetes = nodes[0]?.status?.nodeInfo?.kubeletVersion ?? '';
  const others = sets.filter(
    (set) => isEngine(set, kubernetes) && plugin.daemonSets?.includes(idOf(set)) !== true,
  );
  if (others.length === 0) return;
  throw new UsageError({
    subject: `\`--plugin ${plugin.name}\` is to be installed on a cluster where another plugin enforces already`,
    wanted: 'a cluster where nothing enforces: verdicts would be about the other one, too',
    got: others.map(idOf).join(', '),
    next:
      'a plugin that connects the pods itself says so, and gets a cluster without: the line `# kind: disableDefaultCNI` ' +
      'in its file, or `network: { disableDefaultCNI: true }` in its description; one that only enforces ' +
      'brings a network that does not, as manifests/plugins/kube-network-policies.yaml does',
  });
};

/**
 * A cluster that was made for something else. Pods that are connected already cannot be connected by another plugin too: both
 * would give out the same addresses. `cniFiles` are the CNI configurations of a node.
 * @throws UsageError where the cluster has a network that is not the plugin's, or another mode of kube-proxy than it needs
 */
export const refuseOtherNetwork = async (
  client: KubeClient,
  plugin: Plugin,
  cniFiles: readonly string[],
): Promise<void> => {
  const { name, network, cniFile, daemonSets = [] } = plugin;
  if (network.kubeProxyMode !== undefined) {
    const mode = await readProxyMode(client);
    if (mode !== network.kubeProxyMode)
      throw new UsageError({
        subject: `\`--plugin ${name}\` needs another mode of kube-proxy than this cluster has`,
        wanted: network.kubeProxyMode,
        got: mode,
        next,
      });
  }
  if (network.disableDefaultCNI !== true) return;
  const others = cniFiles.filter((file) => file !== cniFile);
  if (others.length === 0) return;
  if (cniFile === undefined) {
    // We do not know what it calls its file. Where its DaemonSets run, it is the network that is there.
    const { items } = await client.apps.listDaemonSetForAllNamespaces();
    const there = items.map(idOf);
    if (daemonSets.length > 0 && daemonSets.every((set) => there.includes(set))) return;
  }
  throw new UsageError({
    subject: `\`--plugin ${name}\` connects the pods itself, and this cluster has a network already`,
    wanted: 'a cluster that was made without one (kind: disableDefaultCNI), or where this plugin runs',
    got: others.join(', '),
    next,
  });
};

const next = 'take `--plugin default` on this cluster, or leave `--cluster` out and a new one is made';

const readProxyMode = async (client: KubeClient): Promise<string> => {
  const { items } = await client.core.listNamespacedConfigMap({ namespace: 'kube-system' });
  const found = items.find(({ metadata }) => metadata?.name === 'kube-proxy');
  return proxyMode(found?.data?.['config.conf']) ?? 'none';
};
