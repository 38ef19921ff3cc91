import * as fc from 'fast-check';
import type {
  IPBlock,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
  PolicyType,
} from '../../../helpers/kube/types.ts';
import type { Pod } from '../../../helpers/kube/world.ts';
import { ninePods, podOf, policyOf } from './worlds.ts';

// Random policies over a small world, with just enough labels, ports and addresses that rules often match.

const absentOr = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

const selector = (key: string, values: readonly string[]): fc.Arbitrary<LabelSelector> =>
  fc.oneof(
    fc.constant({}),
    fc.constantFrom(...values).map((value) => ({ matchLabels: { [key]: value } })),
    fc
      .tuple(fc.constantFrom('In' as const, 'NotIn' as const), fc.subarray([...values], { minLength: 1 }))
      .map(([operator, values]) => ({ matchExpressions: [{ key, operator, values }] })),
    fc
      .tuple(fc.constantFrom('Exists' as const, 'DoesNotExist' as const), fc.constantFrom(key, 'other'))
      .map(([operator, key]) => ({ matchExpressions: [{ key, operator }] })),
  );

const podSelector = selector('pod', ['a', 'b', 'c', 'nobody']);
const namespaceSelector = selector('ns', ['x', 'y', 'z', 'nowhere']);

const ipBlock = fc.constantFrom<IPBlock>(
  { cidr: '10.0.0.0/8', except: ['10.0.24.0/24'] },
  { cidr: '10.0.25.2/32' },
  { cidr: '0.0.0.0/0' },
  { cidr: '::/0', except: ['fd00::26:0/112'] },
  { cidr: '203.0.113.0/24', except: ['203.0.113.2/32'] },
  { cidr: '203.0.113.0/30' },
  { cidr: '2001:db8::/32' },
);

export const anyPeer = fc.oneof<fc.Arbitrary<NetworkPolicyPeer>[]>(
  podSelector.map((podSelector) => ({ podSelector })),
  namespaceSelector.map((namespaceSelector) => ({ namespaceSelector })),
  fc.record({ podSelector, namespaceSelector }),
  ipBlock.map((ipBlock) => ({ ipBlock })),
);

export const anyPort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.constantFrom<NetworkPolicyPort>(
    {},
    { protocol: 'UDP' },
    { protocol: 'SCTP', port: 80 },
    { port: 80 },
    { port: 81 },
    { port: 80, endPort: 81 },
    { protocol: 'UDP', port: 81 },
    { port: 'serve-80' },
    { protocol: 'UDP', port: 'serve-80' },
    { protocol: 'UDP', port: 'serve-80-udp' },
  ),
);

const list = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[] | undefined> =>
  absentOr(fc.array(value, { maxLength: 3 }));

export const anyRule = fc.record({ peers: list(anyPeer), ports: list(anyPort) });

type AnyRule = { peers: NetworkPolicyPeer[] | undefined; ports: NetworkPolicyPort[] | undefined };

const portsOf = ({ ports }: AnyRule): { ports?: NetworkPolicyPort[] } =>
  ports === undefined ? {} : { ports };

export const ingressRule = (rule: AnyRule) => ({
  ...(rule.peers === undefined ? {} : { from: rule.peers }),
  ...portsOf(rule),
});

export const egressRule = (rule: AnyRule) => ({
  ...(rule.peers === undefined ? {} : { to: rule.peers }),
  ...portsOf(rule),
});

const anySpec: fc.Arbitrary<NetworkPolicySpec> = fc
  .record({
    podSelector,
    types: fc.constantFrom<PolicyType[] | undefined>(
      undefined,
      [],
      ['Ingress'],
      ['Egress'],
      ['Egress', 'Ingress'],
    ),
    ingress: list(anyRule),
    egress: list(anyRule),
  })
  .map(({ podSelector, types, ingress, egress }) => ({
    podSelector,
    ...(types === undefined ? {} : { policyTypes: types }),
    ...(ingress === undefined ? {} : { ingress: ingress.map(ingressRule) }),
    ...(egress === undefined ? {} : { egress: egress.map(egressRule) }),
  }));

export const anyPolicy: fc.Arbitrary<NetworkPolicy> = fc
  .tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('p', 'q', 'r', 's'), anySpec)
  .map(([namespace, name, spec]) => policyOf(`${namespace}/${name}`, spec));

export const anyPolicies = fc.array(anyPolicy, { maxLength: 5 });

/** Nine pods of which some may lack a port, two hosts outside, and sometimes a pod in the host network. */
export const anyPods: fc.Arbitrary<Pod[]> = fc
  .record({ bare: fc.constantFrom(undefined, 0, 4), host: fc.constantFrom(undefined, 1, 8) })
  .map(({ bare, host }) => [
    ...ninePods.map((pod, index) => ({
      ...pod,
      node: `node${index % 2}`,
      ...(index === bare ? { ports: pod.ports.slice(1) } : {}),
      ...(index === host ? { hostNetwork: true } : {}),
    })),
    podOf('external/a', { external: true, addresses: ['203.0.113.1', '2001:db8::1'], labels: {} }),
    podOf('external/b', { external: true, addresses: ['203.0.113.2'], labels: { pod: 'a' } }),
  ]);
