import { expect } from 'chai';
import type { NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { expectGrid, ninePods, podOf, policyOf, worldOf } from './worlds.ts';

const podA = { matchLabels: { pod: 'a' } };
const isolated = (spec: NetworkPolicySpec): string =>
  createOracle(worldOf(ninePods, [policyOf('x/p', spec)])).verdict('x/a', 'y/a', 'TCP', 80, 'IPv4');

describe('the oracle', () => {
  describe('calls undefined what the API leaves open, if it makes a difference:', () => {
    it('an ipBlock that holds the address of a pod', () => {
      const policy = policyOf('x/block', {
        podSelector: podA,
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.25.0/24' } }] }],
      });
      expectGrid(worldOf(ninePods, [policy]), 'TCP/80', 'x/a\ny/a ?\nz/a X', ['IPv4']);
      expectGrid(worldOf(ninePods, [policy]), 'TCP/80', 'x/a\ny/a X\nz/a X', ['IPv6']);
    });

    it('but not where another rule allows or the other end denies', () => {
      const block = policyOf('x/block', {
        podSelector: podA,
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
      });
      const all = policyOf('x/all', { podSelector: podA, ingress: [{ from: [{ namespaceSelector: {} }] }] });
      const stay = policyOf('y/stay', { podSelector: {}, policyTypes: ['Egress'] });
      expectGrid(worldOf(ninePods, [block, all]), 'TCP/80', 'x/a\ny/a .', ['IPv4']);
      expectGrid(worldOf(ninePods, [block, stay]), 'TCP/80', 'x/a\ny/a X', ['IPv4']);
    });

    it('a pod in the host network, as subject and as peer', () => {
      const pods = [
        podOf('x/a'),
        podOf('x/b', { node: 'node1' }),
        podOf('x/h', { hostNetwork: true, node: 'node1' }),
      ];
      const deny = policyOf('x/deny', { podSelector: {} });
      const fromHost = policyOf('x/from-host', {
        podSelector: podA,
        ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'h' } } }] }],
      });
      expectGrid(worldOf(pods, []), 'TCP/80', 'x/a x/b x/h\nx/a . . .\nx/b . . .\nx/h . . .');
      // x/b shares the node with x/h, and traffic from the own node always passes.
      expectGrid(worldOf(pods, [deny]), 'TCP/80', 'x/a x/b x/h\nx/a ? X ?\nx/b X ? ?\nx/h X . ?');
      const anywhere = pods.map((pod) => (pod.hostNetwork === true ? { ...pod, node: '' } : pod));
      expectGrid(worldOf(anywhere, [deny]), 'TCP/80', 'x/a x/b x/h\nx/a ? X ?\nx/b X ? ?\nx/h ? ? ?');
      expectGrid(worldOf(pods, [deny, fromHost]), 'TCP/80', 'x/a x/b x/h\nx/a ? X ?\nx/b X ? ?\nx/h ? . ?');
    });
  });

  describe('knows nodes by the pods in their network:', () => {
    const deny = (namespace: string) =>
      policyOf(`${namespace}/deny`, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const pods = [
      podOf('x/a'),
      podOf('y/h', { hostNetwork: true }),
      podOf('y/i', { hostNetwork: true, node: 'node1' }),
      podOf('y/j', { hostNetwork: true, node: '' }),
    ];
    const reason = (from: string, to: string): string =>
      createOracle(worldOf(pods, [deny('x')])).explain(from, to, 'TCP', 80, 'IPv4').reason;

    it('a pod admits its own node whatever isolates it, other nodes by rules, and asks its own perhaps', () => {
      expectGrid(
        worldOf(pods, [deny('x')]),
        'TCP/80',
        'x/a y/h y/i y/j\nx/a ? ? X ?\ny/h . . . .\ny/i X . . .\ny/j ? . . .',
      );
      expectGrid(worldOf(pods, [deny('x'), deny('y')]), 'TCP/80', 'x/a y/h\ny/h ? ?\ny/i X ?');
    });

    it('and says so', () => {
      expect(reason('y/h', 'x/a')).to.equal(
        'x/a is isolated for ingress by x/deny, but a pod always admits its own node, in whose network y/h is',
      );
      expect(reason('x/a', 'y/h')).to.equal(
        'x/a is isolated for egress by x/deny; y/h is in the network of the same node, and whether isolation for egress holds for the own node is not specified',
      );
      expect(reason('y/j', 'x/a')).to.equal(
        'x/a is isolated for ingress by x/deny; y/j is in the host network, perhaps on the same node, whose traffic is special',
      );
      expect(reason('y/i', 'x/a')).to.equal(
        'x/a is isolated for ingress by x/deny, without any ingress rule',
      );
    });
  });

  it('defines every ipBlock against hosts outside, and no policy ever selects those', () => {
    const pods = [
      podOf('x/a'),
      podOf('external/a', {
        external: true,
        addresses: ['203.0.113.10', '2001:db8:113::10'],
        labels: { pod: 'a' },
      }),
      podOf('external/b', { external: true, addresses: ['203.0.113.11'], labels: {} }),
    ];
    const policies = [
      policyOf('external/deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
      policyOf('x/block', {
        podSelector: {},
        ingress: [
          { from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.11/32'] } }] },
          { from: [{ namespaceSelector: {}, podSelector: podA }] },
        ],
      }),
    ];
    expectGrid(
      worldOf(pods, policies),
      'TCP/80',
      `
                 x/a external/a external/b
      x/a         .      .          .
      external/a  .      .          .
      external/b  X      .          .
    `,
      ['IPv4'],
    );
    expectGrid(worldOf(pods, policies), 'TCP/80', 'x/a external/a\nx/a . .\nexternal/a X .', ['IPv6']);
  });

  it('knows kubernetes.io/metadata.name of a namespace that does not spell it out', () => {
    const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } };
    const policy = policyOf('x/by-name', { podSelector: {}, ingress: [{ from: [peer] }] });
    expectGrid(worldOf(ninePods, [policy]), 'TCP/80', 'x/a\ny/a .\nz/a X');
    expectGrid(worldOf(ninePods, [policy], { namespaces: [] }), 'TCP/80', 'x/a\ny/a .\nz/a X');
  });

  it('resolves a named port per destination, by its protocol too', () => {
    const pods = [
      podOf('x/a', { ports: [{ name: 'web', protocol: 'TCP', port: 80 }] }),
      podOf('x/b', { ports: [{ name: 'web', protocol: 'TCP', port: 81 }] }),
      podOf('x/c', { ports: [{ name: 'web', protocol: 'UDP', port: 80 }] }),
      podOf('y/a'),
    ];
    const ingress = policyOf('x/web', { podSelector: {}, ingress: [{ ports: [{ port: 'web' }] }] });
    const egress = policyOf('y/web', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 'web' }] }],
    });
    for (const policy of [ingress, egress]) {
      expectGrid(worldOf(pods, [policy]), 'TCP/80', 'x/a x/b x/c\ny/a . X X');
      expectGrid(worldOf(pods, [policy]), 'TCP/81', 'x/a x/b x/c\ny/a X . X');
      expectGrid(worldOf(pods, [policy]), 'UDP/80', 'x/a x/b x/c\ny/a X X X');
    }
  });

  it('isolates for egress without policyTypes only where there is an egress rule', () => {
    expect(isolated({ podSelector: {} })).to.equal('allow');
    expect(isolated({ podSelector: {}, egress: [] })).to.equal('allow');
    expect(isolated({ podSelector: {}, egress: [{ ports: [{ port: 81 }] }] })).to.equal('deny');
    expect(isolated({ podSelector: {}, egress: [{}], policyTypes: ['Ingress'] })).to.equal('allow');
    expect(isolated({ podSelector: {}, policyTypes: [] })).to.equal('allow');
    expect(isolated({ podSelector: {}, policyTypes: ['Egress'] })).to.equal('deny');
  });

  it('reads null as absent, as the API does', () => {
    const spec = JSON.parse(
      '{"podSelector":null,"ingress":[{"from":null,"ports":[{"port":null}]},null],"egress":null}',
    );
    expectGrid(worldOf(ninePods, [policyOf('x/nulls', spec)]), 'UDP/80', 'x/a\ny/a .');
    const empty = JSON.parse('{"ingress":[{"ports":[{"port":80,"endPort":null}]}]}');
    expectGrid(worldOf(ninePods, [policyOf('x/nulls', empty)]), 'TCP/80', 'x/a\ny/a .');
    expectGrid(worldOf(ninePods, [policyOf('x/nulls', empty)]), 'TCP/81', 'x/a\ny/a X');
  });

  it('has no cell for a pod without an address of the family', () => {
    const pods = [podOf('x/a'), podOf('x/b', { addresses: ['10.0.0.2'] }), podOf('x/c', { addresses: [] })];
    const oracle = createOracle(worldOf(pods, []));
    expect(oracle.matrix('TCP', 80, 'IPv4').rows).to.deep.equal(['x/a', 'x/b']);
    expect(oracle.matrix('TCP', 80, 'IPv6').columns).to.deep.equal(['x/a']);
    expect(() => oracle.verdict('x/a', 'x/b', 'TCP', 80, 'IPv6')).to.throw(
      RangeError,
      'x/b has no IPv6 address',
    );
    expect(() => oracle.explain('x/a', 'x/b', 'TCP', 80, 'IPv6')).to.throw(
      RangeError,
      'x/b has no IPv6 address',
    );
    expect(() => oracle.verdict('x/q', 'x/a', 'TCP', 80, 'IPv4')).to.throw(RangeError, 'no pod x/q');
    expect(() => oracle.matrix('TCP', 80, 'IPv6', ['x/a'], ['x/b'])).to.throw(RangeError, 'no IPv6 address');
  });

  it('refuses a world with an address or a CIDR that does not parse', () => {
    expect(() => createOracle(worldOf([podOf('x/a', { addresses: ['10.0.0.01'] })], []))).to.throw(
      RangeError,
      '10.0.0.01',
    );
    const policy = policyOf('x/p', {
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0' } }] }],
    });
    expect(() => createOracle(worldOf(ninePods, [policy])).matrix('TCP', 80, 'IPv4')).to.throw(
      RangeError,
      '10.0.0.0',
    );
  });
});
