import { expect } from 'chai';
import { policy, problemsOf, refuse, spoil } from './sample.ts';

describe('policies refuse', () => {
  refuse([
    [
      'unknown fields',
      spoil([
        '  ingress:\n    - from:\n        - podSelector',
        '  ingres:\n    - from:\n        - podSelector',
      ]),
      '33:5: spec.ingres: unknown field, did you mean ingress?',
    ],
    [
      'the label that YAML makes a boolean of',
      spoil(["ns: 'y'", 'ns: y']),
      '43:51: spec.ingress[0].from[0].namespaceSelector.matchLabels.ns: must be a string, got the boolean true: quote it (unquoted yes, no, on, off, y and n are booleans in YAML)',
    ],
    [
      'other kinds',
      spoil(['kind: NetworkPolicy', 'kind: Pod']),
      '28:7: kind: must be NetworkPolicy, got "Pod"',
    ],
    [
      'a second front matter',
      `${spoil()}---\nscenario: Another claim\n`,
      '45:1: a second front matter: a scenario has a file of its own',
    ],
    ['text', `${spoil()}---\njust text\n`, '45:1: wanted a NetworkPolicy, got `just text`'],
    ['to stand there without a step', spoil() + policy('orphan'), '45:1: no step applies policy x/orphan'],
    [
      'a version that no update reaches',
      spoil(['  - update: admit\n', '  - label: { x/a: { app: web } }\n']),
      '36:1: no `update` reaches version 2 of policy x/admit',
    ],
  ]);

  it('no namespace', () => {
    const text = spoil(['metadata: { name: admit, namespace: x }', 'metadata: { name: admit }']);
    expect(problemsOf(text)).to.include('29:11: wanted the namespace of the policy (x, y, z), got nothing');
  });

  it('other namespaces than those of scenarios', () => {
    const text = spoil([
      'metadata: { name: admit, namespace: x }',
      'metadata: { name: admit, namespace: w }',
    ]);
    expect(problemsOf(text)).to.include('29:37: wanted the namespace of the policy (x, y, z), got `w`');
  });
});
