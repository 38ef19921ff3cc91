import { changeTierPolicies } from './mutant-tier.ts';
import { tierSemantics } from './tier-semantics.ts';
import type { Mutant } from './mutant.ts';
import type { Action, Decision } from './rules.ts';

const { orderTier } = tierSemantics;

/** Takes decisions of one action for decisions of another. */
const turn = (decisions: Decision[], from: Action, to: Action): Decision[] =>
  decisions.map((decision) => (decision.action === from ? { ...decision, action: to } : decision));

const without = (decisions: Decision[], action: Action): Decision[] =>
  decisions.filter((decision) => decision.action !== action);

/** Bugs in what comes first: priorities, tiers, and what Pass leaves. */
export const tierOrderMutants: readonly Mutant[] = [
  {
    name: 'tier-pass-accepts',
    sentence: 'Pass is taken for Accept.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an engine that knows two verdicts; that a Pass opens nothing shows only beside another tier',
    killedBy: 'admin/tiers/pass-is-no-allow',
    semantics: {
      stages: ({ admin, policies, baseline }) => [turn(admin, 'pass', 'accept'), policies ?? baseline],
    },
  },
  {
    name: 'tier-pass-goes-on',
    sentence: 'Pass matches nothing: later rules of its tier decide.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an engine that skips the actions that it has no verdict for',
    killedBy: 'admin/priority/chain',
    semantics: {
      stages: ({ admin, policies, baseline }) => [without(admin, 'pass'), policies ?? baseline],
    },
  },
  {
    name: 'tier-pass-skips-network-policies',
    sentence: 'Where a rule passes, the last tier comes next, and NetworkPolicies do not count.',
    feature: 'AdminNetworkPolicy',
    imitates: 'tiers in one table of priorities, in which Pass jumps to the next tier of the same API',
    killedBy: 'admin/tiers/pass-is-no-allow',
    semantics: {
      stages: ({ admin, policies, baseline }) => [
        admin,
        admin.some(({ action }) => action === 'pass') ? baseline : (policies ?? baseline),
      ],
    },
  },
  {
    name: 'baseline-pass-denies',
    sentence: 'Pass in the Baseline tier denies.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'BaselineAdminNetworkPolicy, which knew no Pass; no conformance test passes in that tier',
    killedBy: 'admin/tiers/cluster-baseline-pass',
    semantics: {
      stages: ({ admin, policies, baseline }) => [admin, policies ?? turn(baseline, 'pass', 'deny')],
    },
  },
  {
    name: 'baseline-pass-goes-on',
    sentence: 'Pass in the Baseline tier matches nothing: later rules decide.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'BaselineAdminNetworkPolicy, which knew no Pass; no conformance test passes in that tier',
    killedBy: 'admin/tiers/cluster-baseline-pass',
    semantics: {
      stages: ({ admin, policies, baseline }) => [admin, policies ?? without(baseline, 'pass')],
    },
  },
  {
    name: 'tier-priority-reversed',
    sentence: 'The greater number has the higher priority.',
    feature: 'AdminNetworkPolicy',
    imitates: 'the priorities of OVN and Open vSwitch, where the greater number wins',
    killedBy: 'admin/priority/lower-number-decides',
    semantics: { orderTier: (policies) => orderTier(policies).toReversed() },
  },
  {
    name: 'tier-priority-as-text',
    sentence: 'Priorities are compared as text: 10 comes before 9.',
    feature: 'AdminNetworkPolicy',
    imitates:
      'keys of a sorted store without leading zeros; a suite with priorities of two digits does not notice',
    killedBy: 'admin/priority/numbers-not-text',
    semantics: {
      orderTier: (policies) =>
        orderTier(policies).toSorted((a, b) => (`${a.priority}` < `${b.priority}` ? -1 : 1)),
    },
  },
  {
    name: 'tier-priority-zero-absent',
    sentence: 'Priority 0 is taken for none, and comes last.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'the zero value of Go taken for an absent field; no peer suite has a policy of priority 0',
    killedBy: 'admin/limits/cluster-priority-bounds',
    semantics: {
      orderTier: (policies) =>
        orderTier(policies).toSorted((a, b) => (a.priority || 1001) - (b.priority || 1001)),
    },
  },
  {
    name: 'tier-priority-above-99-ignored',
    sentence: 'Policies with a priority above 99 do not count.',
    feature: 'AdminNetworkPolicy',
    imitates: 'OVN-Kubernetes, which "only supports priority values between 0 and 99" of 1000',
    killedBy: 'admin/limits/priority-bounds',
    semantics: { orderTier: (policies) => orderTier(policies).filter(({ priority }) => priority <= 99) },
  },
  {
    name: 'tier-equal-priority-dropped',
    sentence: 'Of policies with the same priority only one counts.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'a map from priority to policy; policy-assistant panics (network-policy-api#216: both must be applied)',
    killedBy: 'admin/priority/cluster-equal-disjoint',
    semantics: {
      orderTier: (policies) => [
        ...new Map(orderTier(policies).map((policy) => [policy.priority, policy])).values(),
      ],
    },
  },
  {
    name: 'tier-one-policy-only',
    sentence: 'Of the policies of a tier only that of the highest priority counts.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'the only BaselineAdminNetworkPolicy, and ClusterNetworkPolicies read by the same code',
    killedBy: 'admin/priority/cluster-chain',
    semantics: { orderTier: (policies) => orderTier(policies).slice(0, 1) },
  },
  {
    name: 'baseline-before-network-policies',
    sentence: 'The last tier decides before NetworkPolicies do.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'all policies of the group handled by one controller, in one place of the pipeline',
    killedBy: 'admin/tiers/network-policy-beats-baseline',
    semantics: { stages: ({ admin, policies, baseline }) => [admin, baseline, policies ?? []] },
  },
  {
    name: 'baseline-after-network-policies',
    sentence: 'What a NetworkPolicy admits is still denied by the last tier.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'an allow rule that returns to the chain from which the next tier is called',
    killedBy: 'admin/tiers/network-policy-beats-baseline',
    semantics: {
      stages: ({ admin, policies, baseline }) => [admin, turn(policies ?? [], 'accept', 'pass'), baseline],
    },
  },
  {
    name: 'baseline-skipped-by-other-direction',
    sentence: 'A pod that NetworkPolicies isolate in one direction is free of the last tier in both.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates:
      'kube-network-policies: its evaluation of egress accepts for a pod that a policy for ingress selects',
    survives: 'whether a NetworkPolicy for one direction keeps the last tier from the other is not specified',
    rules: (pods) =>
      pods.map((pod) => {
        if (pod.tiers === undefined || (pod.ingress ?? pod.egress) === undefined) return pod;
        const tiers = Object.entries(pod.tiers).map(([side, { admin }]) => [side, { admin, baseline: [] }]);
        return { ...pod, tiers: Object.fromEntries(tiers) };
      }),
  },
  {
    name: 'baseline-tier-as-admin',
    sentence: 'A ClusterNetworkPolicy of the Baseline tier decides in the Admin tier.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'a plugin that reads the new kind by the code for AdminNetworkPolicy',
    killedBy: 'admin/tiers/cluster-network-policy-beats-baseline',
    follow: changeTierPolicies((policies) =>
      policies.map((policy) =>
        policy.spec.tier === undefined ? policy : { ...policy, spec: { ...policy.spec, tier: 'Admin' } },
      ),
    ),
  },
  {
    name: 'baseline-ignored',
    sentence: 'The last tier is not enforced.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'plugins that had AdminNetworkPolicy first',
    killedBy: 'admin/tiers/pass-reaches-baseline',
    semantics: { stages: ({ admin, policies }) => [admin, policies ?? []] },
  },
  {
    name: 'admin-after-network-policies',
    sentence: 'Where NetworkPolicies isolate, the tier before them is not asked.',
    feature: 'AdminNetworkPolicy',
    imitates: 'a pipeline that ends for isolated pods where NetworkPolicy ended it before there were tiers',
    killedBy: 'admin/tiers/deny-beats-network-policy',
    semantics: {
      stages: ({ admin, policies, baseline }) => (policies === undefined ? [admin, baseline] : [policies]),
    },
  },
  {
    name: 'admin-accept-leaves-network-policies',
    sentence: 'What a rule of the first tier accepts is still denied by NetworkPolicies.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an allow rule that returns to the chain from which the next tier is called',
    killedBy: 'admin/tiers/allow-beats-network-policy',
    semantics: {
      stages: ({ admin, policies, baseline }) => [
        policies === undefined ? admin : turn(admin, 'accept', 'pass'),
        policies ?? baseline,
      ],
    },
  },
  {
    name: 'tier-isolates',
    sentence: 'What no rule of a policy means is denied to its subject, as if the policy isolated it.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'NetworkPolicy, whose machinery the tiers got: there is no implicit deny in them',
    killedBy: 'admin/tiers/cluster-no-isolation',
    semantics: {
      stages: ({ admin, policies, baseline }) => [
        admin.length === 0 ? [] : [...admin, { action: 'deny' }],
        policies ?? baseline,
      ],
    },
  },
  {
    name: 'baseline-isolates',
    sentence: 'What no rule of the last tier means is denied to its subject.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'a default deny at the end of the last table, for whatever has a rule in it',
    killedBy: 'admin/placement/baseline-ports',
    semantics: {
      stages: ({ admin, policies, baseline }) => [
        admin,
        policies ?? (baseline.length === 0 ? [] : [...baseline, { action: 'deny' }]),
      ],
    },
  },
];
