import { clean } from '../cluster/clean.ts';
import { readCommandLine } from './selection.ts';

/**
 * `netpol clean`: removes what dead runs left on kind and on existing clusters. The lab leaves nothing to clean: its
 * namespaces end with the process that made them. Returns the exit code. @throws ClusterError, EnvironmentError
 */
export const cleanCommand = async (argv: readonly string[]): Promise<number> => {
  const { kubeconfig, context, force } = readCommandLine('clean', argv).config;
  const lines = await clean({ kubeconfig, context, force });
  console.log(lines.length === 0 ? 'nothing to clean' : lines.join('\n'));
  return 0;
};
