import { expect } from 'chai';
import * as fc from 'fast-check';
import type { AdminPolicy, Policy } from '../../../helpers/kube/types.ts';
import { validatePolicy } from '../../../helpers/kube/validate-policy.ts';
import { isAdminPolicy } from '../../../helpers/kube/world.ts';
import { readTierPolicy } from '../../../helpers/model/tier-policy.ts';
import { anyScenario } from '../../../helpers/scenario/arbitrary.ts';
import { isConfined } from '../../../helpers/scenario/policies.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

const scenarios = fc.sample(anyScenario(), { seed: 7, numRuns: 1000, unbiased: true });

const policiesOf = ({ steps }: Scenario): Policy[] =>
  steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));
const hasNetworkPolicy = (scenario: Scenario): boolean =>
  policiesOf(scenario).some((policy) => !isAdminPolicy(policy));
const tiersOf = (scenario: Scenario): AdminPolicy[] => policiesOf(scenario).filter(isAdminPolicy);
const tierRulesOf = (scenario: Scenario) =>
  tiersOf(scenario).flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]);
const tierPeersOf = (scenario: Scenario) =>
  tierRulesOf(scenario).flatMap(({ from, to }) => [...(from ?? []), ...(to ?? [])]);
const hasBothTiers = (scenario: Scenario): boolean =>
  new Set(tiersOf(scenario).map((policy) => readTierPolicy(policy).tier)).size > 1;
const hasPortsFirst = (policy: AdminPolicy): boolean =>
  Object.values(readTierPolicy(policy).rules).some(
    ([first, second]) => first?.ports !== undefined && second !== undefined && second.ports === undefined,
  );

/** Edges of the admin tiers, and in how many of a thousand worlds each must be met at least. */
type Edge = [edge: string, least: number, isMet: (scenario: Scenario) => boolean];
const edges: Edge[] = [
  ...(['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'] as const).map(
    (kind): Edge => [kind, 35, (s) => tiersOf(s).some((policy) => policy.kind === kind)],
  ),
  ...['Accept', 'Allow', 'Deny', 'Pass'].map((action): Edge => [
    `a rule that says ${action}`,
    70,
    (s) => tierRulesOf(s).some((rule) => rule.action === action),
  ]),
  ['two tiers and a NetworkPolicy', 10, (s) => hasNetworkPolicy(s) && hasBothTiers(s)],
  ['a peer that is nodes', 40, (s) => tierPeersOf(s).some(({ nodes }) => nodes !== undefined)],
  ['a peer that is networks', 60, (s) => tierPeersOf(s).some(({ networks }) => networks !== undefined)],
  ['a rule with ports above one without', 30, (s) => tiersOf(s).some(hasPortsFirst)],
];

describe('random policies of the admin tiers', () => {
  for (const [edge, least, isMet] of edges) {
    it(`meet ${edge}`, () => {
      expect(scenarios.filter(isMet).length).to.be.at.least(least);
    });
  }

  it('are all valid, and about the pods of their own lane', () => {
    for (const policy of scenarios.flatMap(tiersOf)) {
      expect(validatePolicy(policy)).to.deep.equal([]);
      expect(isConfined(policy)).to.equal(true);
    }
  });
});
