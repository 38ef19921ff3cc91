import { expect } from 'chai';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { findMissing } from '../../../helpers/scenario/stored.ts';
import { formatAction } from '../../../helpers/scenario/world.ts';
import { problemsOf, refuse, scenarioOf } from './sample.ts';

const document = (name: string, spec: string, namespace = 'x'): string =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
const wrong = document('wrong', '{ ingress: [{ ports: [{ endPort: 90 }] }] }');
const right = document('right', '{ ingress: [{ ports: [{ port: 80 }] }] }');

const front = (steps: string, more = ''): string =>
  `scenario: A claim about the API server\nspec: https://kubernetes.io/docs#anchor\nfeatures: [PolicyValidation]\n${more}steps:\n${steps}`;
const ask = (steps: string, ...documents: string[]): string => front(steps) + documents.join('');
const both = '  - reject: wrong\n  - apply: right\n';

describe('a scenario that asks the API server', () => {
  it('names what must be refused and what must be taken, without pods', () => {
    const { steps, pods, features } = scenarioOf(ask(both, wrong, right));
    expect(steps.map(({ action }) => formatAction(action))).to.deep.equal(['reject wrong', 'apply right']);
    expect(steps[0]?.action).to.have.nested.property('documents[0].flaw', 'document');
    expect({ pods, features }).to.deep.equal({ pods: [], features: ['PolicyValidation'] });
  });

  it('says what must be stored, with the defaults of the API', () => {
    const stored = `  - apply: right
    expect:
      stored:
        x/right: { policyTypes: [Ingress], ingress: [{ ports: [{ protocol: TCP, port: 80 }] }] }
`;
    expect(scenarioOf(ask(stored, right)).steps[0]?.stored).to.deep.equal([
      {
        id: 'x/right',
        fields: { policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP', port: 80 }] }] },
        line: 8,
      },
    ]);
  });

  it('has all documents of a name refused that stand before a valid one', () => {
    const text = ask(
      both.replace('wrong', 'right'),
      wrong.replace('name: wrong', 'name: right'),
      document('right', '{ ingress: 1 }'),
      right,
    );
    const { steps } = scenarioOf(text);
    expect(steps[0]?.action).to.have.property('documents').with.lengthOf(2);
    expect(steps[1]?.action).to.have.nested.property('policies[0].spec.ingress[0].ports[0].port', 80);
  });

  it('may have a valid policy refused for want of its namespace, and taken when that is there', () => {
    const steps = '  - reject: right\n  - create: w\n  - apply: right\n';
    const text = front(steps, 'namespaces: { w: { why: comes, created: later } }\n');
    const { scenario, problems } = readScenario(text + document('right', '{}', 'w'), 'file', 'name');
    expect(problems).to.deep.equal([]);
    expect(scenario.steps[0]?.action).to.have.nested.property('documents[0].flaw', 'namespace');
  });
});

describe('a scenario that asks the API server refuses', () => {
  refuse([
    [
      'to reject what our own validation accepts',
      ask('  - reject: [wrong, other]\n  - apply: right\n', wrong, right, document('other', '{}')),
      '5:13: policy x/other is valid by all that we know: nothing says why it would be refused',
    ],
    [
      'to apply what our own validation refuses',
      ask('  - reject: worse\n  - apply: wrong\n', wrong, document('worse', '{ ingress: 1 }')),
      '11:29: spec.ingress[0].ports[0]: `endPort` needs `port`',
    ],
    [
      'to reject a policy that is applied',
      ask(`${both}  - reject: right\n`, wrong, right),
      '7:13: policy x/right is applied already: `reject` is for new ones',
    ],
    [
      'to reject after it has applied what has the same name',
      ask('  - apply: right\n  - delete: right\n  - reject: right\n', right),
      '7:13: policy x/right was applied before: what is rejected comes first',
    ],
    [
      'a valid document between those that it rejects',
      ask(
        '  - reject: wrong\n  - apply: wrong\n',
        wrong,
        document('wrong', '{}'),
        document('wrong', '{ ingress: 1 }'),
      ),
      '18:1: no `update` reaches version 3 of policy x/wrong',
      '21:18: spec.ingress: must be a list, got the number 1',
    ],
    [
      'to reject a policy for two reasons',
      `${front('  - reject: wrong\n  - apply: right\n', 'namespaces: { w: { why: never comes, created: later } }\n')}${right}${document('wrong', '{ ingress: 1 }', 'w')}`,
      '6:13: policy w/wrong has two reasons to be refused: it is invalid, and w does not exist',
    ],
    [
      'to have everything refused',
      ask('  - reject: wrong\n', wrong),
      '5:3: no step applies a policy: an API server that refuses all of them would pass',
    ],
    [
      'grids beside, which the lab would have to skip with it',
      `${front(both, 'pods: { x/a: why }\n')}${wrong}${right}`,
      '6:3: a scenario asks the API server or draws grids, not both',
    ],
    [
      'stored fields that the API documents otherwise',
      ask('  - apply: right\n    expect: { stored: { right: { policyTypes: [Egress] } } }\n', right),
      `6:48: by the API's defaults x/right has "Ingress" here`,
    ],
    [
      'stored fields of other policies, none at all, and other steps',
      ask(
        '  - apply: right\n    expect: { stored: { left: {}, right: {} } }\n  - delete: right\n    expect: { stored: {} }\n',
        right,
      ),
      '6:25: this step applies no policy `left`',
      '6:42: no field is claimed',
      '8:15: `stored` stands only in a step that applies policies',
    ],
  ]);

  it('a document that is rejected in no step, as any other', () => {
    expect(problemsOf(ask(both, wrong, right, document('idle', '{ ingress: 1 }')))).to.include(
      '18:1: no step applies policy x/idle',
    );
  });
});

describe('a scenario about the CRDs of the admin tiers', () => {
  const admin = (name: string, rule: string, kind = 'AdminNetworkPolicy', version = 'v1alpha1'): string =>
    `---\napiVersion: policy.networking.k8s.io/${version}\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { ${kind.startsWith('Cluster') ? 'tier: Admin, ' : ''}priority: 1, subject: { namespaces: {} }, ${rule} }\n`;
  const nodes = admin('nodes', 'egress: [{ action: Deny, to: [{ nodes: {} }] }]');
  const plain = admin('plain', 'ingress: [{ action: Deny, from: [{ namespaces: {} }] }]');
  const accept = admin('accept', 'ingress: [{ action: Accept, from: [{ namespaces: {} }] }]');
  const ask = (steps: string, more = ''): string =>
    front(steps, more).replace('[PolicyValidation]', '[AdminPolicyValidation]');
  const standard = 'channel: standard\n';
  const experimental = 'channel: experimental\n';

  it('holds for both channels, or for the one that it names', () => {
    const reject = (name: string): string => `  - reject: ${name}\n  - apply: plain\n`;
    expect(scenarioOf(ask(reject('accept')) + accept + plain).channel).to.equal(undefined);
    expect(scenarioOf(ask(reject('nodes'), standard) + nodes + plain).channel).to.equal('standard');
    const applied = ask('  - reject: accept\n  - apply: nodes\n', experimental) + accept + nodes;
    expect(scenarioOf(applied).channel).to.equal('experimental');
  });

  it('applies what the CRDs take, also where it could mean nothing to a plugin', () => {
    const odd = admin(
      'odd',
      'ingress: [{ action: Deny, from: [{ namespaces: { matchExpressions: [{ key: a, operator: notIn }] } }], ports: [{ portNumber: { protocol: ICMP, port: 1 } }] }]',
    );
    scenarioOf(ask('  - reject: accept\n  - apply: odd\n') + accept + odd);
    const drawn = front(
      `  - apply: odd\n    expect:\n      TCP/80: |\n             x/a x/b\n        x/a   -   .\n        x/b   X   -\n`,
      'pods: { x/a: why, x/b: why }\n',
    ).replace('[PolicyValidation]', '[AdminNetworkPolicy]');
    expect(problemsOf(drawn + odd).join('\n')).to.match(
      /operator: must be In or NotIn[^]*protocol: must be TCP/,
    );
  });

  it('stores TCP for the ports of v1alpha1 that name no protocol', () => {
    const ports = admin(
      'ports',
      'ingress: [{ action: Deny, from: [{ namespaces: {} }], ports: [{ portNumber: { port: 1 } }, { portRange: { start: 1, end: 2 } }] }]',
    );
    const stored = (protocol: string): string =>
      `  - apply: ports\n    expect: { stored: { ports: { ingress: [{ ports: [{ portNumber: { protocol: ${protocol} } }, { portRange: { protocol: ${protocol} } }] }] } } }\n`;
    scenarioOf(ask(stored('TCP')) + ports);
    expect(problemsOf(ask(stored('UDP')) + ports).join()).to.match(/has "TCP" here/);
  });

  refuse([
    [
      'to be refused in both channels, where one of them accepts',
      ask('  - reject: nodes\n  - apply: plain\n') + nodes + plain,
      '5:13: policy AdminNetworkPolicy/nodes is refused in one channel only: say `channel: standard`',
    ],
    [
      'to be accepted in both channels, where one of them refuses',
      ask('  - reject: accept\n  - apply: nodes\n') + accept + nodes,
      '16:81: spec.egress[0].to[0]: must have exactly one of namespaces, pods, networks, got none (in the standard channel)',
      '16:90: spec.egress[0].to[0].nodes: unknown field, did you mean pods? (in the standard channel)',
    ],
    [
      'to be refused in a channel that accepts',
      ask('  - reject: nodes\n  - apply: plain\n', experimental) + nodes + plain,
      '6:13: policy AdminNetworkPolicy/nodes is valid by all that we know: nothing says why it would be refused',
    ],
    [
      'other channels',
      ask('  - reject: accept\n  - apply: plain\n', 'channel: beta\n') + accept + plain,
      '4:10: unknown channel `beta`: known are standard, experimental',
    ],
    [
      'a channel where no CRD is asked',
      front('  - reject: wrong\n  - apply: right\n', standard) + wrong + right,
      '4:1: only a scenario that asks the API server about policies of the admin tiers has a channel',
    ],
  ]);
});

describe('fields of a stored policy', () => {
  const got = { policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP', port: 80 }] }] };

  it('may be more than are claimed', () => {
    expect(findMissing({ policyTypes: ['Ingress'] }, got, [])).to.equal(undefined);
    expect(findMissing({ ingress: [{ ports: [{ port: 80 }] }] }, got, [])).to.equal(undefined);
  });

  it('are missed where they are absent or other, with the place', () => {
    expect(findMissing({ egress: [] }, got, [])).to.deep.equal({
      path: ['egress'],
      wanted: [],
      got: undefined,
    });
    expect(findMissing({ ingress: [{ ports: [{ port: 81 }] }] }, got, [])).to.deep.equal({
      path: ['ingress', 0, 'ports', 0, 'port'],
      wanted: 81,
      got: 80,
    });
  });

  it('are missed where a list is longer or shorter', () => {
    expect(findMissing({ policyTypes: [] }, got, []))
      .to.have.property('path')
      .that.deep.equals(['policyTypes']);
    expect(findMissing({ policyTypes: ['Ingress', 'Egress'] }, got, [])).to.not.equal(undefined);
    expect(findMissing({ policyTypes: { 0: 'Ingress' } }, got, [])).to.not.equal(undefined);
  });
});
