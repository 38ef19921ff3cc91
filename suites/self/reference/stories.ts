import { nameOf } from '../../../helpers/reference/state.ts';
import { changeStories } from './change-stories.ts';
import { tierStories } from './tier-stories.ts';
import { createPod, createPolicy, createState } from './worlds.ts';
import type { Labels, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import type { State } from '../../../helpers/reference/state.ts';

const specs: NetworkPolicySpec[] = [
  {},
  { ingress: [{}] },
  { ingress: [{ from: [{ namespaceSelector: {} }] }] },
  {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }],
  },
  { policyTypes: ['Egress'] },
  { egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 'serve-80' }] }] },
  {
    ingress: [
      {
        from: [
          { namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'b' } } },
          { podSelector: { matchLabels: { pod: 'b' } } },
        ],
      },
      { ports: [{ port: 80, endPort: 82 }, { port: 90, protocol: 'UDP' }, { protocol: 'UDP' }] },
    ],
  },
  { ingress: [{ ports: [{ port: 'serve-80', protocol: 'UDP' }, { port: 'serve-80' }] }] },
  { ingress: [{ ports: [{ port: 80, protocol: 'SCTP' }] }] },
  {
    ingress: [
      {
        from: [
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.0.0/16'] } },
          { ipBlock: { cidr: '10.0.0.4/32' } },
          { ipBlock: { cidr: 'fd00::/8', except: ['fd00::/64'] } },
        ],
      },
    ],
  },
  {
    ingress: [
      {
        from: [
          { podSelector: { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['a'] }] } },
          { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['a'] }] } },
        ],
      },
    ],
  },
  {
    ingress: [
      { from: [{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['a', 'b'] }] } }] },
    ],
  },
  { ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }] }] },
  {
    ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'DoesNotExist' }] } }] }],
  },
  {
    ingress: [
      {
        from: [
          {
            podSelector: {
              matchLabels: { pod: 'b' },
              matchExpressions: [{ key: 'tier', operator: 'Exists' }],
            },
          },
        ],
      },
    ],
  },
];

const allowB = createPolicy(
  { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] },
  'allow',
);
const denyAll = createPolicy({ podSelector: {} }, 'deny');
const calm = createState(denyAll, allowB);
const oneName = { name: 'web', protocol: 'TCP' as const };
const withNames = (...ports: number[]): State => {
  const state = createState(createPolicy({ egress: [{ ports: [{ port: 'web' }] }] }));
  return {
    ...state,
    pods: state.pods.map((pod, index) => ({ ...pod, ports: [{ ...oneName, port: ports[index] ?? 1 }] })),
  };
};
const relabelled: State = { ...calm, pods: calm.pods.map((pod) => ({ ...pod, labels: { tier: 'front' } })) };
const renamed = createState(
  createPolicy({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'z' } } }] }] }),
);

const web = { matchLabels: { 'example.com/name': 'web' } };
/** Specs, each with the labels that x/b has: what is different only at the corners. */
const corners: [NetworkPolicySpec, Labels][] = [
  [{ ingress: [{ from: [{ podSelector: web }] }] }, { name: 'web' }],
  [{ ingress: [{ from: [{ podSelector: web }] }] }, { 'example.com/name': 'Web' }],
  [{ ingress: [{ from: [{ podSelector: { matchLabels: { tier: '' } } }] }] }, { tier: 'front' }],
  [{ ingress: [{ from: [{ podSelector: { matchLabels: { ns: 'x' } } }] }] }, {}],
  [{ podSelector: web }, {}],
  [{ policyTypes: ['Ingress', 'Egress'], ingress: [{}] }, {}],
  [{ ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 80, protocol: 'UDP' }] }] }, {}],
  [
    {
      ingress: [
        {
          ports: [
            { port: 80, endPort: 82 },
            { port: 81, endPort: 83 },
            { port: 90, endPort: 65_535 },
            { port: 'serve-80' },
          ],
        },
        { ports: [{ port: 80, endPort: 82, protocol: 'UDP' }] },
      ],
    },
    {},
  ],
  [
    {
      ingress: [
        { from: [{ podSelector: {} }], ports: [{ port: 80 }] },
        { from: [{ podSelector: {} }], ports: [{ port: 81 }] },
      ],
      egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 'serve-80' }] }],
    },
    {},
  ],
  [
    {
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: 'fd00::1/128' } }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.4/32' } }, { ipBlock: { cidr: '10.0.0.8/32' } }] }],
    },
    {},
  ],
];
const inCorner = ([spec, labels]: (typeof corners)[number]): State => {
  const state = createState(createPolicy(spec));
  return {
    ...state,
    pods: state.pods.map((pod) =>
      nameOf(pod) === 'x/b' ? { ...pod, labels: { ...pod.labels, ...labels } } : pod,
    ),
  };
};
const ofOneName = createState(createPolicy({}), {
  ...createPolicy({}),
  metadata: { namespace: 'y', name: 'policy' },
});

const withHosts: State = {
  ...calm,
  policies: [...calm.policies, createPolicy({ podSelector: {}, policyTypes: ['Egress'] }, 'stay')],
  pods: [
    ...calm.pods,
    ...calm.nodes.map(({ name, addresses }, index) => ({
      ...createPod(`x/host-${index}`, 20 + index),
      labels: { pod: 'b' },
      addresses,
      node: name,
      hostNetwork: true,
    })),
  ],
};

/** States that follow each other, in which every deliberate bug must show. */
export const stories: State[][] = [
  ...corners.map((corner) => [inCorner(corner)]),
  [ofOneName],
  ...specs.map((spec) => [createState(createPolicy(spec))]),
  ...specs.map((spec) => [createState(createPolicy(spec, 'one'), denyAll)]),
  [calm, createState(denyAll)],
  [calm, relabelled],
  [renamed, { ...renamed, namespaces: [{ name: 'y', labels: { ns: 'z' } }] }],
  [calm, { ...calm, pods: [...calm.pods, { ...createPod('x/new', 9), node: 'node0' }] }],
  [
    calm,
    { ...calm, pods: calm.pods.slice(1) },
    { ...calm, pods: calm.pods.map((pod) => ({ ...pod, addresses: ['10.0.9.9'] })) },
  ],
  [createState(allowB), createState({ ...allowB, spec: denyAll.spec })],
  [withNames(80, 81, 82, 83)],
  [withHosts],
  ...changeStories,
  ...tierStories,
];
