import { expect } from 'chai';
import { guestNamespaces } from '../../../helpers/cluster/cluster.ts';
import { idOf } from '../../../helpers/kube/world.ts';
import { guestNamespaceNames } from '../../../helpers/scenario/default-world.ts';
import { formatAction, worldAt } from '../../../helpers/scenario/world.ts';
import { policy, problemsOf, refuse, scenarioOf, spoil } from './sample.ts';

/** The sample with a namespace w that comes later, a pod in it, a pod that completes and one with its addresses. */
const life = (...changes: [from: string, to: string][]): string =>
  spoil(
    ['features: [NetworkPolicy]', 'features: [NetworkPolicy, AddressReuse]'],
    ['pods:\n', 'namespaces:\n  w: { why: comes later, labels: { team: blue }, created: later }\npods:\n'],
    [
      '  x/d: {',
      '  w/a: { why: late, created: later }\n  x/e: a job\n  x/f: { why: its heir, created: later, addressOf: x/e }\n  x/d: {',
    ],
    ['x/a x/b y/a\n', 'x/a x/b y/a x/e\n'],
    ['x/a   -   .   .\n        x/b   .   -   .\n', 'x/a   -   .   .   .\n        x/b   .   -   .   .\n'],
    ['y/a   X   .   -\n', 'y/a   X   .   -   .\n        x/e   X   .   .   -\n'],
    ['  - create: x/d\n', '  - complete: x/e\n  - create: [w, w/a, x/f]\n  - create: x/d\n'],
    ['x/a x/b y/a x/d\n', 'x/a x/b y/a w/a x/f x/d\n'],
    [
      'x/a   -   .   .   .\n        x/b   X   -   .   .\n        y/a   .   .   -   .\n        x/d   X   .   .   -\n',
      'x/a   -   .   .   .   .   .\n        x/b   X   -   .   .   .   .\n        y/a   .   .   -   .   .   .\n        w/a   X   .   .   -   .   .\n        x/f   X   .   .   .   -   .\n        x/d   X   .   .   .   .   -\n',
    ],
    ...changes,
  );

/** Where nobody has the addresses of another. */
const reusesNone: [string, string] = [', AddressReuse]', ']'];

/** One more step at the end. */
const step = (text: string): string => life(['---\n', `  - ${text}\n---\n`]);
const last = '36:';

describe('what comes and goes in a scenario', () => {
  const scenario = scenarioOf(
    life(['---\n', '  - label: { w: { team: red } }\n  - remove: w\n  - create: [w, w/a]\n---\n']),
  );
  const namesAt = (index: number): string[] => worldAt(scenario, index).namespaces.map(({ name }) => name);
  const labelsAt = (index: number): unknown =>
    worldAt(scenario, index).namespaces.find(({ name }) => name === 'w')?.labels;
  const podAt = (id: string, index: number) => worldAt(scenario, index).pods.find((pod) => idOf(pod) === id);

  it('are namespaces, which a step creates with their labels and removes with all that is in them', () => {
    expect(namesAt(1)).to.deep.equal(['x', 'y', 'z']);
    expect(namesAt(2)).to.deep.equal(['x', 'y', 'z', 'w']);
    expect(podAt('w/a', 2)?.namespace).to.equal('w');
    expect(namesAt(6)).to.deep.equal(['x', 'y', 'z']);
    expect(podAt('w/a', 6)).to.equal(undefined);
  });

  it('are the namespaces for which every lane has a name', () => {
    expect(guestNamespaces).to.deep.equal(guestNamespaceNames);
  });

  it('are namespaces that forget how they were relabelled when they come back', () => {
    const own = { ns: 'w', 'kubernetes.io/metadata.name': 'w' };
    expect(labelsAt(5)).to.deep.equal({ ...own, team: 'red' });
    expect(labelsAt(7)).to.deep.equal({ ...own, team: 'blue' });
  });

  it('are pods that complete: they stay with all they had, but they have ended', () => {
    expect(podAt('x/e', 0)).to.not.have.property('phase');
    expect(podAt('x/e', 1)).to.deep.equal({ ...podAt('x/e', 0), phase: 'Succeeded' });
  });

  it('are pods that are created on the node and with the addresses of one that is gone', () => {
    expect(podAt('x/f', 1)).to.equal(undefined);
    expect(podAt('x/f', 2)?.addresses).to.deep.equal(podAt('x/e', 0)?.addresses);
    expect(podAt('x/f', 2)?.node).to.equal(podAt('x/e', 0)?.node);
  });

  it('are said the way that the file does', () => {
    expect(scenario.steps.slice(1).map(({ action }) => formatAction(action))).to.deep.equal([
      'complete x/e',
      'create w, w/a, x/f',
      'create x/d',
      'update admit',
      'label w team=red',
      'remove w',
      'create w, w/a',
    ]);
  });

  it('take the policies of a namespace with them, which may be applied again in the next one', () => {
    const text = life([
      '---\n',
      '  - apply: deny\n  - remove: w\n  - create: [w, w/a]\n  - apply: deny\n---\n',
    ]);
    const again = scenarioOf(text + policy('deny', 'w'));
    const counts = [4, 5, 6, 7, 8].map((index) => worldAt(again, index).policies.length);
    expect(counts).to.deep.equal([1, 2, 1, 1, 2]);
  });
});

describe('comings and goings refuse', () => {
  refuse([
    [
      'namespaces that no lane has a name for, and those that are there anyway',
      life(['  w: {', '  v: why not\n  x: why\n  w: {']),
      '5:3: namespace `v`: wanted w',
      '6:3: namespace `x`: every scenario has it',
    ],
    [
      'a namespace without a reason, and keys that are not known',
      life(['{ why: comes later, labels: { team: blue }, created: later }', '{ label: a, created: later }']),
      '5:6: wanted why the scenario needs the namespace, got nothing',
      '5:8: unknown key `label`: did you mean `labels`?',
    ],
    [
      'a pod in a namespace that comes later and that is there from the start',
      life(['{ why: late, created: later }', 'late']),
      '10:3: namespace w is created later: so is w/a, with `created: later`',
    ],
    ['to create a namespace twice', step('create: w'), `${last}13: namespace w exists already`],
    [
      'to remove a namespace that is not there',
      life(['  - complete: x/e\n', '  - remove: w\n  - complete: x/e\n']),
      '23:13: namespace w does not exist at this step',
    ],
    ['a namespace that `namespaces` lacks', step('create: v'), `${last}13: \`namespaces\` has no \`v\``],
    [
      'a namespace that no step creates',
      spoil(
        ['pods:\n', 'namespaces:\n  w: { why: never, created: later }\npods:\n'],
        ['---\n', '  - label: { x/a: { a: b } }\n---\n'],
      ),
      '5:3: w is created later, but no step creates it',
    ],
    [
      'a namespace in which nothing is',
      spoil(['pods:\n', 'namespaces: { w: idle }\npods:\n']),
      '4:15: w is unused: no pod and no policy is in it',
    ],
    [
      'to create a pod before its namespace',
      life(['[w, w/a, x/f]', '[w/a, x/f]'], ['  - update', '  - create: w\n  - update']),
      '24:13: namespace w of w/a does not exist at this step',
    ],
    [
      'to apply a policy before its namespace',
      `${life(['  - complete', '  - apply: deny\n  - complete'])}${policy('deny', 'w')}`,
      '23:12: namespace w of policy w/deny does not exist at this step',
    ],
    ['to complete a standing pod', step('complete: x/a'), `${last}15: x/a stands before every scenario: only pods of other names, such as x/d, come and go`],
    ['to complete a pod twice', step('complete: x/e'), `${last}15: x/e has completed already`],
    ['to complete a namespace', step('complete: w'), `${last}15: \`namespaces\` has no \`w\``],
    [
      'to give addresses on that are still in use',
      life(['  - complete: x/e\n', '  - label: { x/e: { a: b } }\n']),
      '24:13: x/f has the addresses of x/e, which x/e uses at this step',
      '28:7: the grid lacks the row x/e',
      '28:7: the grid lacks the column x/e',
    ],
    [
      'addresses of nobody, and of pods that never give theirs away',
      life(['addressOf: x/e', 'addressOf: x/q'], reusesNone),
      '12:52: `pods` has no `x/q`',
    ],
    [
      'the addresses of a pod that stands',
      life(['addressOf: x/e', 'addressOf: x/b'], reusesNone),
      '12:52: x/b never gives its addresses away: wanted a pod that comes and goes',
    ],
    [
      'another node than that of the addresses',
      life(['addressOf: x/e', 'addressOf: x/e, node: 1'], reusesNone),
      '12:52: x/e is on node 0, and addresses stay on their node',
    ],
  ]); // prettier-ignore

  it('a denied cell of pods that are never there together without policies', () => {
    const text = life(['---\n', '  - remove: x/d\n---\n']);
    expect(problemsOf(text)).to.deep.equal([
      '35:15: x/d -> x/a has no baseline: neither before the first step nor after the last are both there',
    ]);
  });

  it('one address for two pods at once', () => {
    const text = life(
      ['  x/d: {', '  x/g: { why: another heir, created: later, addressOf: x/e }\n  x/d: {'],
      ['---\n', '  - create: x/g\n---\n'],
    );
    expect(problemsOf(text)).to.include('37:13: x/g has the addresses of x/e, which x/f uses at this step');
    const later = text.replace('  - create: x/g', '  - remove: x/f\n  - create: x/g');
    expect(problemsOf(later).join('\n')).to.not.include('has the addresses of x/e');
  });

  it('rows and columns of a pod that has completed', () => {
    const text = life(['x/a x/b y/a w/a x/f x/d\n', 'x/a x/b y/a w/a x/e x/d\n']);
    expect(problemsOf(text)).to.include('29:30: column `x/e` is not a pod that exists at this step');
  });
});
