import { changePolicies } from './mutant.ts';
import { holds, networkPolicySemantics, requirementsOf } from './semantics.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../kube/types.ts';
import type { Mutant } from './mutant.ts';
import type { Semantics } from './semantics.ts';

const { matchesPeer, selects } = networkPolicySemantics;

/** Selectors read with each requirement changed first. */
const reading =
  (change: (requirement: LabelSelectorRequirement) => LabelSelectorRequirement[]): Semantics['selects'] =>
  (selector, labels) =>
    selects({ matchExpressions: requirementsOf(selector).flatMap(change) }, labels);

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  selector !== undefined && requirementsOf(selector).length === 0;

/** Bugs in what selectors mean. */
export const selectorMutants: readonly Mutant[] = [
  {
    name: 'both-selectors-or',
    sentence: 'A peer with both selectors admits pods that satisfy either of them.',
    feature: 'NetworkPolicy',
    imitates: 'the reading of `from` that the Kubernetes documentation warns about',
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
    semantics: {
      matchesPeer: ({ podSelector = {} }, ...rest) => matchesPeer({ podSelector }, ...rest),
    },
  },
  {
    name: 'pod-selector-ignored',
    sentence: 'A peer with both selectors admits every pod of the namespaces.',
    feature: 'NetworkPolicy',
    imitates: 'a suite with one client pod per namespace does not notice',
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
    semantics: {
      matchesPeer: (peer, ...rest) => !isEmpty(peer.podSelector) && matchesPeer(peer, ...rest),
    },
  },
  {
    name: 'empty-pod-selector-selects-nothing',
    sentence: 'A policy with an empty podSelector isolates no pod.',
    feature: 'NetworkPolicy',
    imitates: 'an empty selector taken for one that matches nothing',
    follow: changePolicies((policies) => policies.filter(({ spec }) => !isEmpty(spec.podSelector ?? {}))),
  },
  {
    name: 'not-in-as-in',
    sentence: 'NotIn is read as In.',
    feature: 'NetworkPolicy',
    imitates: 'a lost negation',
    semantics: {
      selects: reading((requirement) =>
        requirement.operator === 'NotIn' ? [{ ...requirement, operator: 'In' }] : [requirement],
      ),
    },
  },
  {
    name: 'not-in-needs-key',
    sentence: 'NotIn does not match objects without the key.',
    feature: 'NetworkPolicy',
    imitates: 'a suite in which every pod has every key does not notice',
    semantics: {
      selects: reading((requirement) =>
        requirement.operator === 'NotIn'
          ? [requirement, { key: requirement.key, operator: 'Exists' }]
          : [requirement],
      ),
    },
  },
  {
    name: 'in-first-value-only',
    sentence: 'In looks at the first of its values only.',
    feature: 'NetworkPolicy',
    imitates: 'a selector flattened to one label',
    semantics: {
      selects: reading((requirement) =>
        requirement.operator === 'In'
          ? [{ ...requirement, values: (requirement.values ?? []).slice(0, 1) }]
          : [requirement],
      ),
    },
  },
  {
    name: 'exists-ignored',
    sentence: 'A requirement with Exists is left out.',
    feature: 'NetworkPolicy',
    imitates: 'an operator without values lost when values are enumerated',
    semantics: {
      selects: reading((requirement) => (requirement.operator === 'Exists' ? [] : [requirement])),
    },
  },
  {
    name: 'does-not-exist-ignored',
    sentence: 'A requirement with DoesNotExist is left out.',
    feature: 'NetworkPolicy',
    imitates: 'an operator without values lost when values are enumerated',
    semantics: {
      selects: reading((requirement) => (requirement.operator === 'DoesNotExist' ? [] : [requirement])),
    },
  },
  {
    name: 'expressions-ignored',
    sentence: 'matchExpressions are left out of every selector.',
    feature: 'NetworkPolicy',
    imitates: 'a selector reduced to matchLabels',
    semantics: {
      selects: ({ matchLabels = {} }, labels) => selects({ matchLabels }, labels),
    },
  },
  {
    name: 'requirements-ored',
    sentence: 'One requirement of a selector is enough.',
    feature: 'NetworkPolicy',
    imitates: 'requirements joined with OR instead of AND',
    semantics: {
      selects: (selector, labels) =>
        requirementsOf(selector).length === 0 ||
        requirementsOf(selector).some((requirement) => holds(requirement, labels)),
    },
  },
];
