import { expect } from 'chai';
import type { CheckContext } from '../../../helpers/run/check.ts';
import { skipReason } from '../../../helpers/run/skip-reason.ts';
import { baselineOf, gridsFor, targetFor } from '../../../helpers/run/expected.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { answerersOf } from '../../../helpers/run/judge.ts';
import { lintScenario, vacuousReason } from '../../../helpers/run/lint.ts';
import { formatProbeKind } from '../../../helpers/matrix/matrix.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { sweep } from '../../../helpers/probe/sweep.ts';
import type { ProbeRequest } from '../../../helpers/probe/link.ts';
import { worldAt } from '../../../helpers/scenario/world.ts';
import { problemsOf, scenarioOf } from '../scenario/sample.ts';

const text = `\
scenario: Names are found only where a rule admits DNS
spec: https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
features: [NetworkPolicy, NetworkPolicyEgress, NetworkPolicyUDP, ServiceNames]
pods:
  x/a: isolated
  y/a: free, behind both
services:
  y/a: { port: 80 }
  y/b: { port: 81, type: Headless, selector: { pod: a } }
steps:
  - apply: isolate
    expect:
      lookup: |2
             y/a y/b
        x/a   X   X
        y/a   .   .
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: isolate, namespace: x }
spec: { podSelector: {}, policyTypes: [Egress] }
`;
const change = (from: string, to: string): string => {
  if (!text.includes(from)) throw new Error(`no ${from}`);
  return text.replace(from, to);
};
const scenario = scenarioOf(text);
const expected = scenario.steps[0]?.expect ?? [];

describe('a lookup grid', () => {
  it('has every Service for a column, by whatever port, and needs the feature and the capability of names', () => {
    expect(
      expected.map(({ key, target, protocol, port }) => ({ key, target, protocol, port })),
    ).to.deep.equal([{ key: 'lookup', target: 'lookup', protocol: 'UDP', port: 53 }]);
    expect(problemsOf(change(', ServiceNames', '')).join('\n')).to.include('ServiceNames');
    const lacks: CheckContext['lacks'] = { 'service-names': 'no DNS' };
    const context = { lacks, families: ['IPv4'] } as unknown as CheckContext;
    expect(skipReason(scenario, context)).to.equal('no DNS');
  });

  it('refuses to leave out a Service, and a family', () => {
    const short = text.replace('y/a y/b', 'y/a').replace('X   X', 'X').replace('.   .', '.');
    expect(problemsOf(short).join('\n')).to.include('the grid lacks the column y/b');
    expect(problemsOf(change('lookup: |2', 'v4 lookup: |2')).join('\n')).to.include('or ICMP, or lookup');
  });

  it('refuses to assert the name of a headless Service without pods, and accepts that of another', () => {
    const empty = change(
      '{ port: 81, type: Headless, selector: { pod: a } }',
      '{ port: 81, selector: { pod: q } }',
    );
    expect(problemsOf(empty)).to.deep.equal([]);
    expect(lintScenario(scenarioOf(empty))).to.deep.equal([]);
    // Its denial is a policy's, as no pod of it was to answer.
    expect(vacuousReason(scenarioOf(empty.replace('x/a   X', 'x/a   -')))).to.equal(undefined);
    const headless = empty.replace('port: 81,', 'port: 81, type: Headless,');
    expect(problemsOf(headless).join('\n')).to.include(
      'no pod is behind y/b at this step: its cells can only be `-`',
    );
  });

  it('refuses rows that ask another DNS server', () => {
    const onNode = change(
      '  y/a: free, behind both',
      '  y/a: behind both\n  z/h: { why: a node, hostNetwork: true, node: 1 }',
    )
      .replace(', ServiceNames', ', ServiceNames, HostNetwork')
      .replace('        y/a   .   .\n', '        y/a   .   .\n        z/h   .   -\n');
    expect(problemsOf(onNode).join('\n')).to.include(
      'z/h does not ask the DNS server of the cluster: its cells can only be `-`',
    );
    expect(problemsOf(onNode.replace('z/h   .', 'z/h   -')).join('\n')).not.to.include('does not ask');
  });

  it('is held against the policies by lint, and claims something', () => {
    expect(lintScenario(scenario)).to.deep.equal([]);
    expect(vacuousReason(scenario)).to.equal(undefined);
    const wrong = lintScenario(scenarioOf(change('x/a   X', 'x/a   .')));
    expect(wrong.map(({ message }) => message)).to.deep.equal([
      'x/a -> y/a lookup: drawn allow, but the policies say deny: x/a is isolated for egress by x/isolate, without any egress rule',
    ]);
  });

  it('is asked once, also on both families, and before the first step too', () => {
    for (const grids of [
      gridsFor(expected, ['IPv4', 'IPv6']),
      baselineOf(scenario, ['IPv4', 'IPv6'], () => true),
    ])
      expect(grids.map(({ kind }) => [formatProbeKind(kind), kind.family])).to.deep.equal([
        ['lookup', 'IPv4'],
      ]);
    expect(gridsFor(expected, ['IPv6']).map(({ kind }) => kind.family)).to.deep.equal(['IPv6']);
  });

  it('asks for names at port 53, by nobody whose answer carries a name', async () => {
    const same = (id: string): string => id;
    const ground = { realId: same, shortId: same } as unknown as Ground;
    const [grid] = gridsFor(expected, ['IPv4', 'IPv6']);
    if (grid === undefined) throw new Error('no grid');
    const requests: ProbeRequest[] = [];
    const probe = (_: string, probes: readonly ProbeRequest[]) => {
      requests.push(...probes);
      return Promise.resolve(probes.map(() => ({ outcome: 'connected' as const, milliseconds: 1 })));
    };
    const world = worldAt(scenario, 0);
    await sweep({ probe }, [targetFor(grid, world, ground)], 50);
    const lookup = { protocol: 'UDP', port: 53, deadline: 300, family: 4, traffic: 'lookup' };
    const names = ['a.y.svc', 'b.y.svc', 'a.y.svc', 'b.y.svc'];
    expect(requests).to.have.deep.members(names.map((host) => ({ ...lookup, host })));
    expect(answerersOf(createOracle(world))(grid.kind, 'y/a', 'y/a')).to.equal(undefined);
  });
});
