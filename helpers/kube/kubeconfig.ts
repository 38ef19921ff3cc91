import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { EnvironmentError, UsageError } from '../errors.ts';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Reads a kubeconfig: the given file, else those of KUBECONFIG, else ~/.kube/config, else (inside a pod) the service
 * account. Messages never quote the file, because it holds keys.
 * @throws EnvironmentError where there is none or it cannot be read; UsageError for an unknown context
 */
export const loadKubeconfig = ({
  kubeconfig = '',
  context = '',
}: {
  kubeconfig?: string;
  context?: string;
}): KubeConfig => {
  const files = findFiles(kubeconfig);
  const config = new KubeConfig();
  if (files.length === 0) config.loadFromCluster();
  else for (const [index, file] of files.entries()) readInto(config, file, index);
  const names = config.getContexts().map(({ name }) => name);
  const place = files.length === 0 ? 'the service account of this pod' : files.join(', ');
  const wanted = context === '' ? config.getCurrentContext() : context;
  if (!names.includes(wanted)) {
    throw new UsageError({
      subject:
        wanted === ''
          ? `no current context in ${place}`
          : `unknown context ${JSON.stringify(wanted)} in ${place}`,
      wanted: names.length === 0 ? 'a kubeconfig with a context' : `one of ${names.join(', ')}`,
      next: 'choose one with `--context`',
    });
  }
  config.setCurrentContext(wanted);
  if (config.getCurrentCluster() === null) {
    throw new EnvironmentError({
      subject: `context ${JSON.stringify(wanted)} names a cluster that ${place} does not have`,
      next: 'repair the kubeconfig, or choose another context with `--context`',
    });
  }
  return keepConnections(config);
};

/**
 * client-node makes a new connection pool, and so a new TLS handshake, for every request. Keeping the pool while the
 * credentials stay the same makes a request five times as quick.
 */
const keepConnections = (config: KubeConfig): KubeConfig => {
  // A private method; where a version lacks it, requests are just slower.
  const create: unknown = Reflect.get(config, 'createDispatcher');
  if (typeof create !== 'function') return config;
  let last: { options: unknown; dispatcher: unknown } | undefined;
  const keep = (cluster: unknown, credentials: object): unknown => {
    const options = { cluster, credentials: { ...credentials } };
    if (last === undefined || !isDeepStrictEqual(last.options, options)) {
      last = { options, dispatcher: create.call(config, cluster, credentials) };
    }
    return last.dispatcher;
  };
  Reflect.set(config, 'createDispatcher', keep);
  return config;
};

const findFiles = (kubeconfig: string): string[] => {
  if (kubeconfig !== '') return [kubeconfig];
  const listed = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return listed;
  const home = join(homedir(), '.kube', 'config');
  if (existsSync(home)) return [home];
  if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(serviceAccount)) return [];
  throw new EnvironmentError({
    subject: 'no kubeconfig',
    wanted: `a file given with \`--kubeconfig\` or KUBECONFIG, or ${home}`,
    got: 'none of them, and no service account: this is not a pod',
    next: 'give one with `--kubeconfig FILE`, or choose `--provider lab` or `--provider kind`',
  });
};

const readInto = (config: KubeConfig, file: string, index: number): void => {
  const fail = (got: string): never => {
    throw new EnvironmentError({
      subject: `cannot use the kubeconfig ${file}`,
      wanted: 'a kubeconfig that can be read',
      got,
      next: '`kubectl --kubeconfig FILE config view` shows what is wrong with it',
    });
  };
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    fail((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'it cannot be read');
  }
  const part = index === 0 ? config : new KubeConfig();
  try {
    part.loadFromFile(file);
  } catch (error) {
    // A YAML error quotes the lines around it, so that only its place may be told.
    const { mark } = error as { mark?: { line?: number } };
    fail(
      typeof mark?.line === 'number' ? `it is not YAML at line ${mark.line + 1}` : 'it is not a kubeconfig',
    );
  }
  if (text.trim() === '') fail('it is empty');
  if (part !== config) config.mergeConfig(part, true);
};
