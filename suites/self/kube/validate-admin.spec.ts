import { expect } from 'chai';
import { InputError } from '../../../helpers/errors.ts';
import { readManifests } from '../../../helpers/kube/manifests.ts';
import { validateAdminPolicy } from '../../../helpers/kube/validate-admin.ts';
import { adminDocuments } from './admin-documents.ts';

type Fields = Record<string, unknown>;

const subject = { namespaces: {} };
const peer = { namespaces: {} };
const ingress = (rule: Fields = {}): Fields => ({ ingress: [{ action: 'Deny', from: [peer], ...rule }] });
const egress = (rule: Fields = {}): Fields => ({ egress: [{ action: 'Deny', to: [peer], ...rule }] });

const cluster = (spec: Fields = {}): Fields => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name: 'p' },
  spec: { tier: 'Admin', priority: 10, subject, ...spec },
});
const older = (kind: string, spec: Fields, name = 'p'): Fields => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind,
  metadata: { name },
  spec: { subject, ...spec },
});
const admin = (spec: Fields = {}): Fields => older('AdminNetworkPolicy', { priority: 10, ...spec });
const baseline = (spec: Fields = {}, name = 'default'): Fields =>
  older('BaselineAdminNetworkPolicy', spec, name);

const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);
const protocols = (...entries: Fields[]): Fields => cluster(ingress({ protocols: entries }));
const range = (start: number, end: number): Fields => ({
  tcp: { destinationPort: { range: { start, end } } },
});
const networks = (...cidrs: string[]): Fields => cluster(egress({ to: [{ networks: cidrs }] }));
const names = (...domainNames: string[]): Fields =>
  cluster(egress({ action: 'Accept', to: [{ domainNames }] }));

const rejected: [claim: string, policy: Fields, words: RegExp][] = [
  ['no tier', cluster({ tier: undefined }), /spec\.tier: is missing/],
  ['another tier', cluster({ tier: 'admin' }), /spec\.tier: must be Admin or Baseline/],
  ['no priority', cluster({ priority: undefined }), /spec\.priority: is missing/],
  ['a priority below 0', cluster({ priority: -1 }), /from 0 to 1000/],
  ['a priority above 1000', admin({ priority: 1001 }), /from 0 to 1000/],
  ['no subject', cluster({ subject: undefined }), /spec\.subject: is missing/],
  ['an empty subject', cluster({ subject: {} }), /exactly one of namespaces, pods, got none/],
  [
    'two subjects',
    cluster({ subject: { namespaces: {}, pods: { namespaceSelector: {}, podSelector: {} } } }),
    /exactly one/,
  ],
  [
    'pods without podSelector',
    cluster({ subject: { pods: { namespaceSelector: {} } } }),
    /podSelector: is missing/,
  ],
  ['26 rules', cluster({ egress: many(26, { action: 'Deny', to: [peer] }) }), /0 to 25 rules, got 26/],
  ['101 rules of v1alpha1', admin({ egress: many(101, { action: 'Deny', to: [peer] }) }), /0 to 100 rules/],
  ['a rule without an action', cluster({ ingress: [{ from: [peer] }] }), /action: is missing/],
  ['a rule without peers', cluster({ ingress: [{ action: 'Deny' }] }), /from: is missing/],
  ['no peers in the list', cluster(ingress({ from: [] })), /1 to 25 peers, got 0/],
  ['26 peers', cluster(ingress({ from: many(26, peer) })), /1 to 25 peers, got 26/],
  ['Allow in v1alpha2', cluster(ingress({ action: 'Allow' })), /Accept or Deny or Pass/],
  ['Accept in v1alpha1', admin(ingress({ action: 'Accept' })), /Allow or Deny or Pass/],
  ['Pass in the baseline', baseline(ingress({ action: 'Pass' })), /Allow or Deny/],
  ['a long name of a rule', cluster(ingress({ name: 'n'.repeat(101) })), /at most 100 characters/],
  ['a peer without a field', cluster(ingress({ from: [{}] })), /exactly one of namespaces, pods, got none/],
  [
    'a peer with two fields',
    cluster(egress({ to: [{ namespaces: {}, networks: ['10.0.0.0/8'] }] })),
    /exactly one/,
  ],
  [
    'networks for ingress',
    cluster(ingress({ from: [{ networks: ['10.0.0.0/8'] }] })),
    /networks: unknown field/,
  ],
  [
    'domain names in the baseline of v1alpha1',
    baseline(egress({ to: [{ domainNames: ['a.example'] }] })),
    /domainNames: unknown field/,
  ],
  ['no protocols in the list', protocols(), /1 to 25 entries/],
  ['a protocol without a field', protocols({}), /exactly one of tcp, udp, sctp/],
  [
    'two protocols in one entry',
    protocols({ ...range(1, 2), udp: { destinationPort: { number: 1 } } }),
    /exactly one/,
  ],
  ['an empty protocol', protocols({ tcp: {} }), /tcp\.destinationPort: is missing/],
  ['ICMP', protocols({ icmp: {} }), /icmp: unknown field/],
  ['port 0', protocols({ tcp: { destinationPort: { number: 0 } } }), /from 1 to 65535/],
  [
    'a number and a range',
    protocols({ tcp: { destinationPort: { number: 1, range: { start: 1, end: 2 } } } }),
    /exactly one of number, range/,
  ],
  [
    'a range without an end',
    protocols({ tcp: { destinationPort: { range: { start: 1 } } } }),
    /end: is missing/,
  ],
  ['a range of one port', protocols(range(80, 80)), /`start` 80 must be less than `end` 80/],
  ['no networks in the list', networks(), /1 to 25 networks/],
  ['a network twice', networks('10.0.0.0/8', '10.0.0.0/8'), /twice/],
  ['what is no network', networks('10.0.0.1'), /prefix length/],
  ['a name of one label', names('kubernetes'), /two labels or more/],
  ['a wildcard alone', names('*'), /two labels or more/],
  ['a wildcard before one label', names('*.io'), /two labels or more/],
  ['a wildcard inside', names('a.*.io'), /two labels or more/],
  ['an empty label', names('a..b'), /two labels or more/],
  [
    'a named port beside networks',
    cluster(egress({ to: [{ networks: ['::/0'] }], protocols: [{ destinationNamedPort: 'web' }] })),
    /named port beside a peer with networks/,
  ],
  [
    'a named port beside nodes in v1alpha1',
    admin(egress({ to: [{ nodes: {} }], ports: [{ namedPort: 'web' }] })),
    /named port beside a peer with nodes/,
  ],
  ['another name for the baseline', baseline({}, 'other'), /metadata\.name must be default/],
  ['a priority of the baseline', baseline({ priority: 5 }), /priority: unknown field/],
];

describe('policies of the admin tiers', () => {
  for (const channel of ['standard', 'experimental'] as const)
    it(`are accepted and refused as the CRDs of the ${channel} channel do it`, () => {
      const wrong = adminDocuments.flatMap(({ kind, claim, document, rejectedIn, isSenseless = false }) => {
        // As they come from a file: without what is undefined.
        const violations = validateAdminPolicy(JSON.parse(JSON.stringify(document)), { channel });
        const isRejected = violations.length > 0;
        return isRejected === (rejectedIn.includes(channel) || isSenseless) ? [] : [`${kind} with ${claim}`];
      });
      expect(wrong).to.deep.equal([]);
    });

  it('are judged leniently as the API server does, which takes also what can mean nothing', () => {
    const wrong = adminDocuments.flatMap(({ kind, claim, document, rejectedIn }) => {
      const options = { channel: 'standard', leniently: true } as const;
      const isRejected = validateAdminPolicy(JSON.parse(JSON.stringify(document)), options).length > 0;
      return isRejected === rejectedIn.includes('standard') ? [] : [`${kind} with ${claim}`];
    });
    expect(wrong).to.deep.equal([]);
    expect(adminDocuments.filter(({ isSenseless }) => isSenseless)).to.have.length.above(5);
  });

  for (const [claim, policy, words] of rejected)
    it(`are refused, with words, for ${claim}`, () => {
      const messages = validateAdminPolicy(policy).map(({ message }) => message);
      expect(messages.join('\n')).to.match(words);
    });

  it('are read from manifests, with their nodes, and refused with file and line', () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { role: 'gateway' } } };
    const text = (policy: Fields): string =>
      [policy, node].map((each) => JSON.stringify(each, null, 1)).join('\n---\n');
    const { world, ignored } = readManifests([{ file: 'a.yaml', text: text(cluster(ingress())) }]);
    expect(world.adminPolicies?.map(({ kind }) => kind)).to.deep.equal(['ClusterNetworkPolicy']);
    expect(world.nodes).to.deep.equal([{ name: 'n', labels: { role: 'gateway' }, addresses: [] }]);
    expect(ignored).to.deep.equal({});
    expect(() => readManifests([{ file: 'a.yaml', text: text(cluster({ priority: 1001 })) }]))
      .to.throw(InputError)
      .with.property('message')
      .that.matches(/a\.yaml:9:\d+: spec\.priority: must be from 0 to 1000, got 1001/);
  });
});
