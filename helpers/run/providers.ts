import { execa } from 'execa';
import type { Cluster, StartOptions } from '../cluster/cluster.ts';
import type { Config, ProviderName } from '../config.ts';
import { messageOf, UsageError } from '../errors.ts';

export type Choice = { provider: Exclude<ProviderName, 'auto'>; because: string };

/** Which provider a run uses, and why: the asked one, else kind where Docker and kind answer, else the lab. */
export const chooseProvider = async (config: Config): Promise<Choice> => {
  const { provider, kubeconfig, context, cluster, keep, kindConfig, crdBundle } = config;
  const isNamed = kubeconfig !== '' || context !== '';
  if (isNamed && (provider === 'kind' || provider === 'lab')) {
    throw new UsageError({
      subject: `\`--kubeconfig\` or \`--context\` with \`--provider ${provider}\``,
      wanted: 'one cluster to be meant',
      next: 'choose `--provider existing`, or leave them out',
    });
  }
  if (provider === 'lab' && crdBundle.length > 0) {
    throw new UsageError({
      subject: '`--crd-bundle` with `--provider lab`',
      wanted: 'a cluster with an API server',
      next: 'leave it out (the lab knows the admin tiers without CRDs), or choose `--provider kind`',
    });
  }
  if (provider !== 'auto') return { provider, because: 'asked for' };
  if (isNamed) return { provider: 'existing', because: 'a kubeconfig or context is given' };
  if (cluster !== '' || keep || kindConfig !== '' || crdBundle.length > 0) {
    const because = '`--cluster`, `--keep`, `--kind-config` or `--crd-bundle` is given';
    return { provider: 'kind', because };
  }
  const docker = await answer('docker', ['info', '--format', '{{.ServerVersion}}']);
  if ('failure' in docker) return { provider: 'lab', because: `Docker does not answer (${docker.failure})` };
  const kind = await answer('kind', ['version']);
  if ('failure' in kind) {
    return {
      provider: 'lab',
      because: `Docker answers, but not kind (${kind.failure}); see https://kind.sigs.k8s.io`,
    };
  }
  return {
    provider: 'kind',
    because: `Docker ${docker.output} and ${kind.output.split(' ').slice(0, 2).join(' ')} answer`,
  };
};

/**
 * Starts the cluster of a provider. Providers are loaded only when used: the Kubernetes client takes 0.4 s.
 * @throws EnvironmentError, ClusterError or UsageError; everything created is gone again
 */
export const startCluster = async (
  provider: Choice['provider'],
  config: Config,
  { run, log, signal }: Omit<StartOptions, 'plugin'> & { signal: AbortSignal },
): Promise<Cluster> => {
  const { cluster, keep, kindImage, probeImage, kindConfig, kubeconfig, context, force } = config;
  const { crdBundle, clusterWide, pluginNext } = config;
  const plugin = config.plugin || (provider === 'lab' ? 'reference' : 'default');
  const start = { run, log, plugin, pluginNext };
  switch (provider) {
    case 'lab': {
      const { startLab } = await import('../cluster/lab/lab.ts');
      return startLab(start);
    }
    case 'kind': {
      const { startKind } = await import('../cluster/kind.ts');
      const files = { kindImage, probeImage, kindConfig, crdBundle };
      return startKind({ ...start, signal, cluster, keep, force, ...files });
    }
    case 'existing': {
      const { startExisting } = await import('../cluster/existing.ts');
      const place = { kubeconfig, context, clusterWide, force };
      return startExisting({ ...start, signal, probeImage, crdBundle, ...place });
    }
  }
};

const answer = async (command: string, args: string[]): Promise<{ output: string } | { failure: string }> => {
  try {
    const { stdout } = await execa(command, args, { timeout: 5000 });
    return { output: stdout.trim() };
  } catch (error) {
    const { shortMessage = messageOf(error), stderr = '' } = error as {
      shortMessage?: string;
      stderr?: string;
    };
    return { failure: stderr.trim().split('\n')[0] || shortMessage.split('\n')[0] || 'no answer' };
  }
};
