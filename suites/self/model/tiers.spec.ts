import { expect } from 'chai';
import type { AdminPeer, AdminPolicy } from '../../../helpers/kube/types.ts';
import type { World } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { adminPolicy, clusterPolicy, inNamespace, type Cluster, type Spec } from './tier-worlds.ts';
import { podOf, policyOf, worldOf } from './worlds.ts';

const few = ['x/a', 'y/a', 'z/a'].map((id) => podOf(id));
const worldWith = (adminPolicies: AdminPolicy[], more: Partial<World> = {}): World =>
  worldOf(few, [], { adminPolicies, ...more });
const denyAll = policyOf('x/deny-all', { podSelector: {}, policyTypes: ['Ingress'] });
const admitAll = policyOf('x/admit-all', { podSelector: {}, ingress: [{}] });
const from = (ns: string, action: 'Accept' | 'Deny' | 'Pass') => ({ action, from: [inNamespace(ns)] });

const verdictOf = (world: World, source = 'y/a', target = 'x/a', port = 80): string =>
  createOracle(world).verdict(source, target, 'TCP', port, 'IPv4');

describe('the tiers around NetworkPolicy', () => {
  it('are Admin, NetworkPolicy, Baseline, and then everything is allowed', () => {
    const deny = clusterPolicy('deny', { ingress: [from('y', 'Deny')] });
    const accept = clusterPolicy('accept', { ingress: [from('y', 'Accept')] });
    const baseline = clusterPolicy('base', { tier: 'Baseline', ingress: [from('y', 'Deny')] });
    expect(verdictOf(worldWith([]))).to.equal('allow');
    expect(verdictOf(worldWith([deny], { policies: [admitAll] }))).to.equal('deny');
    expect(verdictOf(worldWith([accept], { policies: [denyAll] }))).to.equal('allow');
    expect(verdictOf(worldWith([baseline]))).to.equal('deny');
    expect(verdictOf(worldWith([baseline], { policies: [admitAll] }))).to.equal('allow');
    expect(verdictOf(worldWith([accept, baseline]))).to.equal('allow');
    expect(verdictOf(worldWith([deny]), 'z/a')).to.equal('allow');
  });

  it('leave open whether a NetworkPolicy for one direction keeps the Baseline tier from the other', () => {
    const baseline = clusterPolicy('base', { tier: 'Baseline', ingress: [from('y', 'Deny')] });
    const egressOnly = policyOf('x/egress-only', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] });
    const elsewhere = policyOf('y/deny-all', { podSelector: {}, policyTypes: ['Ingress'] });
    const world = worldWith([baseline], { policies: [egressOnly] });
    expect(verdictOf(world)).to.equal('undefined');
    expect(createOracle(world).explain('y/a', 'x/a', 'TCP', 80, 'IPv4')).to.deep.include({
      verdict: 'undefined',
      reason:
        'ClusterNetworkPolicy base ingress[0] (tier Baseline, priority 10) denies y/a; x/egress-only selects x/a for the other direction, and whether that ends its ingress before the Baseline tier is not specified',
    });
    expect(verdictOf(world, 'z/a')).to.equal('allow');
    expect(verdictOf(worldWith([baseline], { policies: [elsewhere] }))).to.equal('deny');
    expect(verdictOf(worldWith([baseline], { policies: [egressOnly, admitAll] }))).to.equal('allow');
  });

  it('leave a connection that is passed on to what comes next, and not to the rest of the tier', () => {
    const pass = clusterPolicy('pass', { priority: 1, ingress: [from('y', 'Pass')] });
    const deny = clusterPolicy('deny', { priority: 2, ingress: [from('y', 'Deny')] });
    const baseline = clusterPolicy('base', { tier: 'Baseline', ingress: [from('y', 'Deny')] });
    expect(verdictOf(worldWith([deny, pass]))).to.equal('allow');
    expect(verdictOf(worldWith([deny, pass, baseline]))).to.equal('deny');
    expect(verdictOf(worldWith([deny, pass, baseline], { policies: [admitAll] }))).to.equal('allow');
    const passed = {
      ...baseline,
      spec: { ...baseline.spec, ingress: [from('y', 'Pass'), from('y', 'Deny')] },
    };
    expect(verdictOf(worldWith([passed]))).to.equal('allow');
  });

  it('take the lower priority first, and the first rule that matches of a list', () => {
    const [first, second] = [1, 2].map((priority) => ({ priority, ingress: [from('y', 'Deny')] }));
    const accept = { ingress: [from('y', 'Accept')] };
    const both = (one: Spec, other: Spec) =>
      worldWith([clusterPolicy('one', one), clusterPolicy('other', other)]);
    expect(verdictOf(both(first!, { ...accept, priority: 2 }))).to.equal('deny');
    expect(verdictOf(both(second!, { ...accept, priority: 1 }))).to.equal('allow');
    const list = { ingress: [from('z', 'Deny'), from('y', 'Accept'), from('y', 'Deny')] };
    expect(verdictOf(worldWith([clusterPolicy('list', list)]))).to.equal('allow');
  });

  it('select pods of every namespace where a choice of pods names none', () => {
    const everywhere = { pods: { podSelector: { matchLabels: { pod: 'a' } } } };
    const rule = { action: 'Deny' as const, from: [everywhere] };
    const deny = clusterPolicy('deny', { subject: everywhere, ingress: [rule] });
    expect(verdictOf(worldWith([deny]))).to.equal('deny');
    expect(verdictOf(worldWith([deny]), 'z/a', 'y/a')).to.equal('deny');
  });

  it('leave open which of two policies of equal priority comes first, where they do not agree', () => {
    const deny = clusterPolicy('deny', { ingress: [from('y', 'Deny')] });
    const accept = clusterPolicy('accept', { ingress: [from('y', 'Accept'), from('z', 'Deny')] });
    expect(verdictOf(worldWith([deny, accept]))).to.equal('undefined');
    expect(verdictOf(worldWith([deny, accept]), 'z/a')).to.equal('deny');
  });

  it('ask both ends: an Accept at one decides nothing at the other', () => {
    const out = clusterPolicy('out', {
      subject: inNamespace('y'),
      egress: [{ action: 'Accept', to: [inNamespace('x')] }],
    });
    expect(verdictOf(worldWith([out], { policies: [denyAll] }))).to.equal('deny');
    const ingressOnly = clusterPolicy('in', { ingress: [from('y', 'Deny')] });
    expect(verdictOf(worldWith([ingressOnly]), 'x/a', 'y/a')).to.equal('allow');
  });

  it('never mean pods of the host network by labels, neither as subject nor as peer', () => {
    const pods = [
      ...few,
      podOf('y/h', { hostNetwork: true, node: 'node1', addresses: ['172.18.0.2', 'fd18::2'] }),
    ];
    const deny = clusterPolicy('deny', {
      subject: { namespaces: {} },
      ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }],
    });
    const world = worldOf(pods, [], { adminPolicies: [deny] });
    expect(verdictOf(world, 'y/h', 'x/a')).to.equal('allow');
    expect(verdictOf(world, 'x/a', 'y/h')).to.equal('allow');
    expect(verdictOf(world, 'y/a', 'x/a')).to.equal('deny');
  });

  it('mean addresses by networks, in the cluster and outside of it, and nodes by their labels', () => {
    const pods = [
      ...few,
      podOf('external/a', { external: true, addresses: ['203.0.113.1'] }),
      podOf('y/h', { hostNetwork: true, node: 'node1', addresses: ['172.18.0.2', 'fd18::2'] }),
    ];
    const nodes = [{ name: 'node1', addresses: ['172.18.0.2'], labels: { role: 'gateway' } }];
    const egress = (to: AdminPeer[]) => {
      const policy = clusterPolicy('out', { egress: [{ action: 'Deny', to }] });
      return worldOf(pods, [], { adminPolicies: [policy], nodes });
    };
    const everything = egress([{ networks: ['0.0.0.0/0'] }]);
    for (const target of ['y/a', 'external/a', 'y/h'])
      expect(verdictOf(everything, 'x/a', target)).to.equal('deny');
    const outside = egress([{ networks: ['203.0.113.0/24'] }]);
    expect(['external/a', 'y/a'].map((target) => verdictOf(outside, 'x/a', target))).to.deep.equal([
      'deny',
      'allow',
    ]);
    const gateways = egress([{ nodes: { matchLabels: { role: 'gateway' } } }]);
    expect(['y/h', 'y/a'].map((target) => verdictOf(gateways, 'x/a', target))).to.deep.equal([
      'deny',
      'allow',
    ]);
    const others = egress([{ nodes: { matchLabels: { role: 'worker' } } }]);
    expect(verdictOf(others, 'x/a', 'y/h')).to.equal('allow');
    expect(verdictOf(egress([{ domainNames: ['a.example'] }]), 'x/a', 'external/a')).to.equal('undefined');
  });

  it('mean ports by number, range and name, and a name by its protocol', () => {
    const limited = (protocols: NonNullable<Cluster['spec']['ingress']>[number]['protocols']) =>
      createOracle(
        worldWith([
          clusterPolicy('ports', { ingress: [{ ...from('y', 'Deny'), ...(protocols && { protocols }) }] }),
        ]),
      );
    const denied = (oracle: ReturnType<typeof createOracle>): string[] =>
      (['TCP', 'UDP'] as const).flatMap((protocol) =>
        [80, 81].flatMap((port) =>
          oracle.verdict('y/a', 'x/a', protocol, port, 'IPv6') === 'deny' ? [`${protocol}/${port}`] : [],
        ),
      );
    expect(denied(limited([{ tcp: { destinationPort: { number: 80 } } }]))).to.deep.equal(['TCP/80']);
    const range = { range: { start: 79, end: 81 } };
    expect(denied(limited([{ udp: { destinationPort: range } }]))).to.deep.equal(['UDP/80', 'UDP/81']);
    expect(denied(limited([{ destinationNamedPort: 'serve-81' }]))).to.deep.equal(['TCP/81']);
    expect(denied(limited(undefined))).to.deep.equal(['TCP/80', 'TCP/81', 'UDP/80', 'UDP/81']);
  });

  it('fail closed on a peer that they do not know', () => {
    const unknown = (action: 'Accept' | 'Deny' | 'Pass', more: Cluster[] = []) =>
      worldWith([clusterPolicy('new', { priority: 1, ingress: [{ action, from: [{}] }] }), ...more], {});
    expect(verdictOf(unknown('Deny'))).to.equal('deny');
    const deny = clusterPolicy('deny', { ingress: [from('y', 'Deny')] });
    expect(verdictOf(unknown('Accept', [deny]))).to.equal('deny');
  });

  it('leave a pod alone with its own address in v1alpha2, and open in v1alpha1', () => {
    const itself = { action: 'Deny' as const, from: [inNamespace('x')] };
    const older = adminPolicy('older', 1, { subject: inNamespace('x'), ingress: [itself] });
    expect(verdictOf(worldWith([clusterPolicy('newer', { ingress: [itself] })]), 'x/a', 'x/a')).to.equal(
      'allow',
    );
    expect(verdictOf(worldWith([older]), 'x/a', 'x/a')).to.equal('undefined');
  });

  it('say of ICMP what the text says: networks of v1alpha2 mean it, a rule with protocols does not, the rest is open', () => {
    const verdictUnder = (policy: AdminPolicy, target = 'y/a'): string =>
      createOracle(worldWith([policy])).verdict('x/a', target, 'ICMP', 0, 'IPv4');
    const ping = (rule: NonNullable<Cluster['spec']['egress']>[number], target?: string): string =>
      verdictUnder(clusterPolicy('out', { egress: [rule] }), target);
    const everything = { action: 'Deny' as const, to: [{ networks: ['0.0.0.0/0'] }] };
    expect(ping(everything)).to.equal('deny');
    expect(ping({ action: 'Deny', to: [{ networks: ['::/0'] }] })).to.equal('allow');
    expect(ping({ action: 'Deny', to: [inNamespace('y')] })).to.equal('undefined');
    const protocols = [{ tcp: { destinationPort: { number: 80 } } }];
    expect(ping({ action: 'Deny', to: [inNamespace('y')], protocols })).to.equal('allow');
    expect(ping({ ...everything, protocols })).to.equal('allow');
    const both = { action: 'Deny' as const, to: [{ networks: ['10.0.0.0/31'] }, inNamespace('z')] };
    expect([ping(both), ping(both, 'z/a')]).to.deep.equal(['allow', 'undefined']);
    expect(
      verdictUnder(adminPolicy('older', 1, { subject: inNamespace('x'), egress: [everything] })),
    ).to.equal('undefined');
  });

  it('name the rules that decide, with tier and priority', () => {
    const baseline = clusterPolicy('base', { tier: 'Baseline', priority: 3, ingress: [from('y', 'Deny')] });
    const pass = clusterPolicy('pass', { ingress: [{ name: 'tenants decide', ...from('y', 'Pass') }] });
    const { reason, ingress, verdict } = createOracle(worldWith([pass, baseline])).explain(
      'y/a',
      'x/a',
      'TCP',
      80,
      'IPv4',
    );
    expect(verdict).to.equal('deny');
    expect(reason).to.equal(
      'ClusterNetworkPolicy pass ingress[0] "tenants decide" (tier Admin, priority 10) passes on y/a; ' +
        'ClusterNetworkPolicy base ingress[0] (tier Baseline, priority 3) denies y/a',
    );
    expect(ingress.matchedBy).to.deep.equal([
      'ClusterNetworkPolicy pass ingress[0] "tenants decide"',
      'ClusterNetworkPolicy base ingress[0]',
    ]);
  });
});
