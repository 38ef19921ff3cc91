import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { ClusterError, EnvironmentError, InputError, messageOf, UsageError } from '../errors.ts';
import { describeErrors } from './plugin-manifests.ts';
import type { Plugin } from './plugins.ts';
import { runProgram } from './programs.ts';

/**
 * Whether docker and kind answer.
 * @throws EnvironmentError with what they said
 */
export const checkPrograms = async (): Promise<void> => {
  try {
    await runProgram('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 20_000 });
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    throw new EnvironmentError({
      subject: 'Docker is there but does not answer',
      wanted: '`docker info` to end well',
      got: error instanceof ClusterError ? (error.complaint.got ?? '') : messageOf(error),
      next: 'start it (`systemctl start docker`), join the docker group, or choose `--provider lab`',
    });
  }
  await runProgram('kind', ['version'], { timeout: 20_000 });
};

export const listClusters = async (): Promise<string[]> =>
  (await runProgram('kind', ['get', 'clusters'])).split('\n').map((line) => line.trim());

/** Writes the kubeconfig of a cluster that runs. */
export const useCluster = async (
  cluster: string,
  kubeconfig: string,
  log: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> => {
  log(`kind: using cluster ${cluster}, which is there already`);
  await runProgram('kind', ['export', 'kubeconfig', '--name', cluster, '--kubeconfig', kubeconfig], {
    signal,
  });
};

type Creation = {
  cluster: string;
  keep: boolean;
  kindImage: string;
  log: (line: string) => void;
  signal: AbortSignal | undefined;
  config: string;
  kubeconfig: string;
  folder: string;
  stack: AsyncDisposableStack;
  /** A start that fails leaves nothing, kept or not. */
  started: { isDone: boolean };
};

/**
 * Makes a cluster; the stack removes it.
 * @throws ClusterError with kind's last words, after the cluster is gone again
 */
export const createCluster = async (creation: Creation): Promise<void> => {
  const { cluster, keep, kindImage, config, kubeconfig, folder, log, signal, stack } = creation;
  const file = join(folder, 'kind.yaml');
  await writeFile(file, config, { mode: 0o600 });
  const remove = async (): Promise<void> => {
    await runProgram('kind', ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfig]);
  };
  const image = kindImage === '' ? [] : ['--image', kindImage];
  log(`kind: creating cluster ${cluster}${kindImage === '' ? '' : ` from ${kindImage}`}`);
  try {
    await runProgram(
      'kind',
      ['create', 'cluster', '--name', cluster, '--config', file, '--kubeconfig', kubeconfig, ...image],
      {
        signal,
        timeout: 600_000,
        subject: `cannot create kind cluster ${cluster}`,
        next: 'see https://kind.sigs.k8s.io/docs/user/known-issues; an image that cannot be pulled: `--kind-image`',
      },
    );
  } catch (error) {
    // Somebody else made a cluster of this name in the meantime: it is theirs.
    if (!messageOf(error).includes('already exist'))
      await remove().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
  stack.defer(async () => {
    if (!keep || !creation.started.isDone) return remove();
    log(`kind: cluster ${cluster} stays; \`kind delete cluster --name ${cluster}\` removes it`);
  });
};

/**
 * Reads a kind configuration and fits it to the plugin.
 * @throws UsageError where there is no such file; InputError where it is no kind configuration
 */
export const readKindConfig = async (file: string, { network }: Plugin): Promise<string> => {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError({
      subject: `cannot read the kind configuration ${file}`,
      next: 'check `--kind-config`',
    });
  });
  const document = parseDocument(text);
  const problems = describeErrors(document.errors, file);
  if (problems.length === 0 && document.get('kind') !== 'Cluster') {
    problems.push({ file, message: 'must be `kind: Cluster` of apiVersion kind.x-k8s.io/v1alpha4' });
  }
  if (problems.length > 0)
    throw new InputError(
      'The kind configuration cannot be used',
      problems,
      'https://kind.sigs.k8s.io/docs/user/configuration/ has the keys',
    );
  for (const [key, value] of Object.entries(network))
    if (value !== false) document.setIn(['networking', key], value);
  return document.toString();
};
