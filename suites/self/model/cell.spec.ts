import { expect } from 'chai';
import * as fc from 'fast-check';
import type { AdminPolicy, NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import { addressOf, idOf } from '../../../helpers/kube/world.ts';
import type { ProbeKind } from '../../../helpers/matrix/matrix.ts';
import { judgeBackends, judgeCell } from '../../../helpers/model/cell.ts';
import { createOracle, type Oracle } from '../../../helpers/model/oracle.ts';
import { anyPods, anyPolicies } from './arbitrary.ts';
import { adminPolicy, clusterPolicy } from './tier-worlds.ts';
import { expectGrid, ninePods, policyOf, worldOf } from './worlds.ts';

const podA = { matchLabels: { pod: 'a' } };
const policy = (name: string, spec: NetworkPolicySpec): NetworkPolicy => policyOf(`x/${name}`, spec);
const denyIngress = policy('deny-ingress', { podSelector: podA });
const denyEgress = policy('deny-egress', { podSelector: podA, policyTypes: ['Egress'] });
const admitB = policy('admit-b', {
  podSelector: podA,
  ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }],
});
const oracleOf = (...policies: NetworkPolicy[]): Oracle => createOracle(worldOf(ninePods, policies));
const kind = (more: Partial<ProbeKind>): ProbeKind => ({
  ...{ target: 'pod', family: 'IPv4', protocol: 'UDP', port: 80 },
  ...more,
});
const echo = kind({ protocol: 'ICMP', port: 0 });

/** Verdicts of x/b and x/c at x/a, x/a at x/b, and of two pods that no policy selects. */
const verdicts = (asked: ProbeKind, now: Oracle, before?: Oracle): string[] =>
  [
    ['x/b', 'x/a'],
    ['x/c', 'x/a'],
    ['x/a', 'x/b'],
    ['y/a', 'y/b'],
  ].map(
    ([row = '', column = '']) => judgeCell(asked, row, column, { now, ...(before && { before }) }).verdict,
  );

describe('the oracle about ICMP echo', () => {
  it('allows it where nothing isolates either end, and leaves it open where something does, whatever rules say', () => {
    expect(verdicts(echo, oracleOf())).to.deep.equal(Array(4).fill('allow'));
    for (const one of [denyIngress, denyEgress, admitB])
      expect(verdicts(echo, oracleOf(one))).to.deep.equal([...Array(3).fill('undefined'), 'allow']);
  });

  it('draws the same, and says why', () => {
    expectGrid(oracleOf(admitB), 'ICMP', 'x/a y/a y/b\nx/a ? ? ?\nx/b ? . .\ny/a ? . .');
    expect(judgeCell(echo, 'x/b', 'x/a', { now: oracleOf(admitB) }).reason).to.equal(
      'x/a is isolated by x/admit-b; what isolation does to ICMP is not specified',
    );
  });

  it('says the same in verdict, matrix and explanation: allow only between two pods that no policy selects', () => {
    fc.assert(
      fc.property(anyPods, anyPolicies, fc.constantFrom('IPv4', 'IPv6'), (pods, policies, family) => {
        const oracle = createOracle(worldOf(pods, policies));
        const there = pods.filter((pod) => addressOf(pod, family) !== undefined);
        const ids = there.map(idOf);
        const { cells } = oracle.matrix('ICMP', 0, family, ids, ids);
        for (const [y, row] of ids.entries())
          for (const [x, column] of ids.entries()) {
            const { verdict, egress, ingress } = oracle.explain(row, column, 'ICMP', 0, family);
            const isFree = egress.isolatedBy.length + ingress.isolatedBy.length === 0;
            const wanted = isFree ? 'allow' : 'undefined';
            const said = [cells[y * ids.length + x], oracle.verdict(row, column, 'ICMP', 0, family), verdict];
            expect(said, `${row} ${column}`).to.deep.equal([wanted, wanted, wanted]);
          }
      }),
      { numRuns: 100 },
    );
  });
});

describe('the oracle about the ICMP error of a closed port', () => {
  const unreachable = kind({ traffic: 'unreachable', port: 9 });

  it('allows it between pods that nothing isolates', () => {
    expect(verdicts(unreachable, oracleOf())).to.deep.equal(Array(4).fill('allow'));
  });

  it('leaves it open on the way there and on the way back, and where a plugin may answer in place of the port', () => {
    for (const one of [denyIngress, denyEgress, admitB])
      expect(verdicts(unreachable, oracleOf(one))).to.deep.equal([...Array(3).fill('undefined'), 'allow']);
    const reasons = ['x/b', 'x/c'].map(
      (row) => judgeCell(unreachable, row, 'x/a', { now: oracleOf(admitB) }).reason,
    );
    expect(reasons[0]).to.include('whether ICMP errors pass as replies do is not specified');
    expect(reasons[1]).to.include(
      'whether a denied datagram is answered with an ICMP error is not specified',
    );
  });
});

describe('the oracle about the ICMP error of a closed port under the admin tiers', () => {
  const unreachable = kind({ traffic: 'unreachable', port: 9 });
  const inX = { namespaces: { matchLabels: { ns: 'x' } } };
  const accept = [{ action: 'Accept' as const, to: [{ namespaces: {} }] }];
  const isolated = policy('alone', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const verdictUnder = (...adminPolicies: AdminPolicy[]): string => {
    const now = createOracle(worldOf(ninePods, [isolated], { adminPolicies }));
    return judgeCell(unreachable, 'x/a', 'y/a', { now }).verdict;
  };

  it('lets it pass with what v1alpha2 accepts, and leaves it open in v1alpha1', () => {
    const older = accept.map((rule) => ({ ...rule, action: 'Allow' as const }));
    expect(verdictUnder(clusterPolicy('newer', { subject: inX, egress: accept }))).to.equal('allow');
    expect(verdictUnder(adminPolicy('older', 1, { subject: inX, egress: older }))).to.equal('undefined');
  });

  it('leaves it open where an end accepts nothing, though it lets the datagram in', () => {
    const out = clusterPolicy('out', { subject: inX, egress: accept });
    const deaf = clusterPolicy('deaf', {
      subject: { namespaces: { matchLabels: { ns: 'y' } } },
      egress: [{ action: 'Deny', to: [{ namespaces: {} }] }],
    });
    expect(verdictUnder(out, deaf)).to.equal('undefined');
    const ingress = [{ action: 'Accept' as const, from: [{ namespaces: {} }] }];
    expect(verdictUnder(out, { ...deaf, spec: { ...deaf.spec, ingress } })).to.equal('allow');
  });
});

it('the oracle judges fragments as it does whole datagrams', () => {
  for (const now of [oracleOf(), oracleOf(denyIngress), oracleOf(admitB), oracleOf(denyEgress)])
    expect(verdicts(kind({ traffic: 'fragmented' }), now)).to.deep.equal(verdicts(kind({}), now));
  expect(verdicts(kind({ traffic: 'fragmented' }), oracleOf(admitB))).to.include('deny');
});

describe('the oracle about established connections', () => {
  const established = kind({ traffic: 'established' });
  const free = oracleOf();

  it('keeps those that no policy acts on, now or before', () => {
    expect(verdicts(established, free, free)).to.deep.equal(Array(4).fill('allow'));
  });

  it('leaves those open that a change denies, or whose end a policy isolates now', () => {
    expect(verdicts(established, oracleOf(denyIngress), free)).to.deep.equal([
      ...['undefined', 'undefined', 'allow', 'allow'],
    ]);
    expect(verdicts(established, oracleOf(admitB), free)[0]).to.equal('undefined');
    expect(verdicts(established, oracleOf(admitB), oracleOf(admitB))[0]).to.equal('undefined');
  });

  it('keeps those that were admitted and that nothing isolates any more, but no others', () => {
    expect(verdicts(established, free, oracleOf(admitB))).to.deep.equal([
      ...['allow', 'undefined', 'allow', 'allow'],
    ]);
  });

  it('keeps replies: isolation in the other direction does not count', () => {
    expect(verdicts(established, oracleOf(denyEgress), free)).to.deep.equal([
      ...['allow', 'allow', 'undefined', 'allow'],
    ]);
  });

  it('refuses to judge without the world before', () => {
    expect(() => verdicts(established, free)).to.throw(RangeError, 'before the first world');
  });
});

it('the oracle knows no ICMP of a Service', () => {
  expect(() => judgeBackends({ ...echo, target: 'service' }, 'x/a', 'x/shop', oracleOf())).to.throw(
    RangeError,
    'a Service has no ICMP',
  );
});
