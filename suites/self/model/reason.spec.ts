import { expect } from 'chai';
import type { NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { ninePods, policyOf, worldOf } from './worlds.ts';

const podA = { matchLabels: { pod: 'a' } };

const reasonOf = (
  policies: NetworkPolicy[],
  from: string,
  to: string,
  family: 'IPv4' | 'IPv6' = 'IPv4',
): string => createOracle(worldOf(ninePods, policies)).explain(from, to, 'TCP', 80, family).reason;

const admitBlock = (cidr: string, except: string[] = []): NetworkPolicy =>
  policyOf('x/block', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr, except } }] }] });

describe('the oracle explains', () => {
  const allow = policyOf('x/allow-y-b', {
    podSelector: podA,
    ingress: [
      {
        from: [
          { namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'b' } } },
        ],
      },
    ],
  });
  const rows: [string, string, string, string][] = [
    ['which selector fails', 'y/a', 'x/a', 'x/a is isolated for ingress by x/allow-y-b; y/a: namespace y matches, podSelector pod=b does not match'],
    ['which namespace fails', 'x/b', 'x/a', 'x/a is isolated for ingress by x/allow-y-b; x/b: namespace x does not match ns=y, podSelector pod=b matches'],
    ['which rule admits', 'y/b', 'x/a', 'x/a is isolated for ingress by x/allow-y-b; x/allow-y-b ingress[0].from[0] admits y/b (namespace y matches, podSelector pod=b matches)'],
    ['that nothing isolates', 'y/b', 'x/b', 'no policy isolates y/b for egress or x/b for ingress'],
    ['why a pod to itself is undefined', 'x/a', 'x/a', 'x/a is isolated for ingress by x/allow-y-b; whether policies apply to a pod that connects to itself is not specified'],
  ]; // prettier-ignore
  for (const [claim, from, to, reason] of rows)
    it(claim, () => {
      expect(reasonOf([allow], from, to)).to.equal(reason);
    });

  it('a policy without rules', () => {
    expect(
      reasonOf([policyOf('x/deny', { podSelector: {}, policyTypes: ['Egress'] })], 'x/a', 'y/a'),
    ).to.equal('x/a is isolated for egress by x/deny, without any egress rule');
  });

  it('both ends where both deny', () => {
    const deny = policyOf('x/deny', { podSelector: {}, policyTypes: ['Egress', 'Ingress'] });
    expect(reasonOf([deny], 'x/a', 'x/b')).to.equal(
      'x/a is isolated for egress by x/deny, without any egress rule; x/b is isolated for ingress by x/deny, without any ingress rule',
    );
  });

  it('ports that do not include the one asked', () => {
    const spec: NetworkPolicySpec = {
      podSelector: {},
      ingress: [{ ports: [{ port: 81, endPort: 90 }, { protocol: 'UDP' }, { port: 'serve-81' }] }],
    };
    expect(reasonOf([policyOf('x/ports', spec)], 'y/a', 'x/a')).to.equal(
      'x/a is isolated for ingress by x/ports; y/a: ports TCP/81-90, UDP, TCP/serve-81 do not include TCP/80',
    );
  });

  it('each rule of several policies', () => {
    const one = policyOf('x/one', { podSelector: {}, ingress: [{ from: [{ podSelector: podA }] }] });
    const two = policyOf('x/two', { podSelector: {}, ingress: [{ ports: [{ port: 81 }] }] });
    expect(reasonOf([one, two], 'y/b', 'x/b')).to.equal(
      'x/b is isolated for ingress by x/one, x/two; y/b: x/one ingress[0].from[0] namespace y is not x, podSelector pod=a does not match; x/two ingress[0] ports TCP/81 do not include TCP/80',
    );
  });

  it('a block that does not contain the address, or excepts it', () => {
    expect(reasonOf([admitBlock('10.9.0.0/16')], 'y/a', 'x/a')).to.contain(
      'ipBlock 10.9.0.0/16 does not contain 10.0.25.1',
    );
    expect(reasonOf([admitBlock('10.0.0.0/8', ['10.0.25.0/24'])], 'y/a', 'x/a')).to.contain(
      'ipBlock 10.0.0.0/8 excepts 10.0.25.0/24 with 10.0.25.1',
    );
    expect(reasonOf([admitBlock('10.0.0.0/8')], 'y/a', 'x/a')).to.contain(
      'ipBlock 10.0.0.0/8 contains 10.0.25.1, but whether an ipBlock matches the address of a pod is not specified',
    );
  });

  it('which policies isolate each end and which rules admit', () => {
    const { egress, ingress } = createOracle(worldOf(ninePods, [allow])).explain(
      'y/b',
      'x/a',
      'TCP',
      80,
      'IPv4',
    );
    expect(egress).to.deep.include({ verdict: 'allow', isolatedBy: [], admittedBy: [], decidedBy: [] });
    expect(ingress).to.deep.include({
      verdict: 'allow',
      isolatedBy: ['x/allow-y-b'],
      admittedBy: ['x/allow-y-b ingress[0].from[0]'],
      decidedBy: [{ policy: 'NetworkPolicy x/allow-y-b', rule: 'ingress[0].from[0]' }],
    });
  });
});
