import { expect } from 'chai';
import * as fc from 'fast-check';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../../helpers/kube/types.ts';
import { validateNetworkPolicy } from '../../../helpers/kube/validate.ts';
import { isAdminPolicy } from '../../../helpers/kube/world.ts';
import { anyScenario } from '../../../helpers/scenario/arbitrary.ts';
import { isStanding } from '../../../helpers/scenario/default-world.ts';
import { policyTypesOf } from '../../../helpers/scenario/policies.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

const scenarios = fc.sample(anyScenario(), { seed: 7, numRuns: 1000, unbiased: true });

const policiesOf = ({ steps }: Scenario): NetworkPolicy[] =>
  steps
    .flatMap(({ action }) => ('policies' in action ? action.policies : []))
    .filter((policy) => !isAdminPolicy(policy));
const rulesOf = (scenario: Scenario): { peers?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] }[] =>
  policiesOf(scenario).flatMap(({ spec }) => [
    ...(spec.ingress ?? []).map(({ from, ports }) => ({
      ...(from && { peers: from }),
      ...(ports && { ports }),
    })),
    ...(spec.egress ?? []).map(({ to, ports }) => ({ ...(to && { peers: to }), ...(ports && { ports }) })),
  ]);
const peersOf = (scenario: Scenario): NetworkPolicyPeer[] =>
  rulesOf(scenario).flatMap(({ peers }) => peers ?? []);
const portsOf = (scenario: Scenario): NetworkPolicyPort[] =>
  rulesOf(scenario).flatMap(({ ports }) => ports ?? []);
const selectorsOf = (scenario: Scenario): LabelSelector[] => [
  ...policiesOf(scenario).flatMap(({ spec }) => spec.podSelector ?? []),
  ...peersOf(scenario).flatMap(({ podSelector, namespaceSelector }) =>
    [podSelector ?? [], namespaceSelector ?? []].flat(),
  ),
];
const isEmpty = (selector: LabelSelector | undefined): boolean =>
  selector !== undefined && JSON.stringify(selector) === '{}';
const blocksOf = (scenario: Scenario) => peersOf(scenario).flatMap(({ ipBlock }) => ipBlock ?? []);
const verbsOf = ({ steps }: Scenario): string[] => steps.map(({ action }) => action.verb);
const servedBy = ({ pods }: Scenario, name: string): Set<string> =>
  new Set(
    pods
      .flatMap(({ ports }) => ports)
      .filter((port) => port.name === name)
      .map(({ protocol, port }) => `${protocol}/${port}`),
  );
const hasStandingRoles = ({ pods }: Scenario): boolean => {
  const roles = pods.filter(({ labels }) => labels['role'] !== undefined);
  return roles.some((one) =>
    roles.some((other) => other.namespace !== one.namespace && other.labels['role'] === one.labels['role']),
  );
};

/** Edges of the API, and in how many of a thousand worlds each must be met at least. */
const edges: [edge: string, least: number, isMet: (scenario: Scenario) => boolean][] = [
  ['one policy', 160, (scenario) => policiesOf(scenario).length === 1],
  ['five policies or more', 40, (scenario) => new Set(policiesOf(scenario)).size >= 5],
  [
    'several policies in one namespace',
    200,
    (s) => policiesOf(s).some(({ metadata }) => metadata.name === 'p2'),
  ],
  [
    'equal names in two namespaces',
    180,
    (s) =>
      new Set(
        policiesOf(s)
          .filter(({ metadata }) => metadata.name === 'p1')
          .map(({ metadata }) => metadata.namespace),
      ).size > 1,
  ],
  [
    'an empty podSelector of a policy',
    180,
    (s) => policiesOf(s).some(({ spec }) => isEmpty(spec.podSelector)),
  ],
  ['an empty podSelector of a peer', 200, (s) => peersOf(s).some(({ podSelector }) => isEmpty(podSelector))],
  ['an empty namespaceSelector', 200, (s) => peersOf(s).some((peer) => isEmpty(peer.namespaceSelector))],
  [
    'empty lists in a selector',
    200,
    (s) => selectorsOf(s).some(({ matchExpressions }) => matchExpressions?.length === 0),
  ],
  [
    'both selectors in one peer',
    300,
    (s) => peersOf(s).some((peer) => peer.podSelector && peer.namespaceSelector),
  ],
  [
    'two requirements',
    310,
    (s) => selectorsOf(s).some(({ matchExpressions = [] }) => matchExpressions.length > 1),
  ],
  ...(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const).map((operator): (typeof edges)[number] => [
    operator,
    100,
    (s) =>
      selectorsOf(s).some(({ matchExpressions = [] }) =>
        matchExpressions.some((one) => one.operator === operator),
      ),
  ]),
  [
    'NotIn with a key that no object has',
    190,
    (s) =>
      selectorsOf(s).some(({ matchExpressions = [] }) =>
        matchExpressions.some(({ key, operator }) => key === 'nothing' && operator === 'NotIn'),
      ),
  ],
  [
    'an empty label value',
    70,
    (s) => selectorsOf(s).some(({ matchLabels = {} }) => Object.values(matchLabels).includes('')),
  ],
  ['equal labels in two namespaces', 60, hasStandingRoles],
  ['a rule without peers', 330, (s) => rulesOf(s).some(({ peers }) => peers === undefined)],
  ['a rule with an empty list of peers', 210, (s) => rulesOf(s).some(({ peers }) => peers?.length === 0)],
  ['a rule with an empty list of ports', 210, (s) => rulesOf(s).some(({ ports }) => ports?.length === 0)],
  ['an empty rule', 120, (s) => rulesOf(s).some((rule) => JSON.stringify(rule) === '{}')],
  ['several rules', 290, (s) => policiesOf(s).some(({ spec }) => (spec.ingress ?? []).length > 1)],
  ['several peers', 400, (s) => rulesOf(s).some(({ peers = [] }) => peers.length > 1)],
  ['several ports', 400, (s) => rulesOf(s).some(({ ports = [] }) => ports.length > 1)],
  [
    'no rules for an isolated direction',
    100,
    (s) => policiesOf(s).some((policy) => policyTypesOf(policy).includes('Egress') && !policy.spec.egress),
  ],
  ['policyTypes left out', 240, (s) => policiesOf(s).some(({ spec }) => spec.policyTypes === undefined)],
  [
    'an empty list of policyTypes',
    140,
    (s) => policiesOf(s).some(({ spec }) => spec.policyTypes?.length === 0),
  ],
  [
    'rules for a direction that is not isolated',
    120,
    (s) => policiesOf(s).some(({ spec }) => spec.policyTypes?.join() === 'Egress' && spec.ingress),
  ],
  [
    'a protocol without a port',
    130,
    (s) => portsOf(s).some(({ protocol, port }) => protocol && port === undefined),
  ],
  ['SCTP', 200, (s) => portsOf(s).some(({ protocol }) => protocol === 'SCTP')],
  ['SCTP only', 20, (s) => portsOf(s).length > 0 && portsOf(s).every(({ protocol }) => protocol === 'SCTP')],
  [
    'a range of one port',
    90,
    (s) => portsOf(s).some(({ port, endPort }) => endPort !== undefined && port === endPort),
  ],
  [
    'a range that ends at a served port',
    60,
    (s) => portsOf(s).some(({ port, endPort }) => port === 79 && endPort === 80),
  ],
  [
    'a range that begins at a served port',
    60,
    (s) => portsOf(s).some(({ port, endPort }) => port === 81 && endPort === 82),
  ],
  [
    'a range that just misses a served port',
    50,
    (s) => portsOf(s).some(({ port, endPort }) => port === 1 && endPort === 79),
  ],
  ['a named port', 190, (s) => portsOf(s).some(({ port }) => typeof port === 'string')],
  [
    'a named port that differs between pods',
    16,
    (s) => portsOf(s).some(({ port }) => typeof port === 'string' && servedBy(s, port).size > 1),
  ],
  ['a name that nobody has', 100, (s) => portsOf(s).some(({ port }) => port === 'nobody')],
  ['a block of IPv4', 80, (s) => blocksOf(s).some(({ cidr }) => !cidr.includes(':'))],
  ['a block of IPv6', 60, (s) => blocksOf(s).some(({ cidr }) => cidr.includes(':'))],
  ['an exception', 60, (s) => blocksOf(s).some(({ except = [] }) => except.length === 1)],
  ['two exceptions', 30, (s) => blocksOf(s).some(({ except = [] }) => except.length > 1)],
  ['hosts outside the cluster', 150, ({ pods }) => pods.some(({ addresses }) => addresses !== undefined)],
  ['a pod of its own', 130, ({ pods }) => pods.some(({ id, addresses }) => !addresses && !isStanding(id))],
  ['a pod on its node', 20, ({ pods }) => pods.some(({ hostNetwork }) => hostNetwork)],
  ['a pod with the addresses of another', 20, ({ pods }) => pods.some(({ addressesOf }) => addressesOf)],
  ['a namespace of its own', 40, ({ namespaces }) => namespaces.length > 0],
  ['a Service', 70, ({ services }) => services.length > 0],
  ...(['update', 'delete', 'label', 'unlabel', 'create', 'remove', 'complete'] as const).map(
    (verb): (typeof edges)[number] => [
      `a step with ${verb}`,
      verb === 'complete' ? 13 : 60,
      (s) => verbsOf(s).includes(verb),
    ],
  ),
  [
    'names longer than 200 characters',
    18,
    (s) => policiesOf(s).some(({ metadata }) => metadata.name.length > 200),
  ],
  ['more than 64 rules', 16, (s) => policiesOf(s).some(({ spec }) => (spec.ingress ?? []).length > 64)],
  ['more than 40 ports', 16, (s) => rulesOf(s).some(({ ports = [] }) => ports.length > 40)],
];

describe('random scenarios', () => {
  it('have only policies that the API server accepts', () => {
    const refused = scenarios
      .flatMap(policiesOf)
      .flatMap((policy) => validateNetworkPolicy(policy).map(({ message }) => ({ message, policy })));
    expect(refused).to.deep.equal([]);
  });

  it('are on the standing pods, with one to six policies and few steps', () => {
    for (const scenario of scenarios) {
      expect(scenario.pods.filter(({ id }) => isStanding(id)).length).to.be.within(3, 4);
      expect(scenario.steps.length).to.be.within(1, 4);
      const names = policiesOf(scenario).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      expect(new Set(names).size).to.be.within(0, 6);
    }
  });

  it('never hold the addresses of some pods and not of others: nobody knows them before the cluster is there', () => {
    const told = scenarios.flatMap(blocksOf).flatMap(({ cidr, except = [] }) => [cidr, ...except]);
    const known = /^(203\.0\.113\.|2001:db8:|0\.0\.0\.0\/0$|::\/0$)/;
    expect(told.filter((cidr) => !known.test(cidr))).to.deep.equal([]);
  });

  for (const [edge, least, isMet] of edges)
    it(`meet ${edge}`, () => {
      expect(scenarios.filter(isMet).length).to.be.at.least(least);
    });
});
