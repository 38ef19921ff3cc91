import { UsageError } from '../errors.ts';
import { widthOfText } from '../report/layout.ts';
import { wrapLines } from '../report/text.ts';
import { readExplainCluster, readExplainFiles } from './explain-input.ts';
import type { ExplainInput } from './explain-input.ts';
import { explain } from './explain.ts';
import { readCommandLine } from './selection.ts';

/** `netpol explain`: the oracle on manifests or a live cluster. Returns the exit code. @throws InputError, UsageError, ClusterError */
export const explainCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags, json } = readCommandLine('explain', argv);
  const [from, to, probe] = positionals.slice(-3);
  const isPair = probe !== undefined && /^[A-Z]+\/\d+$/.test(probe);
  const files = isPair ? positionals.slice(0, -3) : positionals;
  if (files.length > 0 && (flags['kubeconfig'] ?? flags['context']) !== undefined)
    throw new UsageError({
      subject: 'netpol explain: files and a cluster at once',
      wanted: 'FILE..., or `--context` and `--kubeconfig`',
      got: files.join(' '),
      next: 'netpol explain --help',
    });
  const input = await readInput(files, config);
  const pair = isPair && from !== undefined && to !== undefined ? { from, to, probe } : {};
  const text = explain(input, { json, ...pair });
  // Grids are no sentences: one that does not fit is wrapped by the terminal.
  console.log(isPair && !json ? wrapLines(text, widthOfText(process.stdout)).join('\n') : text);
  return 0;
};

const readInput = async (
  files: readonly string[],
  place: { kubeconfig: string; context: string },
): Promise<ExplainInput> => {
  if (files.length > 0) return readExplainFiles(files);
  if (place.kubeconfig !== '' || place.context !== '') return readExplainCluster(place);
  throw new UsageError({
    subject: 'netpol explain: no manifests named, and no cluster',
    wanted:
      'files or folders with Namespaces, Pods and NetworkPolicies, or a cluster by `--context` or `--kubeconfig`',
    next: 'kubectl get namespaces,pods,networkpolicies -A -o yaml > cluster.yaml && npm start -- explain cluster.yaml',
  });
};
