import { expect } from 'chai';
import type { AdminPolicy, NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { Service } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import type { Oracle } from '../../../helpers/model/oracle.ts';
import { adminPolicy, clusterPolicy } from './tier-worlds.ts';
import { ninePods, podOf, policyOf, worldOf } from './worlds.ts';

const web: Service = {
  namespace: 'x',
  name: 'web',
  type: 'ClusterIP',
  selector: { pod: 'a' },
  ports: [
    { protocol: 'TCP', port: 8080, targetPort: 80 },
    { protocol: 'UDP', port: 8080, targetPort: 'serve-81-udp' },
  ],
  addresses: ['10.96.0.1'],
};

const oracleOf = (policies: NetworkPolicy[], service: Partial<Service> = {}): Oracle =>
  createOracle(worldOf(ninePods, policies, { services: [{ ...web, ...service }] }));

const only = (id: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): NetworkPolicy =>
  policyOf(id, { podSelector: {}, ingress: [{ ports: [{ protocol, port }] }] });

const block = (cidr: string, port: number): NetworkPolicy =>
  policyOf('y/block', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr } }], ports: [{ port }] }],
  });

const verdictWith = (...policies: NetworkPolicy[]): string =>
  oracleOf(policies).serviceVerdict('y/a', 'x/web', 'TCP', 8080, 'IPv4').verdict;

const ask = (service: string, port: number, family: 'IPv4' | 'IPv6') => () =>
  oracleOf([]).serviceVerdict('y/a', service, 'TCP', port, family);

describe('the oracle on Services', () => {
  it('judges the port behind the Service, not its own', () => {
    expect(verdictWith(only('x/p', 80))).to.equal('allow');
    expect(verdictWith(only('x/p', 8080))).to.equal('deny');
  });

  it('resolves a named target port at each backend, and a pod without it is no backend', () => {
    const pods = [
      podOf('x/a'),
      podOf('x/b', { ports: [] }),
      podOf('x/c', {
        ports: [
          { name: 'serve-81-udp', protocol: 'TCP', port: 54 },
          { name: 'serve-81-udp', protocol: 'UDP', port: 53 },
        ],
      }),
    ];
    const world = worldOf(pods, [only('x/p', 53, 'UDP')], {
      services: [{ ...web, selector: { tier: 'web' } }],
    });
    for (const pod of pods) pod.labels['tier'] = 'web';
    expect(createOracle(world).serviceVerdict('x/b', 'x/web', 'UDP', 8080, 'IPv4')).to.deep.include({
      verdict: 'undefined',
      backends: [
        { id: 'x/a', verdict: 'deny' },
        { id: 'x/c', verdict: 'allow' },
      ],
    });
  });

  it('meets the pods of a headless Service at the very port that is asked', () => {
    const headless = { type: 'Headless' as const, addresses: [] };
    const verdict = (policy: NetworkPolicy): string =>
      oracleOf([policy], headless).serviceVerdict('y/a', 'x/web', 'TCP', 8080, 'IPv6').verdict;
    expect([verdict(only('x/p', 8080)), verdict(only('x/p', 80))]).to.deep.equal(['allow', 'deny']);
  });

  it('denies where no pod is behind, also where the selector is empty', () => {
    for (const selector of [{ pod: 'nobody' }, {}])
      expect(oracleOf([], { selector }).serviceVerdict('y/a', 'x/web', 'TCP', 8080, 'IPv4')).to.deep.equal({
        verdict: 'deny',
        backends: [],
        reason: 'no pod is behind x/web',
      });
  });

  it('leaves undefined whether a pod reaches itself through its own Service', () => {
    const deny = policyOf('x/deny', { podSelector: {} });
    expect(oracleOf([deny]).serviceVerdict('x/a', 'x/web', 'TCP', 8080, 'IPv4').verdict).to.equal(
      'undefined',
    );
    expect(oracleOf([]).serviceVerdict('x/a', 'x/web', 'TCP', 8080, 'IPv4').verdict).to.equal('allow');
  });

  it('leads a pod back to itself as the subject of v1alpha2, and by its own address as no subject', () => {
    const itself = { namespaces: { matchLabels: { ns: 'x' } } };
    const under = (...adminPolicies: AdminPolicy[]): Oracle =>
      createOracle(worldOf(ninePods, [], { services: [web], adminPolicies }));
    const verdictsOf = (oracle: Oracle): string[] => [
      oracle.serviceVerdict('x/a', 'x/web', 'TCP', 8080, 'IPv4').verdict,
      oracle.verdict('x/a', 'x/a', 'TCP', 80, 'IPv4'),
    ];
    const out = { action: 'Deny' as const, to: [itself] };
    const [into, older] = [
      clusterPolicy('into', { ingress: [{ action: 'Deny', from: [itself] }] }),
      adminPolicy('older', 1, { subject: itself, egress: [out] }),
    ];
    expect(verdictsOf(under(clusterPolicy('out', { egress: [out] })))).to.deep.equal(['deny', 'allow']);
    expect(verdictsOf(under(into))).to.deep.equal(['deny', 'allow']);
    expect(verdictsOf(under(older))).to.deep.equal(['undefined', 'undefined']);
  });

  it('leaves undefined whether an ipBlock meets the address of a Service', () => {
    expect(verdictWith(block('10.96.0.0/16', 8080))).to.equal('undefined');
    expect(verdictWith(block('10.96.0.0/16', 80))).to.equal('undefined');
    expect(verdictWith(block('10.96.0.0/16', 443))).to.equal('deny');
    expect(verdictWith(block('10.97.0.0/16', 80))).to.equal('deny');
    expect(verdictWith(block('10.96.0.0/16', 80), policyOf('x/deny', { podSelector: {} }))).to.equal('deny');
  });

  it('refuses Services, ports and families that are not there', () => {
    expect(ask('x/none', 8080, 'IPv4')).to.throw(RangeError, 'no Service x/none');
    expect(ask('x/web', 80, 'IPv4')).to.throw(RangeError, 'no port TCP/80');
    expect(ask('x/web', 8080, 'IPv6')).to.throw(RangeError, 'no IPv6 address');
  });
});
