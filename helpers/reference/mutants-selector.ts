import { changeAllows, changePolicies } from './mutant.ts';
import { networkPolicySemantics, requirementsOf } from './semantics.ts';
import type { LabelSelector } from '../kube/types.ts';
import type { Allow } from './rules.ts';
import type { Mutant } from './mutant.ts';

const { matchesPeer } = networkPolicySemantics;

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  selector !== undefined && requirementsOf(selector).length === 0;

/** Beside a block an empty set says nothing of its rule: such a pod is left as it is. */
const openEmpty = (allows: Allow[]): Allow[] =>
  allows.some(({ block }) => block !== undefined)
    ? allows
    : allows.map(({ addresses, ...allow }) =>
        addresses === undefined || addresses.length === 0 ? allow : { ...allow, addresses },
      );

/** Bugs in which pods a selector speaks of. */
export const selectorMutants: readonly Mutant[] = [
  {
    name: 'both-selectors-or',
    sentence: 'A peer with both selectors admits pods that satisfy either of them.',
    feature: 'NetworkPolicy',
    imitates: 'the reading of `from` that the Kubernetes documentation warns about',
    killedBy: 'network-policy/peers/pod-and-namespace',
    semantics: {
      matchesPeer: ({ podSelector, namespaceSelector }, ...rest) =>
        (podSelector !== undefined && matchesPeer({ podSelector }, ...rest)) ||
        (namespaceSelector !== undefined && matchesPeer({ namespaceSelector }, ...rest)),
    },
  },
  {
    name: 'namespace-selector-ignored',
    sentence: 'A peer admits pods of the own namespace only, whatever its namespaceSelector says.',
    feature: 'NetworkPolicy',
    imitates: 'plugins whose first version supported peers of the own namespace only',
    killedBy: 'network-policy/peers/namespace-selector',
    semantics: {
      matchesPeer: ({ podSelector = {} }, ...rest) => matchesPeer({ podSelector }, ...rest),
    },
  },
  {
    name: 'pod-selector-ignored',
    sentence: 'A peer with both selectors admits every pod of the namespaces.',
    feature: 'NetworkPolicy',
    imitates: 'a suite with one client pod per namespace does not notice',
    killedBy: 'network-policy/peers/pod-and-namespace',
    semantics: {
      matchesPeer: ({ podSelector, namespaceSelector }, ...rest) =>
        matchesPeer(
          namespaceSelector === undefined ? { ...(podSelector && { podSelector }) } : { namespaceSelector },
          ...rest,
        ),
    },
  },
  {
    name: 'pod-selector-any-namespace',
    sentence: 'A peer with a podSelector alone admits such pods of every namespace.',
    feature: 'NetworkPolicy',
    imitates: 'a suite with equal pods in one namespace only does not notice',
    killedBy: 'network-policy/peers/pod-selector',
    semantics: {
      matchesPeer: ({ podSelector, namespaceSelector = {} }, ...rest) =>
        matchesPeer({ namespaceSelector, ...(podSelector && { podSelector }) }, ...rest),
    },
  },
  {
    name: 'empty-namespace-selector-own',
    sentence: 'An empty namespaceSelector means the namespace of the policy instead of all.',
    feature: 'NetworkPolicy',
    imitates: 'an empty selector taken for an absent one',
    killedBy: 'network-policy/peers/empty-namespace-selector',
    semantics: {
      matchesPeer: ({ podSelector, namespaceSelector }, ...rest) =>
        isEmpty(namespaceSelector)
          ? matchesPeer({ podSelector: podSelector ?? {} }, ...rest)
          : matchesPeer(
              { ...(podSelector && { podSelector }), ...(namespaceSelector && { namespaceSelector }) },
              ...rest,
            ),
    },
  },
  {
    name: 'empty-peer-pod-selector-nobody',
    sentence: 'A peer with an empty podSelector admits nobody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty selector taken for one that matches nothing, as in the core API of old',
    killedBy: 'network-policy/peers/empty-pod-selector',
    semantics: {
      matchesPeer: (peer, ...rest) => !isEmpty(peer.podSelector) && matchesPeer(peer, ...rest),
    },
  },
  {
    name: 'empty-pod-selector-selects-nothing',
    sentence: 'A policy with an empty podSelector isolates no pod.',
    feature: 'NetworkPolicy',
    imitates: 'an empty selector taken for one that matches nothing',
    killedBy: 'network-policy/isolation/default-deny-ingress',
    follow: changePolicies((policies) => policies.filter(({ spec }) => !isEmpty(spec.podSelector ?? {}))),
  },
  {
    name: 'pods-inherit-namespace-labels',
    sentence: 'A podSelector reads the labels of the namespace beside those of the pod.',
    feature: 'NetworkPolicy',
    imitates:
      'one set of labels for an endpoint; Kubernetes e2e and Cyclonus label pods and namespaces apart',
    killedBy: 'network-policy/peers/labels-of-pods-and-namespaces',
    semantics: {
      matchesPeer: (peer, { pod, namespaceLabels }, ...rest) =>
        matchesPeer(
          peer,
          { pod: { ...pod, labels: { ...namespaceLabels, ...pod.labels } }, namespaceLabels },
          ...rest,
        ),
    },
  },
  {
    name: 'empty-peer-set-opens',
    sentence: 'A rule whose selectors match no pod admits everybody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty address set written as no condition',
    killedBy: 'network-policy/peers/matches-nobody',
    rules: changeAllows(openEmpty),
  },
];
