import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { openClient, type KubeClient } from '../kube/client.ts';
import { cleanAdmin } from './clean-admin.ts';
import { removeOurRoutes, ownerLabel } from './host-container.ts';
import { listNodeContainers } from './kind-nodes.ts';
import { runLabel } from './kubernetes-objects.ts';
import { waitForRemoval } from './kubernetes-namespaces.ts';
import { cleanNodeLabels } from './node-labels.ts';
import { listRunNamespaces, stateOfOwner } from './other-runs.ts';
import { listDeadUnpackedFolders, listOwnedFolders, type OwnerRecord } from './owner.ts';
import { runProgram, succeeds } from './programs.ts';

type CleanOptions = {
  /** With one of these what dead runs left on that cluster goes too. */
  kubeconfig?: string;
  context?: string;
  /** Take also what a run on another machine made, of which nobody here can tell whether it lives. */
  force?: boolean;
};

/**
 * Removes what interrupted runs on kind and on existing clusters left: clusters, containers, folders, namespaces,
 * policies and CRDs of the admin tiers, labels of nodes.
 * What a live run uses, what was to be kept and what is not ours stays.
 * @returns one line for each thing removed, or left with the reason
 * @throws ClusterError or EnvironmentError where the given kubeconfig cannot be used
 */
export const clean = async ({ kubeconfig = '', context = '', force = false }: CleanOptions = {}): Promise<
  string[]
> => {
  const lines: string[] = [];
  const hasDocker = await succeeds('docker', ['info']).catch(() => false);
  const folders = await listOwnedFolders();
  const live = new Map(folders.filter(({ isLive }) => isLive).map(({ record }) => [record.cluster, record]));
  for (const { path, record } of folders) {
    const user = live.get(record.cluster);
    if (user !== undefined) {
      lines.push(
        `left: run ${record.run} on kind cluster ${record.cluster}, which process ${user.pid} still uses`,
      );
      continue;
    }
    if (!hasDocker) {
      lines.push(`left: ${path} of run ${record.run}, because Docker does not answer now`);
      continue;
    }
    try {
      lines.push(...(await cleanKind(record, join(path, 'kubeconfig'))));
      await rm(path, { recursive: true, force: true });
      lines.push(`removed folder ${path}`);
    } catch (error) {
      lines.push(`left: ${path}: ${messageOf(error)}`);
    }
  }
  for (const path of await listDeadUnpackedFolders()) {
    const failure = await rm(path, { recursive: true }).catch(messageOf);
    lines.push(failure === undefined ? `removed folder ${path}` : `left: ${path}: ${failure}`);
  }
  if (hasDocker) lines.push(...(await cleanContainers()));
  if (kubeconfig !== '' || context !== '')
    lines.push(...(await cleanCluster(openClient({ kubeconfig, context }), force)));
  return lines;
};

const cleanKind = async ({ cluster, removeCluster }: OwnerRecord, kubeconfig: string): Promise<string[]> => {
  const clusters = (await runProgram('kind', ['get', 'clusters'])).split('\n');
  if (!clusters.includes(cluster)) return [];
  if (removeCluster) {
    await runProgram('kind', ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfig]);
    return [`removed kind cluster ${cluster}`];
  }
  await runProgram('kind', ['export', 'kubeconfig', '--name', cluster, '--kubeconfig', kubeconfig]);
  await removeOurRoutes(await listNodeContainers(cluster));
  const lines = await cleanCluster(openClient({ kubeconfig }), false);
  return [...lines, `left: kind cluster ${cluster}, which was to be kept`];
};

// Hosts outside the cluster, of runs whose process is no more.
const cleanContainers = async (): Promise<string[]> => {
  const format = `{{.Names}}\t{{.Label "${ownerLabel}"}}`;
  const filter = `label=${runLabel}`;
  const output = await runProgram('docker', ['ps', '--all', '--filter', filter, '--format', format]);
  const lines: string[] = [];
  for (const line of output.split('\n').filter((line) => line !== '')) {
    const [name = '', owner = ''] = line.split('\t');
    if (stateOfOwner(owner) !== 'dead') {
      lines.push(`left: container ${name}, which may belong to a live run (${owner})`);
      continue;
    }
    await runProgram('docker', ['rm', '--force', '--volumes', name]);
    lines.push(`removed container ${name}`);
  }
  return lines;
};

const cleanCluster = async (client: KubeClient, force: boolean): Promise<string[]> => [
  ...(await cleanNamespaces(client, force)),
  ...(await cleanAdmin(client, force)),
  ...(await cleanNodeLabels(client, force)),
];

const cleanNamespaces = async (client: KubeClient, force: boolean): Promise<string[]> => {
  const namespaces = await listRunNamespaces(client);
  const removable = namespaces.filter(({ state }) => state === 'dead' || (force && state === 'unknown'));
  const left = namespaces.filter((namespace) => !removable.includes(namespace));
  const names = removable.map(({ name }) => name);
  await Promise.all(names.map((name) => client.core.deleteNamespace({ name })));
  await waitForRemoval(client, names);
  return [
    ...names.map((name) => `removed namespace ${name}`),
    ...left.map(({ name, owner, state }) =>
      state === 'live'
        ? `left: namespace ${name} of a live run (${owner})`
        : `left: namespace ${name}: its run (${owner}) is of another machine; \`--force\` removes it`,
    ),
  ];
};
