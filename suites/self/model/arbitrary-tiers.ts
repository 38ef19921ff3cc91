import * as fc from 'fast-check';
import type { AdminPeer, AdminPolicy, AdminSubject, LabelSelector } from '../../../helpers/kube/types.ts';
import type { Node } from '../../../helpers/kube/world.ts';

// Random policies of the tiers over the same small world, few enough that every order of them can be tried.

const namespaces = fc.constantFrom<LabelSelector[]>(
  {},
  { matchLabels: { ns: 'x' } },
  { matchLabels: { ns: 'y' } },
  { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
);
const pods = fc.constantFrom<LabelSelector[]>(
  {},
  { matchLabels: { pod: 'a' } },
  { matchLabels: { pod: 'b' } },
);

const subject: fc.Arbitrary<AdminSubject> = fc.oneof(
  fc.record({ namespaces }),
  fc.record({ pods: fc.record({ namespaceSelector: namespaces, podSelector: pods }) }),
);

const networks = fc.subarray(['10.0.24.0/24', '172.18.0.0/31', '203.0.113.0/24', 'fd00::/16', '0.0.0.0/0'], {
  minLength: 1,
});
const egressPeer: fc.Arbitrary<AdminPeer> = fc.oneof(
  subject,
  fc.record({ networks }),
  fc.constant<AdminPeer>({ nodes: { matchLabels: { role: 'gateway' } } }),
);

const listOf = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { minLength: 1, maxLength: 2 });
const maybe = (key: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.option(fc.record({ [key]: value }), { nil: {} });

const ports = listOf(
  fc.constantFrom(
    { portNumber: { port: 80 } },
    { portNumber: { protocol: 'UDP' as const, port: 80 } },
    { portRange: { start: 79, end: 81 } },
    { namedPort: 'serve-80' },
  ),
);
const protocols = listOf(
  fc.constantFrom(
    { tcp: { destinationPort: { number: 80 } } },
    { udp: { destinationPort: { range: { start: 80, end: 90 } } } },
    { sctp: { destinationPort: { number: 80 } } },
    { destinationNamedPort: 'serve-80-udp' },
  ),
);

const rulesOf = <Action extends string>(actions: readonly Action[], limits: fc.Arbitrary<object>) => {
  const rule = (peers: fc.Arbitrary<object>) =>
    fc
      .tuple(fc.constantFrom(...actions), peers, limits)
      .map(([action, ends, limit]) => ({ action, ...ends, ...limit }));
  const lists = (peers: fc.Arbitrary<object>) => fc.array(rule(peers), { maxLength: 2 });
  return fc.record({
    subject,
    ingress: lists(fc.record({ from: listOf(subject) })),
    egress: lists(fc.record({ to: listOf(egressPeer) })),
  });
};

const priority = fc.constantFrom(1, 1, 2);

const anyAdminPolicy: fc.Arbitrary<AdminPolicy> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('Admin' as const, 'Baseline' as const),
      priority,
      rulesOf(['Accept', 'Deny', 'Pass'], maybe('protocols', protocols)),
    )
    .map(([tier, priority, rules]) => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2' as const,
      kind: 'ClusterNetworkPolicy' as const,
      metadata: { name: 'p' },
      spec: { tier, priority, ...rules },
    })),
  fc.tuple(priority, rulesOf(['Allow', 'Deny', 'Pass'], maybe('ports', ports))).map(([priority, rules]) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1' as const,
    kind: 'AdminNetworkPolicy' as const,
    metadata: { name: 'p' },
    spec: { priority, ...rules },
  })),
);

const anyBaseline: fc.Arbitrary<AdminPolicy> = rulesOf(['Allow', 'Deny'], maybe('ports', ports)).map(
  (spec) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'BaselineAdminNetworkPolicy',
    metadata: { name: 'default' },
    spec,
  }),
);

export const anyAdminPolicies: fc.Arbitrary<AdminPolicy[]> = fc
  .tuple(fc.array(anyAdminPolicy, { maxLength: 3 }), fc.array(anyBaseline, { maxLength: 1 }))
  .map(([policies, baselines]) => [...policies, ...baselines]);

export const anyNodes: fc.Arbitrary<Node[]> = fc.constantFrom<Node[][]>(
  [],
  [
    { name: 'node0', addresses: ['172.18.0.0', 'fd18::0'], labels: { role: 'gateway' } },
    { name: 'node1', addresses: ['172.18.0.1', 'fd18::1'], labels: {} },
  ],
);
