import { expect } from 'chai';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { formatProblem } from '../../../helpers/errors.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

/** A scenario without a flaw, which tests spoil in one place at a time. */
export const sample = `\
scenario: A policy admits what it names
spec: https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
features: [NetworkPolicy]
pods:
  x/a: the target
  x/b: { why: admitted, labels: { role: client } }
  y/a: not admitted
  x/d: { why: comes later, created: later, node: 1, ports: [TCP/80 web, UDP/53] }
steps:
  - apply: admit
    expect:
      TCP/80: |
             x/a x/b y/a
        x/a   -   .   .
        x/b   .   -   .
        y/a   X   .   -
  - create: x/d
  - update: admit
    expect:
      TCP/80: |
             x/a x/b y/a x/d
        x/a   -   .   .   .
        x/b   X   -   .   .
        y/a   .   .   -   .
        x/d   X   .   .   -
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: admit, namespace: x }
spec:
  podSelector: { matchLabels: { pod: a } }
  ingress:
    - from:
        - podSelector: { matchLabels: { role: client } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: admit, namespace: x }
spec:
  podSelector: { matchLabels: { pod: a } }
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { ns: 'y' } }
`;

/** The sample with parts replaced. Fails where a part is not there: such a test would prove nothing. */
export const spoil = (...changes: [from: string, to: string][]): string =>
  changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the sample has no ${JSON.stringify(from)}`);
    return text.replace(from, () => to);
  }, sample);

/** `line:column: message` of every problem, in the order of the file. */
export const problemsOf = (text: string): string[] =>
  readScenario(text, '', '')
    .problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .map((problem) => formatProblem(problem).slice(1));

/** The scenario of a text that has no problems. */
export const scenarioOf = (text: string): Scenario => {
  const { scenario, problems } = readScenario(text, 'sample.yaml', 'sample');
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return scenario;
};

/** One test for each row: what is refused, a text that does it, and all of its problems. */
export const refuse = (rows: [claim: string, text: string, ...problems: string[]][]): void => {
  for (const [claim, text, ...problems] of rows) {
    it(claim, () => expect(problemsOf(text)).to.deep.equal(problems));
  }
};

/** A document behind the sample: a policy that isolates its namespace. */
export const policy = (name: string, namespace = 'x'): string =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { podSelector: {} }\n`;
