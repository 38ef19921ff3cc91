// What policies of the three admin kinds have in common: pieces to build them from, and what every API server must make
// of them.
import { policyResources, type AdminKind } from '../../../helpers/kube/policy-kinds.ts';

import type { Channel } from '../../../helpers/kube/types.ts';

export type Fields = Record<string, unknown>;

/** What differs between the kinds. */
export type Flavour = {
  kind: AdminKind;
  name: string;
  least: Fields;
  most: number;
  allow: string;
  portsKey: 'ports' | 'protocols';
  port: (number: unknown) => Fields;
  range: (range: Fields) => Fields;
  named: (name: string) => Fields;
};

const older = {
  most: 100,
  allow: 'Allow',
  portsKey: 'ports',
  port: (port: unknown) => ({ portNumber: { port } }),
  range: (range: Fields) => ({ portRange: range }),
  named: (namedPort: string) => ({ namedPort }),
} as const;

export const admin: Flavour = { ...older, kind: 'AdminNetworkPolicy', name: 'p', least: { priority: 10 } };
export const baseline: Flavour = { ...older, kind: 'BaselineAdminNetworkPolicy', name: 'default', least: {} };
export const cluster: Flavour = {
  kind: 'ClusterNetworkPolicy',
  name: 'p',
  least: { tier: 'Admin', priority: 10 },
  most: 25,
  allow: 'Accept',
  portsKey: 'protocols',
  port: (number) => ({ tcp: { destinationPort: { number } } }),
  range: (range) => ({ tcp: { destinationPort: { range } } }),
  named: (destinationNamedPort) => ({ destinationNamedPort }),
};

export const both: readonly Channel[] = ['standard', 'experimental'];
export const experimental: readonly Channel[] = ['experimental'];
export const standard: readonly Channel[] = ['standard'];
export const nowhere: readonly Channel[] = [];

const peer = { namespaces: {} };
const pods = { namespaceSelector: {}, podSelector: {} };
const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

export const policy = ({ kind, name, least }: Flavour, spec: Fields, metadata: Fields = {}): Fields => ({
  apiVersion: `policy.networking.k8s.io/${policyResources[kind].version}`,
  kind,
  metadata: { name, ...metadata },
  spec: { subject: { namespaces: {} }, ...least, ...spec },
});
export const ingress = (rule: Fields): Fields => ({ ingress: [{ action: 'Deny', from: [peer], ...rule }] });
export const egress = (rule: Fields): Fields => ({ egress: [{ action: 'Deny', to: [peer], ...rule }] });
export const to = (...peers: unknown[]): Fields => egress({ to: peers });
const networks = (...cidrs: unknown[]): Fields => to({ networks: cidrs });
export const domainNames = (...names: unknown[]): Fields => to({ domainNames: names });
const cidrs = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);
export const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `h${index}.example`);
export const selected = (namespaces: Fields): Fields => to({ namespaces });

export const expression = (operator: string, ...values: string[]): Fields => ({ key: 'a', operator, values });

export type Row = [claim: string, spec: Fields, rejectedIn: readonly Channel[]];

/** What holds for each kind. */
export const common = (flavour: Flavour): Row[] => {
  const { most, allow, portsKey, port, range, named } = flavour;
  const ports = (...entries: unknown[]): Fields => ingress({ [portsKey]: entries });
  const rules = (direction: 'ingress' | 'egress', count: number): Fields => ({
    [direction]: many(count, { action: 'Deny', [direction === 'ingress' ? 'from' : 'to']: [peer] }),
  });
  return [
    ['no rules at all', {}, nowhere],
    ['empty lists of rules', { ingress: [], egress: [] }, nowhere],
    ['null for a list of rules', { ingress: null, egress: null }, nowhere],
    [`${most} rules for ingress`, rules('ingress', most), nowhere],
    [`${most + 1} rules for ingress`, rules('ingress', most + 1), both],
    [`${most} rules for egress`, rules('egress', most), nowhere],
    [`${most + 1} rules for egress`, rules('egress', most + 1), both],

    ['no subject', { subject: undefined }, both],
    ['an empty subject', { subject: {} }, both],
    ['null for what a subject selects', { subject: { namespaces: null } }, both],
    ['a subject of pods', { subject: { pods } }, nowhere],
    ['a subject of namespaces and of pods', { subject: { namespaces: {}, pods } }, both],
    ['a subject of nodes', { subject: { nodes: {} } }, both],
    ['a subject of pods without podSelector', { subject: { pods: { namespaceSelector: {} } } }, both],

    ['a rule without an action', { ingress: [{ from: [peer] }] }, both],
    ['null for an action', ingress({ action: null }), both],
    ['the action that allows', ingress({ action: allow }), nowhere],
    [
      'the word of the other version for it',
      ingress({ action: allow === 'Allow' ? 'Accept' : 'Allow' }),
      both,
    ],
    ['an action in small letters', ingress({ action: 'deny' }), both],
    ['a name of 100 characters', ingress({ name: 'n'.repeat(100) }), nowhere],
    ['a name of 101 characters', ingress({ name: 'n'.repeat(101) }), both],
    ['an unknown field of a rule', ingress({ sctp: true }), both],

    ['ingress without from', { ingress: [{ action: 'Deny' }] }, both],
    ['egress without to', { egress: [{ action: 'Deny' }] }, both],
    ['ingress with to', ingress({ to: [peer] }), both],
    ['no peer in the list', ingress({ from: [] }), both],
    [`${most} peers`, ingress({ from: many(most, peer) }), nowhere],
    [`${most + 1} peers`, ingress({ from: many(most + 1, peer) }), both],
    [`${most + 1} peers for egress`, to(...many(most + 1, peer)), both],
    ['a peer without a field', ingress({ from: [{}] }), both],
    ['null for a peer', ingress({ from: [null] }), both],
    ['a peer with an unknown field', ingress({ from: [{ services: {} }] }), both],
    ['a peer with two fields', ingress({ from: [{ namespaces: {}, pods }] }), both],
    ['a peer for egress with two fields', to({ namespaces: {}, networks: ['10.0.0.0/8'] }), both],
    ['a peer of pods without podSelector', ingress({ from: [{ pods: { namespaceSelector: {} } }] }), both],
    ['networks for ingress', ingress({ from: [{ networks: ['10.0.0.0/8'] }] }), both],
    ['nodes for ingress', ingress({ from: [{ nodes: {} }] }), both],

    [
      'labels and expressions',
      selected({ matchLabels: { a: 'b' }, matchExpressions: [expression('In', 'b')] }),
      nowhere,
    ],
    ['null for labels', selected({ matchLabels: null }), nowhere],
    ['an expression without a key', selected({ matchExpressions: [{ operator: 'Exists' }] }), both],
    ['an expression without an operator', selected({ matchExpressions: [{ key: 'a' }] }), both],
    ['a label that is a number', selected({ matchLabels: { a: 1 } }), both],

    ['networks of both families', networks('10.0.0.0/8', '::/0'), nowhere],
    ['bits behind the prefix length', networks('10.0.0.1/8', '2001:db8::1/64'), nowhere],
    ['IPv6 that begins like IPv4', networks('::10.0.0.0/104', '::ffff:0:a00:0/128'), nowhere],
    ['a network of 43 characters', networks(`${'2001:0db8:'.repeat(4).slice(0, -1)}/128`), nowhere],
    ['no network in the list', networks(), both],
    ['25 networks', networks(...cidrs(25)), nowhere],
    ['26 networks', networks(...cidrs(26)), both],
    ['a network twice', networks('10.0.0.0/8', '10.0.0.0/8'), both],
    ['a network of 44 characters', networks(`${'2001:0db8:'.repeat(4).slice(0, -1)}/0128`), both],
    ...['10.0.0.1', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0/8', '300.0.0.0/8', '10.0.0.01/32'].map(
      (cidr): Row => [`the network ${cidr}`, networks(cidr), both],
    ),
    ...['::/129', 'fe80::%eth0/64', '::ffff:10.0.0.0/104', '10.0.0.0/08', 'x', ''].map((cidr): Row => [
      `the network ${JSON.stringify(cidr)}`,
      networks(cidr),
      both,
    ]),
    ['nodes', to({ nodes: {} }), standard],
    ['nodes by label', to({ nodes: { matchLabels: { role: 'gateway' } } }), standard],

    ['ports', ports(port(1), port(65_535), range({ start: 80, end: 81 })), nowhere],
    ['null for the list of ports', ingress({ [portsKey]: null }), nowhere],
    ['no port in the list', ports(), both],
    [`${most} ports`, ports(...many(most, port(80))), nowhere],
    [`${most + 1} ports`, ports(...many(most + 1, port(80))), both],
    ['a port without a field', ports({}), both],
    ['null for a port', ports(null), both],
    ['a number and a name', ports({ ...port(80), ...named('web') }), both],
    ['port 0', ports(port(0)), both],
    ['port 65536', ports(port(65_536)), both],
    ['a port in quotes', ports(port('80')), both],
    ['half a port', ports(port(80.5)), both],
    ['a range without a start', ports(range({ end: 80 })), both],
    ['a range without an end', ports(range({ start: 80 })), both],
    ['a range from 0', ports(range({ start: 0, end: 80 })), both],
    ['a range to 65536', ports(range({ start: 80, end: 65_536 })), both],
    ['all ports as a range', ports(range({ start: 1, end: 65_535 })), nowhere],
    ['a named port and nodes', egress({ to: [{ nodes: {} }], [portsKey]: [named('web')] }), both],
  ];
};
