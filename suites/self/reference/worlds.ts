import { compile } from '../../../helpers/reference/compile.ts';
import type { PodRules } from '../../../helpers/reference/rules.ts';
import type { NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import type { Pod, State } from '../../../helpers/reference/state.ts';

const places = ['x/a', 'x/b', 'y/a', 'y/b'];

/** Namespaces x and y with pods a and b each; `a` lives on node0, `b` on node1. x/a is 10.0.0.1 and fd00::1, and so on. */
export const createState = (...policies: NetworkPolicy[]): State => ({
  nodes: [
    {
      name: 'node0',
      labels: { zone: 'a' },
      addresses: ['192.0.2.1', '2001:db8::1'],
      podCIDRs: ['10.0.0.0/24', 'fd00::/64'],
    },
    {
      name: 'node1',
      labels: { zone: 'b' },
      addresses: ['192.0.2.2', '2001:db8::2'],
      podCIDRs: ['10.0.1.0/24', 'fd00:0:0:1::/64'],
    },
  ],
  namespaces: ['x', 'y'].map((name) => ({ name, labels: { ns: name } })),
  pods: places.map((place, index) => createPod(place, index + 1)),
  policies,
  services: [],
  adminPolicies: [],
});

export const createPod = (place: string, number: number): Pod => {
  const [namespace = '', name = ''] = place.split('/');
  return {
    namespace,
    name,
    labels: { pod: name },
    addresses: [`10.0.0.${number}`, `fd00::${number}`],
    ports: [
      { name: 'serve-80', protocol: 'TCP', port: 80 },
      { name: 'serve-80-udp', protocol: 'UDP', port: 80 },
    ],
    node: name === 'a' ? 'node0' : 'node1',
  };
};

/** A policy of namespace x that selects the pods `a` there, unless the spec says otherwise. */
export const createPolicy = (spec: NetworkPolicySpec, name = 'policy'): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'x', name },
  spec: { podSelector: { matchLabels: { pod: 'a' } }, ...spec },
});

/** The rules of x/a under one policy. */
export const compileFor = (spec: NetworkPolicySpec): PodRules | undefined =>
  compile(createState(createPolicy(spec)), 'node0').find(({ name }) => name === 'x/a');
