import { expect } from 'chai';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../helpers/kube/types.ts';
import { lookupKind } from '../../../helpers/matrix/matrix.ts';
import { judgeCell } from '../../../helpers/model/cell.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { ninePods, podOf, policyOf, worldOf } from './worlds.ts';

type Rule = { to?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] };

const udp = (port: number | string): NetworkPolicyPort => ({ protocol: 'UDP', port });
const both = [udp(53), udp(5353)];
const policy = (...egress: Rule[]): NetworkPolicy =>
  policyOf('x/out', { podSelector: { matchLabels: { pod: 'a' } }, policyTypes: ['Egress'], egress });

const judge = (row: string, ...policies: NetworkPolicy[]) =>
  judgeCell({ ...lookupKind, family: 'IPv4' }, row, 'y/web', {
    now: createOracle(worldOf([...ninePods, podOf('x/h', { hostNetwork: true })], policies)),
  });
const verdictOf = (...rules: Rule[]): string => judge('x/a', policy(...rules)).verdict;

const named = (key: string, ...values: string[]): NetworkPolicyPeer => ({
  namespaceSelector: { matchExpressions: [{ key, operator: 'In', values }] },
});

describe('the oracle about a lookup', () => {
  it('allows it where no policy isolates the pod for egress, whatever isolates it for ingress', () => {
    const ingress = policyOf('x/in', { podSelector: {}, policyTypes: ['Ingress'] });
    expect(judge('x/b', policy(), ingress)).to.deep.equal({
      verdict: 'allow',
      reason: 'no policy isolates x/b for egress',
    });
  });

  it('allows it where rules admit everybody on both ports on which DNS servers listen', () => {
    expect(verdictOf({})).to.equal('allow');
    expect(verdictOf({ ports: both })).to.equal('allow');
    expect(verdictOf({ ports: [udp(53)] }, { ports: [udp(5353)] })).to.equal('allow');
    expect(verdictOf({ ports: [{ protocol: 'UDP' }] })).to.equal('allow');
    expect(verdictOf({ ports: [{ protocol: 'UDP', port: 50, endPort: 6000 }] })).to.equal('allow');
    expect(judge('x/a', policy({ ports: both })).reason).to.equal(
      'x/a is isolated for egress by x/out; x/out egress[0] admits everybody on UDP/53 and UDP/5353',
    );
  });

  const denied: [what: string, ...rules: Rule[]][] = [
    ['nobody'],
    ['other ports', { ports: [udp(80)] }],
    ['TCP', { ports: [{ port: 53 }, { port: 5353 }] }],
    ['pods of the own namespace', { to: [{ podSelector: {} }] }],
    ['one of our namespaces by its label', { to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }],
    ['some of our namespaces by label', { to: [named('ns', 'x', 'z')] }],
    [
      'one of our namespaces by its name',
      { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } }] },
    ],
  ];
  for (const [what, ...rules] of denied)
    it(`denies it where the rules admit ${what}`, () => expect(verdictOf(...rules)).to.equal('deny'));

  it('denies it in words that name the rules', () => {
    expect(judge('x/a', policy()).reason).to.equal(
      'x/a is isolated for egress by x/out, without any egress rule',
    );
    expect(judge('x/a', policy({ to: [{ podSelector: {} }] }, { ports: [udp(80)] })).reason).to.equal(
      "x/a is isolated for egress by x/out; x/out egress[0] admits no pod of the cluster's DNS; x/out egress[1] admits UDP/80 only",
    );
  });

  const open: [what: string, ...rules: Rule[]][] = [
    ['one port of the two', { ports: [udp(53)] }],
    ['a port by its name', { ports: [udp('dns')] }],
    ['every namespace, as the server may be no pod', { to: [{ namespaceSelector: {} }], ports: both }],
    ['another namespace by name', { to: [named('kubernetes.io/metadata.name', 'kube-system')] }],
    ['one of ours or another', { to: [named('ns', 'x', 'dns')] }],
    ['namespaces by a label that others may have', { to: [named('team', 'one')] }],
    [
      'namespaces that lack a label of ours',
      {
        to: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] } }],
      },
    ],
    ['an ipBlock', { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
  ];
  for (const [what, ...rules] of open)
    it(`leaves it open where the rules admit ${what}`, () =>
      expect(verdictOf(...rules)).to.equal('undefined'));

  it('leaves it open for a pod in the host network that a policy selects', () => {
    const everybody = policyOf('x/out', { podSelector: {}, policyTypes: ['Egress'] });
    expect(judge('x/h', everybody).verdict).to.equal('undefined');
  });

  it('knows no pod that is not there, and no host outside the cluster', () => {
    const host = podOf('external/a', { external: true });
    const oracle = createOracle(worldOf([...ninePods, host], []));
    expect(() => oracle.lookupVerdict('x/q')).to.throw(RangeError, 'no pod x/q');
    expect(() => oracle.lookupVerdict('external/a')).to.throw(RangeError, 'asks another DNS server');
  });
});
