import { expect } from 'chai';
import * as fc from 'fast-check';
import { addressOf, idOf } from '../../../helpers/kube/world.ts';
import { groupAlike, standIns } from '../../../helpers/model/alike.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { anyAdminPolicies, anyNodes } from './arbitrary-tiers.ts';
import { anyPods, anyPolicies } from './arbitrary.ts';
import { ninePods, policyOf, worldOf } from './worlds.ts';

describe('pods that behave alike', function () {
  this.timeout(30_000);

  it('have the verdicts of those who stand for them', () => {
    let merged = 0;
    fc.assert(
      fc.property(
        anyPods,
        anyPolicies,
        anyAdminPolicies,
        anyNodes,
        (pods, policies, adminPolicies, nodes) => {
          const world = worldOf(pods, policies.slice(0, 2), { adminPolicies, nodes });
          const groups = groupAlike(pods, [world]);
          const [all, few] = [createOracle(world), createOracle({ ...world, pods: standIns(groups) })];
          const groupOf = (id: string) => groups.find(({ ids }) => ids.includes(id));
          for (const from of pods)
            for (const to of pods) {
              const [source, target] = [groupOf(idOf(from)), groupOf(idOf(to))];
              if (from === to || source === undefined || target === undefined) continue;
              merged += Number(source.ids.length > 1);
              const asked = idOf(source === target ? source.twin! : target.pod);
              for (const family of ['IPv4', 'IPv6'] as const)
                for (const protocol of ['TCP', 'UDP'] as const) {
                  if (addressOf(from, family) === undefined || addressOf(to, family) === undefined) continue;
                  const verdict = few.verdict(idOf(source.pod), asked, protocol, 80, family);
                  expect(verdict).to.equal(all.verdict(idOf(from), idOf(to), protocol, 80, family));
                }
            }
        },
      ),
      { numRuns: 80 },
    );
    expect(merged).to.be.greaterThan(0);
  });

  it('differ by the labels that some selector speaks of, and by no other', () => {
    const labels = (hash: string) => ({ app: 'web', hash });
    const [a, b] = ninePods.map((pod) => ({ ...pod, labels: labels(pod.name) }));
    const world = worldOf([a!, b!], [policyOf('x/p', { podSelector: { matchLabels: { app: 'web' } } })]);
    expect(groupAlike([a!, b!], [world]).map(({ ids }) => ids)).to.deep.equal([['x/a', 'x/b']]);
    const after = worldOf([a!, b!], [policyOf('x/p', { podSelector: { matchLabels: { hash: 'a' } } })]);
    expect(groupAlike([a!, b!], [world, after])).to.have.length(2);
  });
});
