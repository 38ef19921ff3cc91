import { admin, baseline, cluster, createTierState } from './tier-worlds.ts';
import { everywhere, inNamespace, named } from './tier-worlds.ts';
import { createPod, createPolicy } from './worlds.ts';
import type { AdminPolicy, NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { Node, Pod, State } from '../../../helpers/reference/state.ts';

const [fromB, toB] = [{ from: [named('b')] }, { to: [named('b')] }];
const isolated = createPolicy({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] });
const denyB = cluster({ ingress: [{ action: 'Deny', ...fromB }], egress: [{ action: 'Deny', ...toB }] });
const acceptB = admin(
  { ingress: [{ action: 'Allow', ...fromB }], egress: [{ action: 'Allow', ...toB }] },
  'accept',
);
const passB = admin(
  {
    ingress: [
      { action: 'Pass', ...fromB },
      { action: 'Deny', from: [everywhere] },
    ],
  },
  'pass',
);
const base = baseline({
  ingress: [
    { action: 'Deny', ...fromB },
    { action: 'Allow', from: [everywhere] },
  ],
});
const denyFrom = (pod: string, priority: number): AdminPolicy =>
  cluster({ priority, ingress: [{ action: 'Deny', from: [named(pod)] }] }, `deny-${pod}`);
const acceptFrom = (pod: string, priority: number): AdminPolicy =>
  cluster({ priority, ingress: [{ action: 'Accept', from: [named(pod)] }] }, `accept-${pod}`);
const atBaseline = (action: 'Accept' | 'Pass'): AdminPolicy =>
  cluster({
    tier: 'Baseline',
    ingress: [
      { action, ...fromB },
      { action: 'Deny', from: [everywhere] },
    ],
  });

/** States of which each is told by the policies in it alone. */
const alone: (AdminPolicy | NetworkPolicy)[][] = [
  [denyB],
  [denyB, isolated],
  [acceptB, isolated],
  [passB, isolated],
  [passB, base],
  [passB, base, isolated],
  [base],
  [base, isolated],
  [base, createPolicy({ podSelector: {}, policyTypes: ['Egress'] })],
  [atBaseline('Pass')],
  [atBaseline('Accept'), acceptFrom('a', 20)],
  [denyFrom('b', 9), acceptFrom('b', 10)],
  [denyFrom('b', 0), acceptFrom('b', 1)],
  [denyFrom('a', 10), acceptFrom('b', 10)],
  [admin({ priority: 100, ingress: [{ action: 'Deny', ...fromB }] })],
  [{ ...denyB, metadata: { name: 'default' } }, base],
  [
    admin({
      ingress: [
        {
          action: 'Allow',
          from: [named('a'), named('b')],
          ports: [
            { portNumber: { port: 80 } },
            { portNumber: { protocol: 'UDP', port: 81 } },
            { portRange: { start: 90, end: 99 } },
            { namedPort: 'serve-80-udp' },
          ],
        },
        { action: 'Deny', from: [everywhere] },
      ],
    }),
  ],
  [
    cluster({
      egress: [
        {
          action: 'Deny',
          ...toB,
          protocols: [
            { tcp: { destinationPort: { range: { start: 90, end: 99 } } } },
            { sctp: { destinationPort: { number: 80 } } },
          ],
        },
        { action: 'Deny', ...toB, protocols: [{ destinationNamedPort: 'web' }] },
      ],
    }),
  ],
  [
    cluster({
      ingress: Array.from({ length: 25 }, (_, index) => ({
        action: 'Deny' as const,
        ...fromB,
        protocols: [{ tcp: { destinationPort: { number: index + 1 } } }],
      })),
    }),
  ],
  [cluster({ egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'] }] }] })],
  [
    cluster({
      egress: [
        { action: 'Deny', to: [{ nodes: {} }] },
        { action: 'Accept', ...toB },
      ],
    }),
  ],
  [cluster({ egress: [{ action: 'Deny', to: [{ nodes: { matchLabels: { zone: 'b' } } }] }] })],
  [cluster({ egress: [{ action: 'Deny', to: [{ domainNames: ['example.com'] }] }] })],
  [cluster({ egress: [{ action: 'Accept', to: [{ domainNames: ['example.com'] }, named('b')] }] })],
  [
    cluster({
      subject: {
        pods: { namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'a' } } },
      },
      ingress: [
        {
          action: 'Deny',
          from: [
            {
              pods: {
                namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['y'] }] },
                podSelector: { matchLabels: { pod: 'b' } },
              },
            },
          ],
        },
      ],
    }),
  ],
];

/** Pods that call several ports by one name, and a pod in the host network on each node. */
const furnish = (state: State): State => ({
  ...state,
  pods: [
    ...state.pods.map((pod, index): Pod => {
      const web = ['TCP', 'UDP'].map(
        (protocol) => ({ name: 'web', protocol, port: 8080 + index }) as Pod['ports'][number],
      );
      return { ...pod, ports: [...pod.ports, ...web] };
    }),
    ...state.nodes.map(({ name, addresses }, index): Pod => {
      const host = createPod(`x/host-${index}`, 20 + index);
      return { ...host, labels: { pod: 'b' }, addresses, node: name, hostNetwork: true };
    }),
  ],
});

const calm = createTierState(denyB);
const withLabels = (change: { pods?: string; namespaces?: string }): State => ({
  ...calm,
  pods: calm.pods.map((pod) => ({ ...pod, labels: { pod: change.pods ?? pod.name } })),
  namespaces: calm.namespaces.map(({ name }) => ({ name, labels: { ns: change.namespaces ?? name } })),
});
const ofLabels = cluster({
  subject: {
    pods: { namespaceSelector: { matchLabels: { ns: 'x' } }, podSelector: { matchLabels: { pod: 'a' } } },
  },
  ingress: [{ action: 'Deny', from: [inNamespace('y'), named('b')] }],
});
const asked = (state: State, ...adminPolicies: AdminPolicy[]): State => ({ ...state, adminPolicies });
const relabelNodes = (state: State): State => ({
  ...state,
  nodes: state.nodes.map((node): Node => ({ ...node, labels: { zone: 'b' } })),
});
const ofNodes = cluster({ egress: [{ action: 'Deny', to: [{ nodes: { matchLabels: { zone: 'b' } } }] }] });
const swapped = cluster({
  ingress: [
    { action: 'Pass', ...fromB },
    { action: 'Deny', from: [everywhere] },
  ],
});
const unswapped = cluster({ ingress: (swapped.spec.ingress ?? []).toReversed() });

const ofNames = createTierState(
  cluster({ egress: [{ action: 'Accept', to: [{ domainNames: ['example.com', '*.example.com'] }] }] }),
);
const alias = 'alias.y.svc.cluster.local';
const ofAlias: State = {
  ...createTierState(cluster({ egress: [{ action: 'Accept', to: [{ domainNames: [alias] }] }] })),
  services: [{ namespace: 'y', name: 'alias', type: 'ExternalName' }],
  domainNames: { [alias]: ['10.0.0.3'] },
};

const changes: State[][] = [
  [
    createTierState(denyFrom('b', 9), acceptFrom('b', 10)),
    createTierState(denyFrom('b', 11), acceptFrom('b', 10)),
  ],
  [createTierState(swapped), createTierState(unswapped)],
  [createTierState(denyB), createTierState(cluster({ ...denyB.spec, subject: named('b') }))],
  [createTierState(base), createTierState(baseline({ ingress: [{ action: 'Allow', from: [everywhere] }] }))],
  [calm, createTierState()],
  [asked(withLabels({ pods: 'a' }), ofLabels), asked(withLabels({ pods: 'b' }), ofLabels)],
  [asked(withLabels({ pods: 'b' }), ofLabels), asked(withLabels({}), ofLabels)],
  [asked(withLabels({ namespaces: 'x' }), ofLabels), asked(withLabels({}), ofLabels)],
  [createTierState(ofNodes), relabelNodes(createTierState(ofNodes))],
  [
    { ...ofNames, domainNames: { 'example.com': ['10.0.0.3', 'fd00::3'], '*.example.com': ['10.0.0.4'] } },
    { ...ofNames, domainNames: { 'example.com': ['10.0.0.5'], '*.example.com': ['10.0.0.4'] } },
  ],
  [ofAlias],
  [calm, { ...calm, pods: [...calm.pods, { ...createPod('x/new', 9), node: 'node0' }] }],
];

/** States that follow each other, in which every deliberate bug of the tiers must show. */
export const tierStories: State[][] = [
  ...alone.map((policies) => [furnish(createTierState(...policies))]),
  ...changes,
];
