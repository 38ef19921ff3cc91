import { UsageError } from '../errors.ts';
import { widthOfText } from '../report/layout.ts';
import { wrapLines } from '../report/text.ts';
import { explain } from './explain.ts';
import { readCommandLine } from './selection.ts';

/** `netpol explain`: the oracle on plain manifests. Returns the exit code. @throws InputError, UsageError */
export const explainCommand = async (argv: readonly string[]): Promise<number> => {
  const { positionals, json } = readCommandLine('explain', argv);
  const [from, to, probe] = positionals.slice(-3);
  const isPair = probe !== undefined && /^[A-Z]+\/\d+$/.test(probe);
  const files = isPair ? positionals.slice(0, -3) : positionals;
  if (files.length === 0) {
    throw new UsageError({
      subject: 'netpol explain: no manifests named',
      wanted: 'files or folders with Namespaces, Pods and NetworkPolicies',
      next: 'kubectl get namespaces,pods,networkpolicies -A -o yaml > cluster.yaml && npm start -- explain cluster.yaml',
    });
  }
  const pair = isPair && from !== undefined && to !== undefined ? { from, to, probe } : {};
  const text = explain(files, { json, ...pair });
  // Grids are no sentences: one that does not fit is wrapped by the terminal.
  console.log(isPair && !json ? wrapLines(text, widthOfText(process.stdout)).join('\n') : text);
  return 0;
};
