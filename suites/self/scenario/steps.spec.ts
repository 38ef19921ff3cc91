import { expect } from 'chai';
import { policy, problemsOf, refuse, spoil } from './sample.ts';

/** The sample with one more step at its end. */
const step = (text: string): string => spoil(['---\n', `  - ${text}\n---\n`]);

/** The same for what is done to a plugin. */
const operation = (text: string): string =>
  step(text).replace('[NetworkPolicy]', '[NetworkPolicy, PluginRestarts]');

describe('a step refuses', () => {
  refuse([
    [
      'two verbs',
      step('{ remove: x/d, delete: admit }'),
      '26:7: a step does one thing: `delete` or `remove`',
    ],
    [
      'no verb',
      step('{ expect: {} }'),
      '26:5: a step does one of apply, update, delete, reject, label, unlabel, create, remove, complete, kill, restart, rollover, upgrade, downgrade, outage, churn',
    ],
    [
      'unknown verbs',
      step('{ reboot: x/d }'),
      '26:5: a step does one of apply, update, delete, reject, label, unlabel, create, remove, complete, kill, restart, rollover, upgrade, downgrade, outage, churn',
      '26:7: unknown key `reboot`: known are apply, update, delete, reject, label, unlabel, create, remove, complete, kill, restart, rollover, upgrade, downgrade, outage, churn, expect, limits, nodeOf, meanwhile',
    ],
    [
      'names that are no text',
      step('{ remove: 7 }'),
      '26:15: wanted names of pods and namespaces, got 7 (a number: quote it)',
    ],
    [
      'an empty list of names',
      step('{ remove: [] }'),
      '26:15: wanted names of pods and namespaces, got an empty list',
    ],
    ['a name twice', step('{ delete: [admit, admit] }'), '26:23: `admit` stands here twice'],
    [
      'policies that the file lacks',
      step('{ delete: admitt }'),
      '26:15: the file has no policy `admitt`: did you mean `admit`?',
    ],
    [
      'to apply what is applied',
      step('{ apply: admit }'),
      '26:14: policy x/admit is applied already: `update` takes its next version',
    ],
    [
      'to update beyond the last version',
      step('{ update: admit }'),
      '26:15: policy x/admit has no version 3 in this file',
    ],
    [
      'to update what is not applied',
      spoil(['- apply: admit', '- update: admit']),
      '10:13: policy x/admit is not applied at this step',
    ],
    [
      'to delete what was deleted',
      step('{ delete: admit }\n  - delete: admit'),
      '27:13: policy x/admit is not applied at this step',
    ],
    [
      'to update what was deleted',
      spoil(['- create: x/d', '- delete: admit\n  - create: x/d']),
      '19:13: policy x/admit is not applied at this step',
    ],
    ['to create what exists', step('{ create: x/d }'), '26:15: x/d exists already'],
    ['to create what `pods` lacks', step('{ create: x/e }'), '26:15: `pods` has no `x/e`'],
    [
      'to remove what does not exist yet',
      spoil(['- create: x/d', '- remove: x/d\n  - create: x/d']),
      '17:13: x/d does not exist at this step',
    ],
    [
      'to remove a standing pod',
      step('{ remove: x/a }'),
      '26:15: x/a stands before every scenario: only pods of other names, such as x/d, come and go',
    ],
    [
      'to label a pod that does not exist yet',
      spoil(['- create: x/d', '- label: { x/d: { app: late } }\n  - create: x/d']),
      '17:14: no pod, namespace or node `x/d` exists at this step',
    ],
    [
      'to label the boolean that YAML makes of y',
      step('{ label: { y: { app: web } } }'),
      '26:16: no pod, namespace or node `true` exists at this step (YAML reads yes, no, on, off, y and n as booleans: quote it)',
    ],
    [
      'labels that are there already',
      step('{ label: { x/b: { role: client } } }'),
      '26:23: x/b has the label role=client already',
    ],
    [
      'to take away labels that are not there',
      step('{ unlabel: { x/b: app } }'),
      '26:23: x/b has no label app at this step',
    ],
    [
      'to change the label that names a namespace',
      step('{ label: { x: { kubernetes.io/metadata.name: w } } }'),
      '26:21: the API server alone sets kubernetes.io/metadata.name',
    ],
    [
      'to take away the label that names a namespace',
      step('{ unlabel: { x: kubernetes.io/metadata.name } }'),
      '26:21: the API server alone sets kubernetes.io/metadata.name',
    ],
    [
      'to give a node a label that may be somebody else’s',
      step('{ label: { node1: { role: gateway } } }'),
      '26:25: wanted a key of ours, netpol-conformance/KEY: nodes are not made for a run',
    ],
    [
      'to take from a node what is not ours',
      step('{ unlabel: { node0: kubernetes.io/os } }'),
      '26:25: kubernetes.io/os is not ours to take from a node',
    ],
    [
      'to restart what is no plugin',
      operation('{ restart: x/a }'),
      '26:16: wanted `restart: plugin`, got `x/a`',
    ],
    [
      'an operation with grids of its own',
      operation('{ kill: plugin, expect: {} }'),
      '26:21: during an operation the grids of the step before must go on to hold',
    ],
    [
      'an operation after a step that draws nothing',
      operation('{ delete: admit }\n  - kill: plugin'),
      '27:5: the step before an operation must draw a grid of TCP or UDP, which is watched',
    ],
    [
      'limits that are none',
      operation('{ kill: plugin, limits: { lossMs: -1, leakMs: 0.5, lostMs: 2 } }'),
      '26:39: wanted milliseconds from 0, got -1 (a number)',
      '26:51: wanted milliseconds from 0, got 0.5 (a number)',
      '26:56: unknown key `lostMs`: did you mean `lossMs`?',
    ],
    [
      'limits where nothing is done to the plugin',
      step('{ delete: admit, limits: { lossMs: 1 } }'),
      '26:22: `limits` stands only in a step that is an operation',
    ],
    [
      'an outage without what it is about',
      operation('{ outage: plugin }'),
      '26:5: wanted a pod that runs at this step, whose node is meant, got nothing',
      '26:5: wanted a change like { update: deny-all }, got nothing',
    ],
    [
      'what goes on meanwhile where nothing is away',
      operation('{ kill: plugin, nodeOf: x/b, meanwhile: { delete: admit } }'),
      '26:21: `nodeOf` stands only beside `outage: plugin` and `outage: node`',
      '26:34: `meanwhile` stands only beside `outage: plugin`',
    ],
    [
      'a node that nobody names, with a change that nobody would make there',
      operation('{ outage: node, meanwhile: { delete: admit }, expect: {} }').replace(
        'PluginRestarts',
        'NodeOutage',
      ),
      '26:5: wanted a pod that runs at this step, whose node is meant, got nothing',
      '26:21: `meanwhile` stands only beside `outage: plugin`',
      '26:51: during an operation the grids of the step before must go on to hold',
    ],
    [
      'more than one change meanwhile, and such as take long',
      operation('{ outage: plugin, nodeOf: x/b, meanwhile: { delete: admit, remove: x/d }, expect: {} }'),
      '26:64: unknown key `remove`: known are apply, update, delete, label, unlabel',
      '26:87: `expect` holds no grid',
    ],
    [
      'churn of what does not come and go',
      step('{ churn: { services: 3 } }').replace('[NetworkPolicy]', '[NetworkPolicy, Churn]'),
      '26:16: unknown key `services`: known are policies, pods',
    ],
    [
      'a node that no cluster of ours has',
      step('{ label: { node2: { netpol-conformance/zone: gate } } }'),
      '26:16: no pod, namespace or node `node2` exists at this step',
    ],
  ]);

  it('to label a host outside the cluster', () => {
    const text = step('{ label: { external/a: { app: web } } }').replace(
      '  x/d:',
      "  external/a: { why: outside, addresses: [203.0.113.1, '2001:db8:113::1'] }\n  x/d:",
    );
    expect(problemsOf(text)).to.include('27:16: external/a is outside the cluster and has no labels');
  });

  it('an ambiguous name of two policies', () => {
    const text = step('{ apply: deny }') + policy('deny') + policy('deny', 'z');
    expect(problemsOf(text)).to.include('26:14: `deny` is ambiguous: write x/deny or z/deny');
  });

  it('nothing where the name says the namespace too', () => {
    const text = step('{ apply: [x/deny, z/deny] }') + policy('deny') + policy('deny', 'z');
    expect(problemsOf(text)).to.deep.equal([]);
  });
});
