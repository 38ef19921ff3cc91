import { changePolicies, changeRules } from './mutant.ts';
import { networkPolicySemantics } from './semantics.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { Pod } from './state.ts';

const { isolates, selects } = networkPolicySemantics;

/** A `follow` that changes each policy in the light of the pods that there are. */
const inSightOfPods =
  (change: (policy: NetworkPolicy, pods: Pod[]) => NetworkPolicy): Follow =>
  () =>
  (state) => ({ ...state, policies: state.policies.map((policy) => change(policy, state.pods)) });

const isEmptyRule = ({
  ports = [],
  ...rest
}: {
  ports?: unknown[];
  from?: unknown[];
  to?: unknown[];
}): boolean => ports.length === 0 && (rest.from ?? rest.to ?? []).length === 0;

/** Bugs in policies as a whole and in their rules. */
export const policyMutants: readonly Mutant[] = [
  {
    name: 'egress-policy-isolates-ingress',
    sentence: 'A policy for egress alone also isolates its pods for ingress.',
    feature: 'NetworkPolicyEgress',
    imitates: 'policyTypes ignored; a suite that never connects to the selected pod does not notice',
    killedBy: 'network-policy/isolation/default-deny-egress',
    semantics: { isolates: (policy, direction) => direction === 'Ingress' || isolates(policy, direction) },
  },
  {
    name: 'ingress-policy-isolates-egress',
    sentence: 'A policy for ingress alone also isolates its pods for egress.',
    feature: 'NetworkPolicy',
    imitates: 'policyTypes ignored; a suite that never connects from the selected pod does not notice',
    killedBy: 'network-policy/isolation/selected-pods-only',
    semantics: { isolates: (policy, direction) => direction === 'Egress' || isolates(policy, direction) },
  },
  {
    name: 'egress-type-without-rules-ignored',
    sentence: 'A policy with policyTypes Egress and no egress rules does not isolate for egress.',
    feature: 'NetworkPolicyEgress',
    imitates: 'the presence of the key taken for the decision',
    killedBy: 'network-policy/isolation/default-deny-egress',
    semantics: {
      isolates: (policy, direction) =>
        isolates(policy, direction) && (direction === 'Ingress' || policy.spec.egress !== undefined),
    },
  },
  {
    name: 'first-policy-wins',
    sentence: 'Of several policies that isolate a pod only the oldest counts.',
    feature: 'NetworkPolicy',
    imitates: 'a firewall with an order of rules; a suite with one policy at a time does not notice',
    killedBy: 'network-policy/isolation/policies-add-up',
    semantics: { combine: (policies) => policies.slice(0, 1) },
  },
  {
    name: 'last-policy-wins',
    sentence: 'Of several policies that isolate a pod only the newest counts.',
    feature: 'NetworkPolicy',
    imitates: 'a map from pod to policy; a suite with one policy at a time does not notice',
    killedBy: 'network-policy/isolation/policies-add-up',
    semantics: { combine: (policies) => policies.slice(-1) },
  },
  {
    name: 'first-rule-only',
    sentence: 'Of several rules of a policy only the first counts.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head',
    killedBy: 'network-policy/peers/rules-do-not-mix',
    follow: changeRules((rules) => rules.slice(0, 1)),
  },
  {
    name: 'first-peer-only',
    sentence: 'Of several peers of a rule only the first counts.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head; the default cases of Cyclonus leave several peers out',
    killedBy: 'network-policy/peers/pod-or-namespace',
    follow: changeRules((rules) =>
      rules.map((rule) => (rule.peers === undefined ? rule : { ...rule, peers: rule.peers.slice(0, 1) })),
    ),
  },
  {
    name: 'no-peers-nobody',
    sentence: 'A rule with ports and without peers admits nobody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty list taken for "none" instead of "all"',
    killedBy: 'network-policy/ports/numeric-port',
    follow: changeRules((rules) =>
      rules.filter(({ peers = [], ports = [] }) => peers.length > 0 || ports.length === 0),
    ),
  },
  {
    name: 'empty-rule-denies',
    sentence: 'The empty rule `{}` admits nobody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty object taken for "none" instead of "all"',
    killedBy: 'network-policy/isolation/allow-all-ingress',
    follow: changeRules((rules) =>
      rules.filter(({ peers = [], ports = [] }) => peers.length > 0 || ports.length > 0),
    ),
  },
  {
    name: 'no-rules-allow-all',
    sentence: 'A policy without rules for a direction that it isolates admits all in that direction.',
    feature: 'NetworkPolicy',
    imitates: 'an empty list taken for "all" instead of "none"',
    killedBy: 'network-policy/isolation/default-deny-ingress',
    follow: changePolicies((policies) =>
      policies.map((policy) => ({
        ...policy,
        spec: {
          ...policy.spec,
          ...((policy.spec.ingress ?? []).length === 0 && isolates(policy, 'Ingress')
            ? { ingress: [{}] }
            : {}),
          ...((policy.spec.egress ?? []).length === 0 && isolates(policy, 'Egress') ? { egress: [{}] } : {}),
        },
      })),
    ),
  },
  {
    name: 'policies-known-by-name',
    sentence: 'Of policies that have the same name in different namespaces only the newest is in force.',
    feature: 'NetworkPolicy',
    imitates: 'a cache whose key lacks the namespace; a suite with one policy at a time does not notice',
    killedBy: 'network-policy/isolation/same-name-in-two-namespaces',
    follow: changePolicies((policies) => [
      ...new Map(policies.map((policy) => [policy.metadata.name, policy])).values(),
    ]),
  },
  {
    name: 'allow-all-lifts-both-directions',
    sentence: 'A policy that allows all of one direction opens the other as well.',
    feature: 'NetworkPolicyEgress',
    imitates: 'an allow-all flag of the whole pod; Kubernetes e2e tests 31 and 32 isolate one direction only',
    killedBy: 'network-policy/isolation/allow-all-lifts-one-direction',
    follow: changePolicies((policies) =>
      policies.map((policy) => {
        const { spec } = policy;
        const isOpen = [...(spec.ingress ?? []), ...(spec.egress ?? [])].some(isEmptyRule);
        const open: NetworkPolicy['spec'] = {
          podSelector: spec.podSelector ?? {},
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{}],
          egress: [{}],
        };
        return isOpen ? { ...policy, spec: open } : policy;
      }),
    ),
  },
  {
    name: 'unmatched-policy-isolates-namespace',
    sentence: 'A policy that selects no pod isolates its whole namespace.',
    feature: 'NetworkPolicy',
    imitates:
      'an empty result taken for an empty selector; no case of Kubernetes e2e and Cyclonus selects nobody',
    killedBy: 'network-policy/isolation/subject-matches-nobody',
    follow: inSightOfPods((policy, pods) => {
      const { metadata, spec } = policy;
      const isInUse = pods.some(
        ({ namespace, labels }) =>
          namespace === metadata.namespace && selects(spec.podSelector ?? {}, labels),
      );
      return isInUse ? policy : { ...policy, spec: { ...spec, podSelector: {} } };
    }),
  },
];
