import { nameTierPolicy, withPeers, withTierPolicies, withTierRules } from './mutant-tier.ts';
import { requirementsOf } from './semantics.ts';
import { nameOf } from './state.ts';
import type { AdminPeer, AdminSubject, LabelSelector, Labels } from '../kube/types.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { AnyPolicy, AnyRule } from './mutant-tier.ts';
import type { State } from './state.ts';

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

/** In the keys of labels that pods, namespaces and nodes had when they were first seen; no other label has this prefix. */
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

/** A `follow` under which policies can also ask for the labels that pods, namespaces and nodes were first seen with. */
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
        {
          ...state,
          namespaces: state.namespaces.map(remember),
          pods: state.pods.map(remember),
          nodes: state.nodes.map(remember),
        },
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

const askNodes = <Peer extends AdminPeer>({ nodes, ...peer }: Peer): Peer =>
  ({ ...peer, ...(nodes && { nodes: askFirst(nodes) }) }) as unknown as Peer;

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
    killedBy: 'admin/priority/cluster-update-reorders',
    follow: pinPolicies((policy, { spec: { priority } }) =>
      priority === undefined ? policy : { ...policy, spec: { ...policy.spec, priority } },
    ),
  },
  {
    name: 'tier-action-not-followed',
    sentence: 'A rule keeps the action that its place was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an update handler that compares peers and ports only, which is all that a NetworkPolicy has',
    killedBy: 'admin/lifecycle/update-action',
    follow: pinPolicies((policy, { spec }) =>
      withTierRules(policy, (rules, side) => pinActions(rules, spec[side]) ?? []),
    ),
  },
  {
    name: 'tier-order-not-followed',
    sentence: 'An update that has the same rules in another order is taken for none.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an update handler that compares sets of rules, as the order in a NetworkPolicy means nothing',
    killedBy: 'admin/rules/ingress-order',
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
    feature: 'ClusterNetworkPolicy',
    imitates: 'an update handler that changes rules where they are, and moves none',
    killedBy: 'admin/lifecycle/update-subject',
    follow: pinPolicies((policy, { spec: { subject } }) => changeSubject(() => subject)(policy)),
  },
  {
    name: 'baseline-not-followed',
    sentence: 'The BaselineAdminNetworkPolicy keeps the rules that it was first seen with.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'a plugin that handles add and delete events only',
    killedBy: 'admin/lifecycle/baseline-comes-back',
    follow: pinPolicies((policy, before) => (policy.kind === 'BaselineAdminNetworkPolicy' ? before : policy)),
  },
  {
    name: 'deleted-tier-policy-stays',
    sentence: 'A deleted policy of a tier stays in force.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'a plugin that misses deletions',
    killedBy: 'admin/lifecycle/delete-frees',
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
    name: 'tier-subject-namespace-not-followed',
    sentence:
      'Whether a namespace belongs to a subject is decided by the labels that it was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'network-policy-api#110: no coverage "when the labels of a namespace get updated"',
    killedBy: 'admin/lifecycle/relabel-namespace-as-subject',
    follow: askFirstLabels(changeSubject(askNamespaces)),
  },
  {
    name: 'tier-subject-pod-not-followed',
    sentence: 'Whether a pod belongs to a subject is decided by the labels that it was first seen with.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'subjects that are looked up when pods come; conformance of the tiers relabels no pod',
    killedBy: 'admin/lifecycle/relabel-subject',
    follow: askFirstLabels(changeSubject(askPods)),
  },
  {
    name: 'tier-peer-namespace-not-followed',
    sentence: 'Whether a peer means a namespace is decided by the labels that it was first seen with.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'network-policy-api#110: no coverage "when the labels of a namespace get updated"',
    killedBy: 'admin/lifecycle/relabel-namespace-as-peer',
    follow: askFirstLabels(changePeers(askNamespaces)),
  },
  {
    name: 'tier-peer-pod-not-followed',
    sentence: 'Whether a peer means a pod is decided by the labels that it was first seen with.',
    feature: 'AdminNetworkPolicy',
    imitates: 'peers that are looked up when pods come; conformance of the tiers relabels no pod',
    killedBy: 'admin/lifecycle/relabel-peer',
    follow: askFirstLabels(changePeers(askPods)),
  },
  {
    name: 'tier-peer-node-not-followed',
    sentence: 'Whether a peer means a node is decided by the labels that it was first seen with.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'nodes that are looked up when they join; conformance of the tiers relabels none',
    killedBy: 'admin/nodes/cluster-relabel',
    follow: askFirstLabels(changePeers(askNodes)),
  },
  {
    name: 'tier-new-pod-not-followed',
    sentence: 'A pod that is created while policies of the tiers exist is none of their business.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'rules computed when a policy comes; NetworkPolicy API conformance never creates a pod after one',
    killedBy: 'admin/lifecycle/policy-before-pod',
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
    killedBy: 'admin/tiers/no-isolation',
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
