// Policies of the admin tiers, and what an API server with the CRDs of network-policy-api v0.1.7 (v1alpha1) or v0.2.0
// (v1alpha2) makes of them: the types of these releases with their kubebuilder markers say so.
// https://github.com/kubernetes-sigs/network-policy-api/tree/main/apis
import type { AdminKind } from '../../../helpers/kube/policy-kinds.ts';
import type { Channel } from '../../../helpers/kube/types.ts';
import {
  admin,
  baseline,
  both,
  cluster,
  common,
  domainNames,
  egress,
  experimental,
  expression,
  hosts,
  ingress,
  nowhere,
  policy,
  selected,
  standard,
  to,
} from './admin-rows.ts';
import type { Fields, Flavour, Row } from './admin-rows.ts';

export type AdminDocument = {
  kind: AdminKind;
  claim: string;
  document: Fields;
  /** Where the API server rejects it. */
  rejectedIn: readonly Channel[];
  /** Accepted by the server although it can mean nothing; our own validation says so. */
  isSenseless?: true;
};

const protocolsOf = (...protocols: string[]): Fields[] =>
  protocols.map((protocol) => ({ portNumber: { protocol, port: 80 } }));
const transport = (name: string, more: Fields = {}): Fields => ({
  [name]: { destinationPort: { number: 80, ...more } },
});
const ranged = (start: number, end: number): Fields => ({
  tcp: { destinationPort: { range: { start, end } } },
});

/** Where the priority is asked for: not in the baseline of v1alpha1. */
const priorities: Row[] = [
  ['no priority', { priority: undefined }, both],
  ['priority 0', { priority: 0 }, nowhere],
  ['priority 1000', { priority: 1000 }, nowhere],
  ['priority -1', { priority: -1 }, both],
  ['priority 1001', { priority: 1001 }, both],
  ['priority 1.5', { priority: 1.5 }, both],
  ['a priority in quotes', { priority: '10' }, both],
];

/** Where names of domains are known. */
const names: Row[] = [
  [
    'domain names',
    domainNames('kubernetes.io', '*.kubernetes.io', 'Blog.Kubernetes.io.', '*.a_b.example'),
    standard,
  ],
  ['domain names that Deny', egress({ action: 'Deny', to: [{ domainNames: ['a.example'] }] }), standard],
  ['25 domain names', domainNames(...hosts(25)), standard],
  ['26 domain names', domainNames(...hosts(26)), both],
  ['no domain name in the list', domainNames(), both],
  ['a domain name twice', domainNames('a.example', 'a.example'), both],
  ...['kubernetes', '*', '*.io', '**.x.io', 'a.*.io', 'a..b', '-a.io', 'a-.io', '.io', ''].map(
    (name): Row => [`the domain name ${JSON.stringify(name)}`, domainNames(name), both],
  ),
  // The pattern has A-z where A-Z was meant: https://github.com/kubernetes-sigs/network-policy-api/pull/391
  ...['^.io', '`.io', '_foo.bar.io', '1.2.3.4'].map((name): Row => [
    `the domain name ${JSON.stringify(name)}`,
    domainNames(name),
    standard,
  ]),
];

const v1alpha1: Row[] = [
  ['a subject of pods without namespaceSelector', { subject: { pods: { podSelector: {} } } }, both],
  ['a range of one port', ingress({ ports: [{ portRange: { start: 80, end: 80 } }] }), nowhere],
  ['a range that falls', ingress({ ports: [{ portRange: { start: 81, end: 80 } }] }), nowhere],
  ['the protocols of ports', ingress({ ports: protocolsOf('TCP', 'UDP', 'SCTP') }), nowhere],
  ['a number without a port', ingress({ ports: [{ portNumber: { protocol: 'TCP' } }] }), both],
  ['null for a protocol', ingress({ ports: [{ portNumber: { port: 80, protocol: null } }] }), nowhere],
  ['a named port', ingress({ ports: [{ namedPort: 'web' }] }), standard],
  [
    'a named port and networks',
    egress({ to: [{ networks: ['::/0'] }], ports: [{ namedPort: 'web' }] }),
    both,
  ],
  ['protocols as in v1alpha2', ingress({ protocols: [{ tcp: { destinationPort: { number: 80 } } }] }), both],
];

const v1alpha2: Row[] = [
  ['no tier', { tier: undefined }, both],
  ['null for a tier', { tier: null }, both],
  ['the tier Baseline', { tier: 'Baseline' }, nowhere],
  ['a tier in small letters', { tier: 'admin' }, both],
  ['the tier NetworkPolicy', { tier: 'NetworkPolicy' }, both],
  ['Pass in the tier Baseline', { tier: 'Baseline', ...ingress({ action: 'Pass' }) }, nowhere],
  ['domain names in the tier Baseline', { tier: 'Baseline', ...domainNames('a.example') }, standard],
  ['a subject of pods without namespaceSelector', { subject: { pods: { podSelector: {} } } }, nowhere],
  ['UDP and SCTP', ingress({ protocols: [transport('udp'), transport('sctp')] }), nowhere],
  ...['tcp', 'udp', 'sctp'].map((name): Row => [
    `${name}: {}`,
    ingress({ protocols: [{ [name]: {} }] }),
    both,
  ]),
  [
    'two protocols in one entry',
    ingress({ protocols: [{ ...transport('tcp'), ...transport('udp') }] }),
    both,
  ],
  ['icmp: {}', ingress({ protocols: [{ icmp: {} }] }), both],
  ['an empty destinationPort', ingress({ protocols: [{ tcp: { destinationPort: {} } }] }), both],
  ['a number and a range', ingress({ protocols: [transport('tcp', { range: { start: 1, end: 2 } })] }), both],
  ['a range of one port', ingress({ protocols: [ranged(80, 80)] }), both],
  ['a range that falls', ingress({ protocols: [ranged(81, 80)] }), both],
  ['an empty named port', ingress({ protocols: [{ destinationNamedPort: '' }] }), nowhere],
  ['a named port', ingress({ protocols: [{ destinationNamedPort: 'n'.repeat(300) }] }), nowhere],
  [
    'a named port and networks',
    egress({ to: [{ networks: ['::/0'] }], protocols: [{ destinationNamedPort: 'web' }] }),
    experimental,
  ],
  [
    'a named port and domain names',
    egress({ to: [{ domainNames: ['a.example'] }], protocols: [{ destinationNamedPort: 'web' }] }),
    both,
  ],
  ['ports as in v1alpha1', ingress({ ports: [{ portNumber: { port: 80 } }] }), both],
];

const senseless = (flavour: Flavour): Row[] => [
  ['an operator that is none', selected({ matchExpressions: [expression('notIn', 'b')] }), nowhere],
  ['an operator without its values', selected({ matchExpressions: [expression('In')] }), nowhere],
  ['a key that is none', selected({ matchLabels: { 'a b': 'c' } }), nowhere],
  ['a value that is none', selected({ matchLabels: { a: '-' } }), nowhere],
  ...(flavour === cluster
    ? []
    : [['a protocol that is none', ingress({ ports: protocolsOf('FOO') }), nowhere] satisfies Row]),
];

const rowsOf: [flavour: Flavour, rows: Row[]][] = [
  [
    admin,
    [
      ...common(admin),
      ...priorities,
      ...names,
      ...v1alpha1,
      ['Pass', ingress({ action: 'Pass' }), nowhere],
      [
        'a named port and domain names',
        egress({ to: [{ domainNames: ['a.example'] }], ports: [{ namedPort: 'web' }] }),
        both,
      ],
      ['a tier', { tier: 'Admin' }, both],
      ['equality of labels, gone since v0.1.3', to({ namespaces: { sameLabels: ['a'] } }), both],
    ],
  ],
  [
    baseline,
    [
      ...common(baseline),
      ...v1alpha1,
      ['Pass', ingress({ action: 'Pass' }), both],
      ['a priority', { priority: 5 }, both],
      ['domain names', domainNames('a.example'), both],
    ],
  ],
  [
    cluster,
    [
      ...common(cluster),
      ...priorities,
      ...names,
      ...v1alpha2,
      ['Pass', ingress({ action: 'Pass' }), nowhere],
    ],
  ],
];

const named = (flavour: Flavour, claim: string, metadata: Fields, rejectedIn = both): AdminDocument => ({
  kind: flavour.kind,
  claim,
  document: policy(flavour, {}, metadata),
  rejectedIn,
});

export const adminDocuments: readonly AdminDocument[] = rowsOf.flatMap(([flavour, rows]) => {
  const { kind } = flavour;
  const read = ([claim, spec, rejectedIn]: Row): AdminDocument => ({
    kind,
    claim,
    document: policy(flavour, spec),
    rejectedIn,
  });
  return [
    ...rows.map(read),
    ...senseless(flavour).map((row): AdminDocument => ({ ...read(row), isSenseless: true })),
    named(flavour, 'capitals in its name', { name: 'P' }),
    named(flavour, 'no name', { name: undefined }),
    named(flavour, 'another name', { name: 'other' }, flavour === baseline ? both : nowhere),
    named(flavour, 'a label with a blank', { labels: { a: 'b c' } }),
    { kind, claim: 'no spec', document: { ...policy(flavour, {}), spec: undefined }, rejectedIn: both },
    {
      kind,
      claim: 'a status',
      document: { ...policy(flavour, {}), status: { conditions: [] } },
      rejectedIn: nowhere,
    },
    // A status comes by another way; what is in a new policy is not even looked at.
    { kind, claim: 'half a status', document: { ...policy(flavour, {}), status: {} }, rejectedIn: nowhere },
    { kind, claim: 'an unknown field', document: { ...policy(flavour, {}), data: {} }, rejectedIn: both },
    {
      kind,
      claim: 'another version',
      document: { ...policy(flavour, {}), apiVersion: 'policy.networking.k8s.io/v1' },
      rejectedIn: both,
    },
  ];
});
