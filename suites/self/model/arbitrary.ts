import * as fc from 'fast-check';
import type { NetworkPolicy, NetworkPolicyPort } from '../../../helpers/kube/types.ts';
import type { Pod } from '../../../helpers/kube/world.ts';
import { anyRule as anyRuleOf, anySpec, type Words } from '../../../helpers/scenario/arbitrary-policy.ts';
import { ninePods, podOf, policyOf } from './worlds.ts';

// Random policies over a small world, with just enough labels, ports and addresses that rules often match.
const words: Words = {
  podLabels: { pod: ['a', 'b', 'c', 'nobody'] },
  namespaceLabels: { ns: ['x', 'y', 'z', 'nowhere'] },
  peers: { pod: 1, namespace: 1, both: 1, block: 1 },
  blocks: [
    { cidr: '10.0.0.0/8', except: ['10.0.24.0/24'] },
    { cidr: '10.0.25.2/32' },
    { cidr: '172.18.0.0/31', except: ['172.18.0.0/32'] },
    { cidr: '0.0.0.0/0' },
    { cidr: '::/0', except: ['fd00::26:0/112'] },
    { cidr: '203.0.113.0/24', except: ['203.0.113.2/32'] },
    { cidr: '203.0.113.0/30' },
    { cidr: '2001:db8::/32' },
  ],
  port: fc.constantFrom<NetworkPolicyPort[]>(
    {},
    { protocol: 'UDP' },
    { protocol: 'SCTP', port: 80 },
    { port: 80 },
    { port: 81 },
    { port: 80, endPort: 81 },
    { port: 30080 },
    { port: 81, endPort: 32767 },
    { protocol: 'UDP', port: 81 },
    { port: 'serve-80' },
    { protocol: 'UDP', port: 'serve-80' },
    { protocol: 'UDP', port: 'serve-80-udp' },
  ),
};

export const anyRule = anyRuleOf(words);

export const anyPolicy: fc.Arbitrary<NetworkPolicy> = fc
  .tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('p', 'q', 'r', 's'), anySpec(words))
  .map(([namespace, name, spec]) => policyOf(`${namespace}/${name}`, spec));

export const anyPolicies = fc.array(anyPolicy, { maxLength: 5 });

/**
 * Nine pods of which some may lack a port, two hosts outside, and sometimes pods in the host network, which have the
 * addresses of their node; where one of them runs may be unknown.
 */
export const anyPods: fc.Arbitrary<Pod[]> = fc
  .record({
    bare: fc.constantFrom(undefined, 0, 4),
    hosts: fc.subarray([1, 3, 5, 8]),
    lost: fc.constantFrom(undefined, undefined, 1),
  })
  .map(({ bare, hosts, lost }) => [
    ...ninePods.map((pod, index) => ({
      ...pod,
      node: index === lost ? '' : `node${index % 2}`,
      ...(index === bare ? { ports: pod.ports.slice(1) } : {}),
      ...(hosts.includes(index)
        ? { hostNetwork: true, addresses: [`172.18.0.${index % 2}`, `fd18::${index % 2}`] }
        : {}),
    })),
    podOf('external/a', { external: true, addresses: ['203.0.113.1', '2001:db8::1'], labels: {} }),
    podOf('external/b', { external: true, addresses: ['203.0.113.2'], labels: { pod: 'a' } }),
  ]);
