import { nameTierPolicy, withPeers, withTierPolicies, withTierRules } from './mutant-tier.ts';
import { requirementsOf } from './semantics.ts';
import { nameOf } from './state.ts';
import type { AdminSubject, LabelSelector, Labels } from '../kube/types.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { AnyPolicy, AnyRule } from './mutant-tier.ts';
import type { Node, State } from './state.ts';

/** A `follow` that makes a policy of each and what was first seen of it, for as long as it is there. */
const pinPolicies =
  (mix: (policy: AnyPolicy, first: AnyPolicy) => AnyPolicy): Follow =>
  () => {
    let seen = new Map<string, AnyPolicy>();
    return (state) =>
      withTierPolicies(state, (policies) => {
        seen = new Map(
          policies.map((policy) => [nameTierPolicy(policy), seen.get(nameTierPolicy(policy)) ?? policy]),
        );
        return policies.map((policy) => mix(policy, seen.get(nameTierPolicy(policy)) ?? policy));
      });
  };

const pinActions = (rules: AnyRule[] | undefined, first: AnyRule[] | undefined): AnyRule[] | undefined =>
  rules?.map((rule, index) => ({ ...rule, action: first?.[index]?.action ?? rule.action }));

/** In the keys of labels that pods and namespaces had when they were first seen; no other label has this prefix. */
const first = 'first-seen ';

const withFirst = (labels: Labels, seen: Labels): Labels => ({
  ...labels,
  ...Object.fromEntries(Object.entries(seen).map(([key, value]) => [`${first}${key}`, value])),
});

const askFirst = (selector: LabelSelector): LabelSelector => ({
  matchExpressions: requirementsOf(selector).map((requirement) => ({
    ...requirement,
    key: `${first}${requirement.key}`,
  })),
});

/** A `follow` under which policies can also ask for the labels that pods and namespaces were first seen with. */
const askFirstLabels =
  (change: (policy: AnyPolicy) => AnyPolicy): Follow =>
  () => {
    const seen = new Map<string, Labels>();
    const remember = <Item extends { name: string; labels: Labels }>(item: Item): Item => {
      const before = seen.get(nameOf(item)) ?? item.labels;
      seen.set(nameOf(item), before);
      return { ...item, labels: withFirst(item.labels, before) };
    };
    return (state) =>
      withTierPolicies(
        { ...state, namespaces: state.namespaces.map(remember), pods: state.pods.map(remember) },
        (policies) => policies.map(change),
      );
  };

const askNamespaces = <Peer extends AdminSubject>({ namespaces, pods, ...peer }: Peer): Peer =>
  ({
    ...peer,
    ...(namespaces && { namespaces: askFirst(namespaces) }),
    ...(pods && { pods: { ...pods, namespaceSelector: askFirst(pods.namespaceSelector ?? {}) } }),
  }) as unknown as Peer;

const askPods = <Peer extends AdminSubject>({ pods, ...peer }: Peer): Peer =>
  ({
    ...peer,
    ...(pods && { pods: { ...pods, podSelector: askFirst(pods.podSelector) } }),
  }) as unknown as Peer;

const changeSubject =
  (change: (subject: AdminSubject) => AdminSubject) =>
  (policy: AnyPolicy): AnyPolicy => ({
    ...policy,
    spec: { ...policy.spec, subject: change(policy.spec.subject) },
  });

const changePeers =
  (change: <Peer extends AdminSubject>(peer: Peer) => Peer) =>
  (policy: AnyPolicy): AnyPolicy =>
    withTierRules(policy, (rules) => rules.map((rule) => withPeers(rule, (peers) => peers.map(change))));

/** Bugs of the tiers in following what changes. */
export const tierFollowMutants: readonly Mutant[] = [
  {
    name: 'tier-priority-not-followed',
    sentence: 'A policy keeps the priority that it was first seen with.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'an update handler that compares rules only',
    follow: pinPolicies((policy, { spec: { priority } }) =>
      priority === undefined ? policy : { ...policy, spec: { ...policy.spec, priority } },
    ),
  },
  {
    name: 'tier-action-not-followed',
    sentence: 'A rule keeps the action that its place was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an update handler that compares peers and ports only, which is all that a NetworkPolicy has',
    follow: pinPolicies((policy, { spec }) =>
      withTierRules(policy, (rules, side) => pinActions(rules, spec[side]) ?? []),
    ),
  },
  {
    name: 'tier-order-not-followed',
    sentence: 'An update that has the same rules in another order is taken for none.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'an update handler that compares sets of rules, as the order in a NetworkPolicy means nothing',
    follow: pinPolicies((policy, { spec }) =>
      withTierRules(policy, (rules, side) => {
        const sorted = (list: AnyRule[]): string =>
          JSON.stringify(list.map((rule) => JSON.stringify(rule)).toSorted());
        const before = spec[side];
        return before !== undefined && sorted(before) === sorted(rules) ? before : rules;
      }),
    ),
  },
  {
    name: 'tier-subject-not-followed',
    sentence: 'A policy keeps the subject that it was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an update handler that changes rules where they are, and moves none',
    follow: pinPolicies((policy, { spec: { subject } }) => changeSubject(() => subject)(policy)),
  },
  {
    name: 'baseline-not-followed',
    sentence: 'The BaselineAdminNetworkPolicy keeps the rules that it was first seen with.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'a plugin that handles add and delete events only',
    follow: pinPolicies((policy, before) => (policy.kind === 'BaselineAdminNetworkPolicy' ? before : policy)),
  },
  {
    name: 'deleted-tier-policy-stays',
    sentence: 'A deleted policy of a tier stays in force.',
    feature: 'AdminNetworkPolicy',
    imitates: 'a plugin that misses deletions',
    spoilsBaseline: true,
    follow: () => {
      const known = new Map<string, AnyPolicy>();
      return (state) =>
        withTierPolicies(state, (policies) => {
          for (const policy of policies) known.set(nameTierPolicy(policy), policy);
          return [...known.values()];
        });
    },
  },
  {
    name: 'tier-policies-by-name',
    sentence: 'Of policies of the tiers that have the same name only one counts, whatever their kinds.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'one map by name for all kinds; the name of a BaselineAdminNetworkPolicy is fixed',
    follow: () => (state) =>
      withTierPolicies(state, (policies) => [
        ...new Map(policies.map((policy) => [policy.metadata.name, policy])).values(),
      ]),
  },
  {
    name: 'tier-subject-namespace-not-followed',
    sentence:
      'Whether a namespace belongs to a subject is decided by the labels that it was first seen with.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'network-policy-api#110: no coverage "when the labels of a namespace get updated"',
    follow: askFirstLabels(changeSubject(askNamespaces)),
  },
  {
    name: 'tier-subject-pod-not-followed',
    sentence: 'Whether a pod belongs to a subject is decided by the labels that it was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'subjects that are looked up when pods come; conformance of the tiers relabels no pod',
    follow: askFirstLabels(changeSubject(askPods)),
  },
  {
    name: 'tier-peer-namespace-not-followed',
    sentence: 'Whether a peer means a namespace is decided by the labels that it was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'network-policy-api#110: no coverage "when the labels of a namespace get updated"',
    follow: askFirstLabels(changePeers(askNamespaces)),
  },
  {
    name: 'tier-peer-pod-not-followed',
    sentence: 'Whether a peer means a pod is decided by the labels that it was first seen with.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'peers that are looked up when pods come; conformance of the tiers relabels no pod',
    follow: askFirstLabels(changePeers(askPods)),
  },
  {
    name: 'tier-node-labels-not-followed',
    sentence: 'Nodes keep the labels that they were first seen with.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'nodes that are read once; no peer suite relabels a node',
    follow: () => {
      const seen = new Map<string, Labels>();
      const pin = (node: Node): Node => {
        const labels = seen.get(node.name) ?? node.labels;
        seen.set(node.name, labels);
        return { ...node, labels };
      };
      return (state) => ({ ...state, nodes: state.nodes.map(pin) });
    },
  },
  {
    name: 'tier-new-pod-not-followed',
    sentence: 'A pod that is created while policies of the tiers exist is none of their business.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'rules computed when a policy comes; NetworkPolicy API conformance never creates a pod after one',
    follow: () => {
      let known = new Set<string>();
      return (state: State) => {
        if (state.adminPolicies.length === 0) known = new Set(state.pods.map(nameOf));
        return { ...state, pods: state.pods.filter((pod) => known.has(nameOf(pod))) };
      };
    },
  },
  {
    name: 'tier-denies-other-direction',
    sentence: 'A policy with rules for one direction only denies the other one to its subject.',
    feature: 'AdminNetworkPolicy',
    imitates: 'isolation of both directions by whatever selects a pod (network-policy-api#386)',
    follow: () => (state) =>
      withTierPolicies(state, (policies) =>
        policies.map((policy) => {
          const { ingress = [], egress = [] } = policy.spec;
          const closed = { action: 'Deny', from: [{ namespaces: {} }] };
          const spec = {
            ...policy.spec,
            ...(ingress.length === 0 && egress.length > 0 && { ingress: [closed] }),
            ...(egress.length === 0 &&
              ingress.length > 0 && { egress: [{ action: 'Deny', to: closed.from }] }),
          };
          return { ...policy, spec };
        }),
      ),
  },
];
