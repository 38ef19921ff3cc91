import { expect } from 'chai';
import * as fc from 'fast-check';
import { addressOf, idOf } from '../../../helpers/kube/world.ts';
import type { Stage } from '../../../helpers/model/stages.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { anyPods, anyPolicies } from './arbitrary.ts';
import { anyAdminPolicies, anyNodes } from './arbitrary-tiers.ts';
import { judgeTiersNaively } from './naive-tiers.ts';
import { ninePods, policyOf, worldOf } from './worlds.ts';

/** What the stages come to: every way through them must end alike. */
const foldStages = (stages: readonly Stage[]): string => {
  const verdicts = new Set(
    stages.flatMap(({ outcomes }) => outcomes.filter((outcome) => outcome !== 'next')),
  );
  return verdicts.size === 1 ? [...verdicts].join('') : 'undefined';
};

describe('the oracle and a second evaluator', () => {
  it('agree on random worlds of all four kinds of policies', function () {
    this.timeout(60_000);
    let decided = 0;
    fc.assert(
      fc.property(
        anyPods,
        anyPolicies,
        anyAdminPolicies,
        anyNodes,
        (pods, policies, adminPolicies, nodes) => {
          const world = worldOf(pods, policies.slice(0, 2), { adminPolicies, nodes });
          const oracle = createOracle(world);
          for (const family of ['IPv4', 'IPv6'] as const)
            for (const protocol of ['TCP', 'UDP'] as const) {
              const there = pods.filter((pod) => addressOf(pod, family) !== undefined);
              for (const source of there.filter((_, index) => index % 2 === 0))
                for (const destination of there) {
                  const ask = { world, source, destination, protocol, port: 80, family };
                  const naive = judgeTiersNaively(ask, adminPolicies);
                  const { verdict, decidedBy, egress, ingress } = oracle.explain(
                    idOf(source),
                    idOf(destination),
                    protocol,
                    80,
                    family,
                  );
                  const cell = `${idOf(source)} -> ${idOf(destination)} ${family} ${protocol}`;
                  expect(verdict, `explained ${cell}`).to.equal(naive);
                  expect(
                    oracle.verdict(idOf(source), idOf(destination), protocol, 80, family),
                    cell,
                  ).to.equal(naive);
                  const stages = oracle.stages(idOf(source), idOf(destination), protocol, 80, family);
                  expect(foldStages(stages.egress), `stages of egress, ${cell}`).to.equal(egress.verdict);
                  expect(foldStages(stages.ingress), `stages of ingress, ${cell}`).to.equal(ingress.verdict);
                  // Without a word of any policy everything is open.
                  if (verdict !== 'allow') expect(decidedBy, cell).not.to.deep.equal([]);
                  decided += egress.matchedBy.length + ingress.matchedBy.length;
                }
            }
        },
      ),
      { numRuns: 60 },
    );
    expect(decided).to.be.greaterThan(1000);
  });

  it('see nothing change where there is no policy of a tier', () => {
    const world = worldOf(ninePods, [policyOf('x/admit-all', { podSelector: {}, ingress: [{}] })]);
    const kinds = ['TCP', 'ICMP'] as const;
    for (const kind of kinds)
      expect(createOracle({ ...world, adminPolicies: [] }).matrix(kind, 80, 'IPv4')).to.deep.equal(
        createOracle(world).matrix(kind, 80, 'IPv4'),
      );
  });
});
