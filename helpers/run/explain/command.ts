import { existsSync } from 'node:fs';
import { UsageError } from '../../errors.ts';
import { widthOfText } from '../../report/layout.ts';
import { wrapLines } from '../../report/text.ts';
import { explainChanges, type ChangeMode } from './changes.ts';
import { explainGraph, graphFormats, type GraphFormat } from './graph.ts';
import { readExplainCluster, readExplainFiles, type ExplainInput } from './input.ts';
import { explainPod } from './pod.ts';
import { explainUnused } from './unused.ts';
import { explain } from './explain.ts';
import { listOf, textOf } from '../more-flags.ts';
import { readCommandLine } from '../selection.ts';

const command = 'explain';

/**
 * `netpol explain`: the oracle on manifests or a live cluster. Returns the exit code: 1 where what `--fail-on` names is
 * there. @throws InputError, UsageError, ClusterError
 */
export const explainCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags, json } = readCommandLine(command, argv);
  const [from, to, probe] = positionals.slice(-3);
  const isPair = probe !== undefined && /^[A-Z]+\/\d+$/.test(probe);
  const files = isPair ? positionals.slice(0, -3) : positionals;
  if (files.length > 0 && (flags['kubeconfig'] ?? flags['context']) !== undefined)
    throw new UsageError({
      subject: 'netpol explain: files and a cluster at once',
      wanted: 'FILE..., or `--context` and `--kubeconfig`',
      got: files.join(' '),
      next: 'npm start -- explain --help',
    });
  refuseHalfPair(positionals, isPair);
  refuseConflicts(flags, isPair);
  const [applied, replaced] = [listOf(command, flags, 'if-applied'), listOf(command, flags, 'if-replaced')];
  const pod = textOf(command, flags, 'pod');
  const failOn = readFailOn(textOf(command, flags, 'fail-on'), {
    changes: (applied ?? replaced) !== undefined,
    unused: flags['unused'] === true,
  });
  const graph = readGraph(textOf(command, flags, 'graph'), json);
  const input = await readInput(files, config);
  if (pod !== undefined) {
    console.log(explainPod(input, pod, json));
    return 0;
  }
  if (graph !== undefined) {
    console.log(explainGraph(input, graph));
    return 0;
  }
  if (flags['unused'] === true) {
    const { text, found } = explainUnused(input, json);
    console.log(text);
    return failOn === 'unused' && found > 0 ? 1 : 0;
  }
  const changed = applied ?? replaced;
  if (changed !== undefined) {
    const mode: ChangeMode = applied === undefined ? 'replaced' : 'applied';
    const { text, opened, closed } = explainChanges(input, readExplainFiles(changed), mode, json);
    console.log(text);
    const counts = { opened, closed, changed: opened + closed, unused: 0 };
    return failOn !== undefined && counts[failOn] > 0 ? 1 : 0;
  }
  const pair = isPair && from !== undefined && to !== undefined ? { from, to, probe } : {};
  const text = explain(input, { json, ...pair });
  // Grids are no sentences: one that does not fit is wrapped by the terminal.
  console.log(isPair && !json ? wrapLines(text, widthOfText(process.stdout)).join('\n') : text);
  return 0;
};

/** Two pods without a port are no files. */
const refuseHalfPair = (positionals: readonly string[], isPair: boolean): void => {
  const [last = '', before = '', third = ''] = positionals.toReversed();
  const isPod = (word: string): boolean => /^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(word) && !existsSync(word);
  const isWithoutPort = isPod(last) && isPod(before);
  const isWrongPort = !isPair && isPod(before) && isPod(third) && !existsSync(last);
  if (isPair || !(isWithoutPort || isWrongPort)) return;
  throw new UsageError({
    subject: 'netpol explain: between which pods, at which port?',
    wanted: 'FROM TO PROTOCOL/PORT, such as shop/web shop/db TCP/5432',
    got: (isWithoutPort ? [before, last] : [third, before, last]).join(' '),
    next: 'npm start -- explain --help',
  });
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

const questions = ['pod', 'unused', 'graph', 'if-applied', 'if-replaced'];

const refuseConflicts = (flags: Readonly<Record<string, unknown>>, isPair: boolean): void => {
  const asked = questions.filter((flag) => flags[flag] !== undefined).map((flag) => `--${flag}`);
  if (isPair) asked.push('FROM TO PROTOCOL/PORT');
  if (asked.length < 2) return;
  throw new UsageError({
    subject: 'netpol explain: several questions at once',
    wanted: 'one of them',
    got: asked.join(' and '),
    next: 'npm start -- explain --help',
  });
};

const readGraph = (value: string | undefined, isJson: boolean): GraphFormat | undefined => {
  if (value === undefined) return undefined;
  const known = graphFormats.find((each) => each === value);
  if (known !== undefined && !isJson) return known;
  throw new UsageError({
    subject: '`--graph`',
    wanted: `${graphFormats.join(' or ')}, without \`--json\``,
    got: isJson ? `\`${value}\` and \`--json\`` : `\`${value}\``,
    next: 'npm start -- explain --help',
  });
};

type FailOn = 'opened' | 'closed' | 'changed' | 'unused';

const readFailOn = (
  value: string | undefined,
  asked: { changes: boolean; unused: boolean },
): FailOn | undefined => {
  if (value === undefined) return undefined;
  const possible: FailOn[] = [
    ...(asked.changes ? (['opened', 'closed', 'changed'] as const) : []),
    ...(asked.unused ? (['unused'] as const) : []),
  ];
  const known = possible.find((each) => each === value);
  if (known !== undefined) return known;
  throw new UsageError({
    subject: '`--fail-on`',
    wanted: 'opened, closed or changed with `--if-applied` or `--if-replaced`; unused with `--unused`',
    got: `\`${value}\``,
    next: 'npm start -- explain --help',
  });
};
