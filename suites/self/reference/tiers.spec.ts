import { expect } from 'chai';
import { compile } from '../../../helpers/reference/compile.ts';
import { admin, baseline, cluster, compileTiersFor, createTierState } from './tier-worlds.ts';
import { everywhere, inNamespace, named } from './tier-worlds.ts';
import { createPod, createPolicy } from './worlds.ts';
import type { AdminPeer, AdminPort, AdminProtocol } from '../../../helpers/kube/types.ts';

const xa = ['10.0.0.1', 'fd00::1'];
const xb = ['10.0.0.2', 'fd00::2'];
const ya = ['10.0.0.3', 'fd00::3'];
const yb = ['10.0.0.4', 'fd00::4'];
const nodes = ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2'];

type Action = 'Accept' | 'Deny' | 'Pass';

/** What the only rule of x/a for egress becomes. */
const outward = (action: Action, to: AdminPeer[], protocols?: AdminProtocol[]) =>
  compileTiersFor(cluster({ egress: [{ action, to, ...(protocols && { protocols }) }] }))?.tiers?.egress
    ?.admin ?? [];
const inward = (ports: AdminPort[], action: 'Allow' | 'Deny' | 'Pass' = 'Allow') =>
  compileTiersFor(admin({ ingress: [{ action, from: [named('b')], ports }] }))?.tiers?.ingress?.admin ?? [];
const port = (protocol: 'TCP' | 'UDP' | 'SCTP', first: number, last = first) => ({
  protocol,
  range: { first, last },
});

describe('reference compile of tiers', () => {
  it('puts policies in order of priority, as numbers, and then of names', () => {
    const deny = (priority: number, name: string, pod: string) =>
      cluster({ priority, ingress: [{ action: 'Deny', from: [named(pod)] }] }, name);
    const rules = compileTiersFor(
      deny(100, 'a', 'b'),
      admin({ priority: 9, ingress: [{ action: 'Pass', from: [inNamespace('y')] }] }, 'z'),
      deny(10, 'c', 'none'),
      deny(10, 'b', 'a'),
    );
    expect(rules?.tiers).to.deep.equal({
      ingress: {
        admin: [
          { action: 'pass', addresses: [...ya, ...yb] },
          { action: 'deny', addresses: [...xa, ...ya] },
          { action: 'deny', addresses: [] },
          { action: 'deny', addresses: [...xb, ...yb] },
        ],
        baseline: [],
      },
    });
  });

  it('keeps the tiers apart, for all three kinds', () => {
    const egress = (action: 'Deny' | 'Pass') => [{ action, to: [named('b')] }];
    const rules = compileTiersFor(
      baseline({ egress: [{ action: 'Allow', to: [named('a')] }] }),
      cluster({ tier: 'Baseline', priority: 1, egress: egress('Pass') }),
      admin({ egress: egress('Deny') }),
    );
    expect(rules?.tiers?.egress).to.deep.equal({
      admin: [{ action: 'deny', addresses: [...xb, ...yb] }],
      baseline: [
        { action: 'accept', addresses: [...xa, ...ya] },
        { action: 'pass', addresses: [...xb, ...yb] },
      ],
    });
  });

  it('leaves NetworkPolicies of the pod beside the tiers', () => {
    const state = createTierState(
      createPolicy({}),
      cluster({ ingress: [{ action: 'Pass', from: [everywhere] }] }),
    );
    const [rules] = compile(state, 'node0');
    expect(rules?.ingress).to.deep.equal([]);
    expect(rules?.tiers?.ingress?.admin.map(({ action }) => action)).to.deep.equal(['pass']);
  });

  it('touches only the subject, and only the directions that have rules', () => {
    const rules = [{ action: 'Deny' as const, from: [everywhere] }];
    expect(
      compile(createTierState(cluster({ subject: inNamespace('y'), ingress: rules })), 'node0'),
    ).to.have.lengthOf(1);
    expect(compileTiersFor(cluster({ subject: named('b'), ingress: rules }))).to.equal(undefined);
    expect(compileTiersFor(cluster({ subject: {}, ingress: rules }))).to.equal(undefined);
    expect(compileTiersFor(cluster({ ingress: rules, egress: [] }))?.tiers).to.have.all.keys('ingress');
  });

  it('means no pod in the host network and none that has ended, as subject or as peer', () => {
    const state = createTierState(cluster({ ingress: [{ action: 'Deny', from: [everywhere] }] }));
    const host = { ...createPod('x/h', 9), node: 'node0', hostNetwork: true };
    const ended = { ...createPod('x/e', 8), node: 'node0', phase: 'Failed' as const };
    const rules = compile({ ...state, pods: [...state.pods.slice(0, 1), host, ended] }, 'node0');
    expect(rules.map(({ name }) => name)).to.deep.equal(['x/a']);
    expect(rules[0]?.tiers?.ingress?.admin).to.deep.equal([{ action: 'deny', addresses: xa }]);
  });

  describe('peers', () => {
    const rows: [string, AdminPeer[], object[]][] = [
      ['namespaces: all their pods', [inNamespace('y')], [{ addresses: [...ya, ...yb] }]],
      ['pods: those that satisfy both selectors', [named('b')], [{ addresses: [...xb, ...yb] }]],
      ['several: any of them', [named('b'), inNamespace('y')], [{ addresses: [...xb, ...yb, ...ya] }]],
      [
        'nodes: all addresses of those',
        [{ nodes: { matchLabels: { zone: 'b' } } }],
        [{ addresses: nodes.slice(2) }],
      ],
      ['empty nodes: all nodes', [{ nodes: {} }], [{ addresses: nodes }]],
      [
        'networks: all of them, beside others',
        [{ networks: ['10.0.0.0/24', '::/0'] }, named('a')],
        [{ addresses: [...xa, ...ya] }, { block: { cidr: '10.0.0.0/24' } }, { block: { cidr: '::/0' } }],
      ],
    ];
    for (const [claim, to, want] of rows)
      it(`mean for ${claim}`, () =>
        expect(outward('Deny', to).filter(({ addresses }) => addresses?.length !== 0)).to.deep.equal(
          want.map((end) => ({ action: 'deny', ...end })),
        ));
  });

  describe('what is unknown', () => {
    const unknown: AdminPeer[] = [
      {},
      { domainNames: ['example.com.'] },
      { networks: ['10.0.0.0/24', '10.0.0.0'] },
      { pods: { namespaceSelector: {} } as NonNullable<AdminPeer['pods']> },
    ];
    for (const peer of unknown)
      it(`as the peer ${JSON.stringify(peer)} accepts nothing, and denies everything`, () => {
        expect(outward('Accept', [peer, named('b')])).to.deep.equal([
          { action: 'accept', addresses: [...xb, ...yb] },
        ]);
        for (const action of ['Deny', 'Pass'] as const)
          expect(
            outward(action, [peer, named('b')], [{ tcp: { destinationPort: { number: 80 } } }]),
          ).to.deep.equal([{ action: 'deny' }]);
      });

    it('as nodes or networks of an ingress rule is unknown too', () => {
      for (const peer of [{ nodes: {} }, { networks: ['0.0.0.0/0'] }])
        expect(
          compileTiersFor(cluster({ ingress: [{ action: 'Deny', from: [peer] }] }))?.tiers?.ingress?.admin,
        ).to.deep.equal([{ action: 'deny' }]);
    });

    it('as a port accepts nothing, and denies all ports of the peers', () => {
      const icmp = { icmp: {} } as AdminProtocol;
      const known = { udp: { destinationPort: { number: 53 } } };
      for (const entry of [icmp, { tcp: { destinationPort: {} } }]) {
        expect(outward('Accept', [named('b')], [entry])).to.deep.equal([]);
        expect(outward('Accept', [named('b')], [entry, known])).to.deep.equal([
          { action: 'accept', addresses: [...xb, ...yb], ports: [port('UDP', 53)] },
        ]);
        expect(outward('Pass', [named('b')], [entry, known])).to.deep.equal([
          { action: 'deny', addresses: [...xb, ...yb] },
        ]);
      }
      const foreign = [
        { portNumber: { protocol: 'ICMP' as 'TCP', port: 80 } },
        { portRange: { start: 9, end: 8 } },
      ];
      for (const entry of foreign) {
        expect(inward([entry])).to.deep.equal([]);
        expect(inward([entry], 'Deny')).to.deep.equal([{ action: 'deny', addresses: [...xb, ...yb] }]);
      }
    });

    it('as an action denies', () => {
      const policy = cluster({ ingress: [{ action: 'Log' as Action, from: [named('b')] }] });
      expect(compileTiersFor(policy)?.tiers?.ingress?.admin.map(({ action }) => action)).to.deep.equal([
        'deny',
      ]);
    });
  });

  describe('ports', () => {
    it('are numbers and ranges of three protocols in both versions, and all traffic where there are none', () => {
      const ends = { addresses: [...xb, ...yb] };
      expect(
        inward([{ portNumber: { port: 80 } }, { portRange: { protocol: 'SCTP', start: 90, end: 99 } }]),
      ).to.deep.equal([{ action: 'accept', ...ends, ports: [port('TCP', 80), port('SCTP', 90, 99)] }]);
      expect(
        outward(
          'Accept',
          [named('b')],
          [{ udp: { destinationPort: { range: { start: 5, end: 6 } } } }, { tcp: {} }],
        ),
      ).to.deep.equal([{ action: 'accept', ...ends, ports: [port('UDP', 5, 6), { protocol: 'TCP' }] }]);
      expect(inward([])).to.deep.equal([{ action: 'accept', ...ends }]);
    });

    it('resolve a name on the destination, whatever the protocol', () => {
      const ends = { addresses: [...xb, ...yb] };
      expect(inward([{ namedPort: 'serve-80-udp' }, { portNumber: { port: 7 } }])).to.deep.equal([
        { action: 'accept', ...ends, ports: [port('TCP', 7), port('UDP', 80)] },
      ]);
      expect(inward([{ namedPort: 'nobody' }], 'Deny')).to.deep.equal([]);
      const state = createTierState(
        cluster({
          egress: [{ action: 'Deny', to: [inNamespace('x')], protocols: [{ destinationNamedPort: 'web' }] }],
        }),
      );
      const pods = state.pods.map((pod, index) => ({
        ...pod,
        ports: [
          { name: 'web', protocol: index === 0 ? ('TCP' as const) : ('SCTP' as const), port: 8080 + index },
        ],
      }));
      expect(compile({ ...state, pods }, 'node0')[0]?.tiers?.egress?.admin).to.deep.equal([
        { action: 'deny', addresses: xa, ports: [port('TCP', 8080)] },
        { action: 'deny', addresses: xb, ports: [port('SCTP', 8081)] },
      ]);
    });
  });
});
