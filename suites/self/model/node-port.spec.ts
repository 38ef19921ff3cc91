import { expect } from 'chai';
import * as fc from 'fast-check';
import type {
  AdminPeer,
  AdminPolicy,
  NetworkPolicy,
  NetworkPolicySpec,
} from '../../../helpers/kube/types.ts';
import { addressOf, idOf } from '../../../helpers/kube/world.ts';
import type { Node, Pod, Service, World } from '../../../helpers/kube/world.ts';
import { entryNode } from '../../../helpers/model/node-port.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { anyPods, anyPolicies } from './arbitrary.ts';
import { judgeNodePortNaively } from './naive.ts';
import { clusterPolicy, inNamespace } from './tier-worlds.ts';
import { podOf, policyOf, worldOf } from './worlds.ts';

const nodes: Node[] = ['node0', 'node1'].map((name, index) => ({
  name,
  addresses: [`172.18.0.${index + 2}`, `fd18::${index + 2}`],
}));
const web: Service = {
  namespace: 'x',
  name: 'web',
  type: 'NodePort',
  selector: { pod: 'a' },
  ports: [{ protocol: 'TCP', port: 8080, targetPort: 80, nodePort: 30_080 }],
  addresses: ['10.96.0.1'],
};

/** x/a, the only pod behind the Service, on node0; y/a on node0 and y/b on node1 ask; y/h is node1 itself. */
const pods: Pod[] = [
  podOf('x/a'),
  podOf('y/a'),
  podOf('y/b', { node: 'node1' }),
  podOf('y/h', { node: 'node1', hostNetwork: true, addresses: nodes[1]?.addresses ?? [] }),
];
const worldWith = (policies: NetworkPolicy[], service: Partial<Service> = {}, more = pods): World =>
  worldOf(more, policies, { nodes, services: [{ ...web, ...service }] });

const verdict = (from: string, ...policies: NetworkPolicy[]): string =>
  createOracle(worldWith(policies)).nodePortVerdict(from, 'x/web', 'TCP', 8080, 'IPv4').verdict;

const into = (ingress: NonNullable<NetworkPolicySpec['ingress']>): NetworkPolicy =>
  policyOf('x/in', { podSelector: {}, policyTypes: ['Ingress'], ingress });
const outOf = (egress: NonNullable<NetworkPolicySpec['egress']>): NetworkPolicy =>
  policyOf('y/out', { podSelector: {}, policyTypes: ['Egress'], egress });
const ns = (name: string) => ({ namespaceSelector: { matchLabels: { ns: name } } });
const pod = (name: string, namespace = 'y') => ({
  ...ns(namespace),
  podSelector: { matchLabels: { pod: name } },
});

/** Every pod, and every host outside, asks every pod. */
const cellsOf = (all: readonly Pod[]) =>
  (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const there = all.filter((pod) => addressOf(pod, family) !== undefined);
    return there.flatMap((from) =>
      there.filter(({ external }) => external !== true).map((to) => ({ from, to, family })),
    );
  });

describe('the oracle on node ports', () => {
  it('denies by the tiers only where they deny the node as well as the pod, and leaves open which of both they see', () => {
    const under = (policy: AdminPolicy, policies: NetworkPolicy[] = []): string =>
      createOracle({ ...worldWith(policies), adminPolicies: [policy] }).nodePortVerdict(
        ...(['y/a', 'x/web', 'TCP', 8080, 'IPv4'] as const),
      ).verdict;
    const out = (to: AdminPeer[], more: object = {}, action: 'Accept' | 'Deny' = 'Deny'): AdminPolicy =>
      clusterPolicy('out', { subject: inNamespace('y'), egress: [{ action, to, ...more }] });
    const number = (...numbers: number[]) => ({
      protocols: numbers.map((each) => ({ tcp: { destinationPort: { number: each } } })),
    });
    const everywhere = [{ networks: ['0.0.0.0/0'] }];
    expect(under(out(everywhere))).to.equal('deny');
    expect(under(out(everywhere, number(80, 30_080)))).to.equal('deny');
    expect(under(out(everywhere, number(80)))).to.equal('undefined');
    expect(under(out([inNamespace('x'), { networks: ['172.18.0.0/16'] }]))).to.equal('deny');
    expect(under(out([inNamespace('x')]))).to.equal('undefined');
    expect(under(out([{ networks: ['172.18.0.0/16'] }]))).to.equal('undefined');
    expect(under(out([inNamespace('z')]))).to.equal('allow');
    const alone = outOf([]);
    expect(under(out(everywhere, {}, 'Accept'), [alone])).to.equal('allow');
    expect(under(out([inNamespace('z')]), [alone])).to.equal('deny');
    expect(under(clusterPolicy('in', { ingress: [{ action: 'Deny', from: [inNamespace('y')] }] }))).to.equal(
      'undefined',
    );
  });

  it('asks at a node without a pod behind the Service, and not at that of the asking pod', () => {
    const at = (from: string, world = worldWith([])): string | undefined =>
      entryNode(world, 'x/web', from)?.name;
    expect([at('y/a'), at('y/b')]).to.deep.equal(['node1', 'node1']);
    const both = worldWith([], {}, [...pods, podOf('x/b', { node: 'node1', labels: { pod: 'a' } })]);
    expect([at('y/a', both), at('y/b', both)]).to.deep.equal(['node1', 'node0']);
    const { nodes: _, ...untold } = worldWith([]);
    expect(entryNode(untold, 'x/web', 'y/b')).to.deep.equal({ name: 'node1', addresses: [] });
    expect(() => entryNode(worldWith([]), 'x/none', 'y/b')).to.throw(RangeError, 'no Service x/none');
  });

  const rows: [claim: string, from: string, wanted: string, ...policies: NetworkPolicy[]][] = [
    ['no policy', 'y/b', 'allow'],
    ['a pod that admits nobody', 'y/b', 'deny', into([])],
    ['a pod that admits everybody', 'y/b', 'allow', into([{}])],
    ['a pod that admits everybody at its own port', 'y/b', 'allow', into([{ ports: [{ port: 80 }] }])],
    ['a pod that admits everybody at a port by its name', 'y/b', 'allow', into([{ ports: [{ port: 'serve-80' }] }])],
    ['the port of the Service in a rule', 'y/b', 'deny', into([{ ports: [{ port: 8080 }] }])],
    ['the port of the node in a rule', 'y/b', 'deny', into([{ ports: [{ port: 30_080 }] }])],
    ['a rule for the client, which may be seen or not', 'y/b', 'undefined', into([{ from: [pod('b')] }])],
    ['a rule for another pod', 'y/b', 'deny', into([{ from: [pod('a')] }])],
    ['a rule for a pod that has the address of the node', 'y/b', 'undefined', into([{ from: [pod('h')] }])],
    ['a range, as nobody knows which address a node takes', 'y/b', 'undefined', into([{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }])],
    ['a client that may ask nobody', 'y/a', 'deny', outOf([])],
    ['a client that may ask nobody, at its own node', 'y/b', 'undefined', outOf([])],
    ['a client that may ask everybody', 'y/a', 'allow', outOf([{}])],
    ['a client that may ask the port behind, but not that of the node', 'y/a', 'undefined', outOf([{ ports: [{ port: 80 }] }])],
    ['a client that may ask both ports', 'y/a', 'allow', outOf([{ ports: [{ port: 80 }] }, { ports: [{ port: 30_000, endPort: 32_767 }] }])],
    ['a client that may ask the pod, but not the node', 'y/a', 'undefined', outOf([{ to: [pod('a', 'x')] }])],
    ['a client that may ask another pod', 'y/a', 'deny', outOf([{ to: [pod('b', 'x')] }])],
    ['a client that may ask a pod with the address of the node', 'y/a', 'undefined', outOf([{ to: [pod('h')] }])],
    ['a client that may ask the address of the node', 'y/a', 'undefined', outOf([{ to: [{ ipBlock: { cidr: '172.18.0.3/32' } }] }])],
    ['a client that may ask another address', 'y/a', 'deny', outOf([{ to: [{ ipBlock: { cidr: '172.18.0.9/32' } }] }])],
    ['an open client and a closed pod', 'y/a', 'deny', into([]), outOf([{}])],
    ['a closed client and an open pod', 'y/a', 'deny', into([{}]), outOf([])],
    ['the pod itself, isolated', 'x/a', 'undefined', into([])],
    ['the pod itself, free', 'x/a', 'allow'],
  ]; // prettier-ignore
  for (const [claim, from, wanted, ...policies] of rows)
    it(`${wanted}: ${claim}`, () => {
      expect(verdict(from, ...policies)).to.equal(wanted);
    });

  it('undefined where every node has a pod behind the Service, because what comes from the own node always passes', () => {
    const both = [...pods, podOf('x/b', { node: 'node1', labels: { pod: 'a' } })];
    const judged = createOracle(worldWith([into([])], {}, both)).nodePortVerdict(
      'y/a',
      'x/web',
      'TCP',
      8080,
      'IPv6',
    );
    expect(judged).to.deep.equal({
      verdict: 'undefined',
      backends: [
        { id: 'x/a', verdict: 'deny' },
        { id: 'x/b', verdict: 'undefined' },
      ],
      reason:
        '0 of the 2 pods behind x/web can surely be reached; x/b: x/b is isolated for ingress by x/in, and which source policies see is not specified for a node port',
    });
  });

  it('denies where no pod is behind', () => {
    const oracle = createOracle(worldWith([], { selector: { pod: 'nobody' } }));
    expect(oracle.nodePortVerdict('y/a', 'x/web', 'TCP', 8080, 'IPv4').verdict).to.equal('deny');
  });

  it('says in words why it cannot tell', () => {
    const { reason } = createOracle(worldWith([into([{ from: [pod('b')] }])])).nodePortVerdict(
      'y/b',
      'x/web',
      'TCP',
      8080,
      'IPv4',
    );
    expect(reason).to.contain(
      'x/a is isolated for ingress by x/in, and which source policies see is not specified for a node port',
    );
  });

  it('refuses Services without a node port, and pods and ports that are not there', () => {
    const ask =
      (service: Partial<Service>, from = 'y/a', port = 8080) =>
      () =>
        createOracle(worldWith([], service)).nodePortVerdict(from, 'x/web', 'TCP', port, 'IPv4');
    expect(ask({ type: 'ClusterIP' })).to.throw(RangeError, 'x/web has no node port');
    expect(ask({}, 'y/z')).to.throw(RangeError, 'no pod y/z');
    expect(ask({}, 'y/a', 80)).to.throw(RangeError, 'no port TCP/80');
  });

  it('agrees with a plain evaluator that shares no code with it, cell by cell', () => {
    const nodes = [0, 1].map((index) => ({
      name: `node${index}`,
      addresses: [`172.18.0.${index}`, `fd18::${index}`],
    }));
    const law = fc.property(anyPods, anyPolicies, (pods, policies) => {
      const services = pods
        .filter(({ external }) => external !== true)
        .map(({ namespace, name }): Service => ({
          namespace,
          name,
          type: 'NodePort',
          selector: { pod: name },
          ports: [{ protocol: 'TCP', port: 8080, targetPort: 80, nodePort: 30080 }],
          addresses: [],
        }));
      const world = worldOf(pods, policies, { nodes, services });
      const oracle = createOracle(world);
      const disagreements: string[] = [];
      for (const { from, to, family } of cellsOf(pods)) {
        const away = nodes.filter(({ name }) => name !== to.node);
        const entry = away.find(({ name }) => name !== from.node) ?? away[0]!;
        const ask = { world, source: from, destination: to, protocol: 'TCP' as const, port: 80, family };
        const plain = judgeNodePortNaively(ask, entry, 30080);
        const { verdict, reason } = oracle.nodePortVerdict(idOf(from), idOf(to), 'TCP', 8080, family);
        if (plain !== verdict)
          disagreements.push(`${family} ${idOf(from)} ${idOf(to)}: ${verdict} (${reason}), plainly ${plain}`);
      }
      expect(disagreements).to.deep.equal([]);
    });
    fc.assert(law, { numRuns: 150 });
  }).timeout(30_000);
});
