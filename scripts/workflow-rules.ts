import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import type { Problem } from '../helpers/errors.ts';

/**
 * What GitHub's parser does not say of a workflow or an action: references that lead nowhere, actions that somebody can change
 * under us, words of strangers in a shell, jobs that may run for six hours or with all rights.
 */
export const findRuleBreaks = (text: string, file: string): Problem[] => {
  const lines = new LineCounter();
  const { contents: top, errors } = parseDocument(text, { lineCounter: lines });
  if (errors.length > 0 || !isMap<Node, Node>(top)) return [];
  const problems: Problem[] = [];
  const report: Report = (node, message) => {
    const { line, col } = lines.linePos(node.range?.[0] ?? 0);
    problems.push({ file, line, column: col, message });
  };
  const inputs = keysOf(partOf(top, 'inputs') ?? partOf(top, 'on', 'workflow_dispatch', 'inputs'));
  const called = keysOf(partOf(top, 'on', 'workflow_call', 'inputs'));
  const shared = { inputs: [...inputs, ...called] };
  const runs = partOf(top, 'runs');
  if (isMap<Node, Node>(runs)) {
    checkSteps(runs, shared, report);
    // GitHub's parser takes any key here.
    for (const input of mapsIn(partOf(top, 'inputs')))
      for (const key of keysOf(input).filter((key) => !keysOfInputs.includes(key)))
        report(input, `Unexpected value '${key}': inputs have ${keysOfInputs.join(', ')}`);
    for (const output of mapsIn(partOf(top, 'outputs')))
      checkReferences(output, { ...shared, steps: idsOf(stepsOf(runs)) }, report);
    return problems;
  }
  if (partOf(top, 'permissions') === undefined)
    report(top, 'permissions must be said for the whole workflow: those of the token are too many otherwise');
  const jobs = partOf(top, 'jobs');
  const outputs = Object.fromEntries(
    entriesOf(jobs).map(([name, job]) => [name, keysOf(partOf(job, 'outputs'))]),
  );
  for (const [, job] of entriesOf(jobs)) checkJob(job, { ...shared, outputs }, report);
  return problems;
};

const keysOfInputs = ['description', 'required', 'default', 'deprecationMessage'];

type Report = (node: Node, message: string) => void;

/** The names that an expression may use in each context; a context that is not here may have any. */
type Names = {
  inputs: readonly string[];
  outputs?: Readonly<Record<string, readonly string[]>>;
  matrix?: readonly string[];
  needs?: readonly string[];
  steps?: readonly string[];
};

const checkJob = (job: Node, names: Names, report: Report): void => {
  if (!isMap<Node, Node>(job)) return;
  const uses = partOf(job, 'uses');
  if (uses !== undefined) checkPin(uses, report);
  else if (partOf(job, 'timeout-minutes') === undefined)
    report(job, 'timeout-minutes must be said: a job may run for six hours otherwise');
  const matrix = partOf(job, 'strategy', 'matrix');
  const known: Names = { ...names, needs: textsOf(partOf(job, 'needs')), matrix: [] };
  if (matrix !== undefined) {
    // What an expression makes may have any keys.
    if (isMap(matrix) && !isScalar(partOf(matrix, 'include'))) known.matrix = axesOf(matrix);
    else delete known.matrix;
  }
  for (const [key, part] of entriesOf(job)) {
    if (key === 'steps') checkSteps(job, known, report);
    else
      checkReferences(
        part,
        { ...known, ...(key === 'outputs' && { steps: idsOf(stepsOf(job)) }) },
        report,
        key,
      );
  }
};

const axesOf = (matrix: YAMLMap): string[] => {
  const own = keysOf(matrix).filter((key) => key !== 'include' && key !== 'exclude');
  return [...new Set([...own, ...mapsIn(partOf(matrix, 'include')).flatMap(keysOf)])];
};

const checkSteps = (parent: YAMLMap<Node, Node>, names: Names, report: Report): void => {
  const before: string[] = [];
  for (const step of stepsOf(parent)) {
    for (const [key, part] of entriesOf(step))
      checkReferences(part, { ...names, steps: before }, report, key);
    const uses = partOf(step, 'uses');
    if (uses !== undefined) checkPin(uses, report);
    const run = partOf(step, 'run');
    if (run !== undefined && textOf(run).includes('${{'))
      report(
        run,
        'no ${{ }} in `run`: the shell would read what it stands for as a command; give it by `env`',
      );
    before.push(...idsOf([step]));
  }
};

/** By the whole commit; GitHub's own actions and ours by a version too, whose tags we trust as we trust GitHub. */
const checkPin = (uses: Node, report: Report): void => {
  const text = textOf(uses);
  if (text.startsWith('./') || /@[0-9a-f]{40}$/.test(text) || /^docker:.*@sha256:[0-9a-f]{64}$/.test(text))
    return;
  if (/^(actions|your-organization)\/[^@]+@v\d+(\.\d+)*$/.test(text)) return;
  report(uses, `${text} must be pinned by a commit with all its 40 digits (actions/* by a version)`);
};

const checkReferences = (node: Node, names: Names, report: Report, key = ''): void => {
  if (isMap<Node, Node>(node)) {
    for (const [key, part] of entriesOf(node)) checkReferences(part, names, report, key);
  } else if (isSeq<Node>(node)) {
    for (const item of node.items) checkReferences(item, names, report);
  } else if (isScalar(node) && typeof node.value === 'string') {
    const parts = [...node.value.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, inside = '']) => inside);
    for (const expression of key === 'if' && parts.length === 0 ? [node.value] : parts)
      for (const message of lostReferences(expression, names)) report(node, message);
  }
};

const lostReferences = (expression: string, names: Names): string[] => {
  // Without what is only text in it.
  const bare = expression.replaceAll(/'(?:[^']|'')*'/g, "''");
  const functions = [...bare.matchAll(/([a-z]+)\s*\(/gi)].map(([, name = '']) => name);
  const references = [
    ...bare.matchAll(/(?<![\w.-])(inputs|matrix|needs|steps)\.([\w-]+)(?:\.outputs\.([\w-]+))?/g),
  ];
  return [
    ...functions
      .filter((name) => !knownFunctions.includes(name.toLowerCase()))
      .map((name) => `there is no function ${name}()`),
    ...references.flatMap(([whole, context, name = '', output]) => {
      const known = names[context as 'inputs' | 'matrix' | 'needs' | 'steps'];
      if (known !== undefined && !known.includes(name))
        return [`${whole} leads nowhere: ${context} has ${known.join(', ') || 'nothing'} here`];
      const outputs = context === 'needs' ? names.outputs?.[name] : undefined;
      return output === undefined || outputs === undefined || outputs.includes(output)
        ? []
        : [`${whole} leads nowhere: the outputs of ${name} are ${outputs.join(', ') || 'none'}`];
    }),
  ];
};

const knownFunctions = [
  ...['always', 'cancelled', 'contains', 'endswith', 'failure', 'format', 'fromjson', 'hashfiles', 'join'],
  ...['startswith', 'success', 'tojson'],
];

const stepsOf = (parent: YAMLMap): YAMLMap[] => mapsIn(partOf(parent, 'steps'));
const idsOf = (steps: readonly YAMLMap[]): string[] => steps.flatMap((step) => textsOf(partOf(step, 'id')));

const partOf = (node: Node | undefined, ...path: string[]): Node | undefined =>
  isMap(node) ? ((node.getIn(path, true) as Node | null | undefined) ?? undefined) : undefined;

const entriesOf = (node: Node | undefined): [string, Node][] =>
  isMap<Node, Node | null>(node)
    ? node.items.flatMap(({ key, value }): [string, Node][] => (value === null ? [] : [[textOf(key), value]]))
    : [];
const keysOf = (node: Node | undefined): string[] =>
  isMap<Node>(node) ? node.items.map(({ key }) => textOf(key)) : [];
const mapsIn = (node: Node | undefined): YAMLMap[] => {
  if (isMap(node)) return entriesOf(node).flatMap(([, value]) => (isMap(value) ? [value] : []));
  return isSeq<Node>(node) ? node.items.filter((item) => isMap(item)) : [];
};
const textOf = (node: Node): string => (isScalar(node) ? String(node.value) : '');
const textsOf = (node: Node | undefined): string[] => {
  if (isSeq<Node>(node)) return node.items.map(textOf);
  return node === undefined ? [] : [textOf(node)];
};
