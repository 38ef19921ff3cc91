import { ClusterError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { poll } from '../wait.ts';
import { readLog } from './kubernetes-evidence.ts';
import type { KindNode } from './host-container.ts';
import { internalAddresses } from './kubernetes-objects.ts';
import { lastWords, runProgram } from './programs.ts';

/** Names of the containers that are the nodes of a kind cluster, control plane first; none where there is no such cluster. */
export const listNodeContainers = async (cluster: string): Promise<string[]> => {
  const filter = `label=io.x-k8s.kind.cluster=${cluster}`;
  const format = '{{.Names}} {{.Label "io.x-k8s.kind.role"}}';
  const output = await runProgram('docker', ['ps', '--filter', filter, '--format', format]);
  return output
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, role]) => role === 'control-plane' || role === 'worker')
    .toSorted(
      ([a = '', roleA = ''], [b = '', roleB = '']) => roleA.localeCompare(roleB) || a.localeCompare(b),
    )
    .map(([name = '']) => name);
};

export const readKindNodes = async (client: KubeClient): Promise<KindNode[]> => {
  const { items } = await client.core.listNode();
  return items.map(({ metadata, spec, status }) => ({
    name: metadata?.name ?? '',
    addresses: internalAddresses(status),
    podCIDRs: spec?.podCIDRs ?? [],
  }));
};

const mark = '/etc/netpol-conformance';

/** Notes on a node that the cluster is ours, for the runs that use it again. */
export const markAsOurs = async (node: string): Promise<void> => {
  await runProgram('docker', ['exec', node, 'touch', mark]);
};

export const isMarkedAsOurs = async (node: string): Promise<boolean> =>
  (await runProgram('docker', ['exec', node, 'find', '/etc', '-maxdepth', '1', '-path', mark])) !== '';

/** Names of the CNI configurations of a node, and of what lies beside them. */
export const readCniFiles = async (node: string): Promise<string[]> =>
  (await runProgram('docker', ['exec', node, 'ls', '/etc/cni/net.d']))
    .split('\n')
    .filter((file) => file !== '');

/** On the node of a control plane. */
export const kubectl = ['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'] as const;

/**
 * Applies manifests with the kubectl of the control plane's node, as kind itself does: the text arrives verbatim
 * (client-node would drop the fields that its models do not know), and nothing but kind needs to be installed.
 */
export const applyManifests = async (
  node: string,
  manifests: string,
  signal: AbortSignal | undefined,
  validation: 'strict' | 'warn',
  log: (line: string) => void,
): Promise<void> => {
  const command = ['exec', '-i', node, ...kubectl, 'apply'];
  const flags = ['--server-side', '--force-conflicts', `--validate=${validation}`, '--filename=-'];
  let refusal = new ClusterError({ subject: 'cannot install the plugin' });
  const apply = async (): Promise<true | undefined> => {
    try {
      await runProgram('docker', [...command, ...flags], {
        input: manifests,
        signal,
        log,
        subject: 'cannot install the plugin',
      });
      return true;
    } catch (error) {
      // A resource of a kind that was defined a moment ago, in the same text.
      if (!(error instanceof ClusterError) || !/no matches for kind/.test(error.message)) throw error;
      refusal = error;
      return undefined;
    }
  };
  const failure = (): Error => refusal;
  await poll(apply, { deadline: 30_000, interval: 500, signal, failure });
};

/** Gives each node, which is a container of the same name, labels with `${NODE}` for its name. */
export const labelNodes = async (
  controlPlane: string,
  nodes: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return;
  const command = ['exec', controlPlane, ...kubectl, 'label'];
  for (const node of nodes) {
    const given = pairs.map(([key, value]) => `${key}=${value.replaceAll('${NODE}', () => node)}`);
    await runProgram('docker', [...command, '--overwrite', `node/${node}`, ...given]);
  }
};

export const readKubeletWords = async (node: string): Promise<string> => {
  const command = ['journalctl', '--unit', 'kubelet', '--lines', '30', '--output', 'cat', '--no-pager'];
  return lastWords(await runProgram('docker', ['exec', node, ...command]));
};

/** The plugin's log tails, and the rules of the reference plugin where it runs. */
export const collectPluginEvidence = async (
  client: KubeClient,
  nodes: readonly string[],
  engines: readonly string[],
): Promise<Record<string, string>> => {
  const files: Record<string, string> = {};
  if (engines.length > 0) {
    const { items } = await client.core.listPodForAllNamespaces();
    const logs = items
      .filter(
        ({ metadata }) => metadata?.ownerReferences?.some(({ name }) => engines.includes(name)) === true,
      )
      .flatMap(({ metadata, spec, status }) => {
        const [container] = spec?.containers ?? [];
        const isRestarted = status?.containerStatuses?.some(({ restartCount }) => restartCount > 0) === true;
        return (isRestarted ? [true, false] : [false]).map((previous) =>
          readLog(client, metadata?.namespace ?? '', metadata?.name ?? '', container?.name, previous),
        );
      });
    files['plugin.log'] = (await Promise.all(logs)).join('\n');
  }
  if (!engines.includes('netpol-reference')) return files;
  const command = ['nft', 'list', 'table', 'inet', 'netpol-reference'];
  const rules = nodes.map(async (node) => {
    const text = await runProgram('docker', ['exec', node, ...command]).catch(
      (error: Error) => error.message,
    );
    files[`rules-${node}.nft`] = `${text}\n`;
  });
  await Promise.all(rules);
  return files;
};
