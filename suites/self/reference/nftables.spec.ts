import { expect } from 'chai';
import { compile } from '../../../helpers/reference/compile.ts';
import { countRules, render, renderRemoval } from '../../../helpers/reference/nftables.ts';
import { createPolicy, createState } from './worlds.ts';
import { runNft } from './nft.ts';
import type { Allow } from '../../../helpers/reference/rules.ts';
import type { Decision } from '../../../helpers/reference/rules.ts';

const renderIngress = (...ingress: Allow[]): string =>
  render([{ name: 'x/a', addresses: ['10.0.0.1'], ingress }]);

/** The rules of the only chain, without those of the hooks. */
const rulesOf = (...ingress: Allow[]): string[] =>
  (renderIngress(...ingress).split('chain rules-0 {')[1] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /(return|drop)$/.test(line));

/** The chains of a pod with these stages, without those of the hooks. */
const chainsOf = (admin: Decision[], baseline: Decision[], ingress?: Allow[]): string[] =>
  renderTiers(admin, baseline, ingress)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^chain (rules|rest)|(return|drop|goto rest-\d+)$/.test(line));

const renderTiers = (admin: Decision[], baseline: Decision[], ingress?: Allow[]): string =>
  render([
    {
      name: 'x/a',
      addresses: ['10.0.0.1'],
      ...(ingress && { ingress }),
      tiers: { ingress: { admin, baseline } },
    },
  ]);

const tcp: Decision = { action: 'accept', ports: [{ protocol: 'TCP' }] };
const udp: Decision = { action: 'deny', ports: [{ protocol: 'UDP' }] };
const passB: Decision = { action: 'pass', addresses: ['10.0.0.2'] };

describe('reference nftables', () => {
  const texts: Record<string, string> = {
    'no isolated pod': render([]),
    removal: renderRemoval(),
    'a pod that is closed': renderIngress(),
    'rules of tiers that pass': renderTiers([passB, udp], [passB, udp]),
    'rules of tiers before NetworkPolicies': renderTiers([tcp, passB, { action: 'deny' }], [udp], [{}]),
    'everything at once': renderIngress(
      {},
      { addresses: ['10.0.0.2', 'fd00::2'] },
      { addresses: ['10.0.0.2', '10.0.0.2'], ports: [{ protocol: 'TCP' }] },
      { block: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.1/32'] } },
      { block: { cidr: '::/0', except: ['::/0', 'fd00::/64'] } },
      { block: { cidr: '10.1.2.3/8' }, addresses: ['10.0.0.2'] },
      {
        ports: [
          { protocol: 'TCP', range: { first: 80, last: 80 } },
          { protocol: 'TCP', range: { first: 70, last: 90 } },
          { protocol: 'TCP', range: { first: 80, last: 100 } },
          { protocol: 'UDP', range: { first: 1, last: 65_535 } },
          { protocol: 'SCTP', range: { first: 80, last: 80 } },
        ],
      },
      { ports: [{ protocol: 'SCTP' }] },
    ),
  };
  for (const [subject, text] of Object.entries(texts))
    it(`makes a transaction that nft accepts for ${subject}, also where the table exists`, () => {
      expect(runNft(text, '-c')).to.equal('');
      expect(runNft(text + text)).to.equal('');
    });

  it('closes a pod without rules', () => expect(rulesOf()).to.deep.equal(['drop']));

  it('writes one rule per family and protocol', () => {
    const ports = [
      { protocol: 'TCP' as const, range: { first: 80, last: 82 } },
      { protocol: 'UDP' as const },
    ];
    expect(rulesOf({ addresses: ['10.0.0.2', 'fd00::2'], ports })).to.deep.equal([
      'ip saddr { 10.0.0.2 } tcp dport { 80-82 } return',
      'ip saddr { 10.0.0.2 } meta l4proto udp return',
      'ip6 saddr { fd00::2 } tcp dport { 80-82 } return',
      'ip6 saddr { fd00::2 } meta l4proto udp return',
      'drop',
    ]);
  });

  it('admits nobody for addresses, blocks and ports that are not what they should be', () => {
    const broken: Allow[] = [
      { addresses: [] },
      { addresses: ['10.0.0.2 } return', 'fe80::1%eth0'] },
      { block: { cidr: '10.0.0.0' } },
      { block: { cidr: '10.0.0.0/33' } },
      { block: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8 accept'] } },
      { block: { cidr: '10.0.0.0/8', except: ['fd00::/64'] } },
      { ports: [] },
      { ports: [{ protocol: 'TCP', range: { first: 90, last: 80 } }] },
      { ports: [{ protocol: 'TCP', range: { first: 0, last: 70_000 } }] },
    ];
    expect(rulesOf(...broken)).to.deep.equal(['drop']);
  });

  it('shares a chain between pods with the same rules, and finds pods by address', () => {
    const pods = ['10.0.0.1', '10.0.0.2'].map((address) => ({
      name: address,
      addresses: [address, `fd00::${address.at(-1)}`],
      ingress: [],
    }));
    const text = render(pods);
    expect(text.match(/chain rules-/g)).to.have.lengthOf(1);
    expect(text).to.include('ip daddr { 10.0.0.1, 10.0.0.2 } jump rules-0');
    expect(text).to.include('ip6 daddr { fd00::1, fd00::2 } jump rules-0');
  });

  it('leaves no rule of an earlier transaction behind', () => {
    const closed = render([{ name: 'x/a', addresses: ['10.0.0.1'], ingress: [] }]);
    // nft refuses to delete a chain that something still jumps to.
    const listing = runNft(`${closed}${closed}${render([])}delete chain inet netpol-reference rules-0\n`);
    expect(listing).to.equal('');
  });

  it('deletes nothing and uses no named map, so that no packet slips through a replacement', () => {
    expect(renderIngress({ addresses: ['10.0.0.2'] })).to.not.match(/delete|destroy|vmap|@/);
  });

  it('asks the tiers before and after, and a pass leaves for what comes next', () => {
    expect(chainsOf([tcp, udp], [])).to.deep.equal([
      'chain rules-0 {',
      'meta l4proto tcp return',
      'meta l4proto udp drop',
    ]);
    expect(chainsOf([passB, udp], [])).to.deep.equal([
      'chain rules-0 {',
      'ip saddr { 10.0.0.2 } return',
      'meta l4proto udp drop',
    ]);
    expect(chainsOf([tcp], [passB, udp])).to.deep.equal([
      'chain rules-0 {',
      'meta l4proto tcp return',
      'ip saddr { 10.0.0.2 } return',
      'meta l4proto udp drop',
    ]);
    expect(chainsOf([passB, udp], [tcp, { action: 'deny' }])).to.deep.equal([
      'chain rest-0 {',
      'meta l4proto tcp return',
      'drop',
      'chain rules-0 {',
      'ip saddr { 10.0.0.2 } goto rest-0',
      'meta l4proto udp drop',
      'goto rest-0',
    ]);
  });

  it('asks no rule of the last tier about a pod that a NetworkPolicy isolates', () => {
    expect(chainsOf([udp], [tcp], [{ addresses: ['10.0.0.3'] }])).to.deep.equal([
      'chain rules-0 {',
      'meta l4proto udp drop',
      'ip saddr { 10.0.0.3 } return',
      'drop',
    ]);
  });

  it('makes no chain for a direction whose rules can match nothing', () => {
    expect(chainsOf([{ action: 'deny', addresses: [] }], [])).to.deep.equal([]);
  });

  it('counts the rules of a compiled policy', () => {
    const policy = createPolicy({ ingress: [{ from: [{ podSelector: {} }] }] });
    expect(countRules(render(compile(createState(policy), 'node0')))).to.equal(3);
  });
});
