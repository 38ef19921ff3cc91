import { expect } from 'chai';
import { problemsOf, refuse, sample, scenarioOf, spoil } from './sample.ts';

describe('a scenario without a flaw', () => {
  it('has no problems', () => {
    expect(problemsOf(sample)).to.deep.equal([]);
  });

  it('is read as written, with the defaults of what it does not say', () => {
    const { title, pods, steps } = scenarioOf(sample);
    expect(title).to.equal('A policy admits what it names');
    expect(pods[1]).to.include({ id: 'x/b', why: 'admitted', node: 1, createdLater: false });
    expect(pods[1]?.labels).to.deep.equal({ pod: 'b', role: 'client' });
    expect(pods[1]?.ports).to.have.length(4);
    expect(pods[3]).to.include({ node: 1, createdLater: true });
    expect(pods[3]?.ports).to.deep.equal([
      { name: 'web', protocol: 'TCP', port: 80 },
      { protocol: 'UDP', port: 53 },
    ]);
    expect(steps.map(({ action: { verb }, line }) => [verb, line])).to.deep.equal([
      ['apply', 10],
      ['create', 17],
      ['update', 18],
    ]);
  });

  it('knows where each cell stands in the file', () => {
    const grid = scenarioOf(sample).steps[0]?.expect[0];
    expect(grid).to.include({ key: 'TCP/80', target: 'pod', protocol: 'TCP', port: 80, line: 12 });
    expect(grid?.cells.cells.slice(0, 2)).to.deep.equal([
      { line: 14, column: 15 },
      { line: 14, column: 19 },
    ]);
  });

  it('may say |2 above its grids, as other readers of YAML want it', () => {
    const [before] = scenarioOf(sample).steps;
    const [after] = scenarioOf(sample.replace('TCP/80: |\n', 'TCP/80: |2\n')).steps;
    expect(after?.expect).to.deep.equal(before?.expect);
  });

  it('takes the versions of a policy in the order of the file', () => {
    const [first, , second] = scenarioOf(sample).steps.map(({ action }) => action);
    expect(first).to.have.nested.property('policies[0].spec.ingress[0].from[0].podSelector');
    expect(second).to.have.nested.property('policies[0].spec.ingress[0].from[0].namespaceSelector');
  });
});

describe('the front matter refuses', () => {
  refuse([
    ['an empty file', '# nothing\n', '1: the file is empty'],
    ['a list', '- scenario\n', '1:1: wanted a front matter: a map that begins with `scenario`, got a list'],
    [
      'broken YAML, and says no more',
      spoil(['features: [NetworkPolicy]', 'features: [NetworkPolicy']),
      '4:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'unknown keys',
      spoil(['spec:', 'specs:']),
      '1:1: wanted a link to the text that the claim follows from, got nothing',
      '2:1: unknown key `specs`: did you mean `spec`?',
    ],
    ['duplicate keys', spoil(['features:', 'scenario: again\nfeatures:']), '3:1: Map keys must be unique'],
    [
      'a title that YAML takes for a boolean',
      spoil(['A policy admits what it names', 'yes']),
      '1:11: wanted the claim in one sentence, got true (YAML reads yes, no, on, off, y and n as booleans: quote it)',
    ],
    [
      'a title of two lines',
      spoil(['A policy admits what it names', '"A policy\\nadmits"']),
      '1:11: the claim is one line',
    ],
    [
      'a title with a full stop',
      spoil(['what it names', 'what it names.']),
      '1:11: the claim ends without a full stop, as a title does',
    ],
    [
      'a spec without a fragment',
      spoil(['#behavior-of-to-and-from-selectors', '']),
      '2:7: `https://kubernetes.io/docs/concepts/services-networking/network-policies/`: wanted an https link with a #fragment, or to an issue',
    ],
    [
      'a spec over http',
      spoil(['spec: https', 'spec: http']),
      '2:7: `http://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors`: wanted an https link with a #fragment, or to an issue',
    ],
    [
      'unknown features',
      spoil(['[NetworkPolicy]', '[NetworkPolicy, NetworkPolicyEgres]']),
      '3:27: unknown feature `NetworkPolicyEgres`: did you mean `NetworkPolicyEgress`?',
    ],
    [
      'duplicate features',
      spoil(['[NetworkPolicy]', '[NetworkPolicy, NetworkPolicy]']),
      '3:27: `NetworkPolicy` stands here twice',
    ],
    [
      'features that nothing needs',
      spoil(['[NetworkPolicy]', '[NetworkPolicy, NetworkPolicyUDP]']),
      '3:27: nothing in the scenario needs the feature NetworkPolicyUDP',
    ],
    [
      'missing features',
      spoil([
        "{ matchLabels: { ns: 'y' } }\n",
        "{ matchLabels: { ns: 'y' } }\n      ports: [{ port: 80, endPort: 81 }]\n",
      ]),
      '3:11: the scenario needs the feature NetworkPolicyEndPort (rules with a range of ports) and does not list it',
    ],
    [
      'unknown properties',
      spoil(['features:', 'property: imcp\nfeatures:'], ['   x/a   -   .', '   x/a   -   ?']),
      '3:11: unknown property `imcp`: did you mean `icmp`?',
    ],
    [
      'a property that no cell tells',
      spoil(['features:', 'property: icmp\nfeatures:']),
      '3:1: no grid has a `?` cell that could tell the property',
    ],
    [
      'no steps',
      spoil(['steps:', 'steps: []\nnone:']),
      '8:3: x/d is created later, but no step creates it',
      '9:8: wanted a list of steps, got an empty list',
      '10:1: unknown key `none`: known are scenario, spec, features, property, channel, namespaces, pods, services, steps',
    ],
  ]);
});
