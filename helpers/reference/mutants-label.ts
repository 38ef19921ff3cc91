import { comparingValues } from './mutant.ts';
import { holds, networkPolicySemantics, requirementsOf } from './semantics.ts';
import type { LabelSelectorRequirement } from '../kube/types.ts';
import type { Mutant } from './mutant.ts';
import type { Semantics } from './semantics.ts';

const { selects } = networkPolicySemantics;

/** Selectors read with each requirement changed first. */
const reading =
  (change: (requirement: LabelSelectorRequirement) => LabelSelectorRequirement[]): Semantics['selects'] =>
  (selector, labels) =>
    selects({ matchExpressions: requirementsOf(selector).flatMap(change) }, labels);

const withoutPrefix = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

/** Bugs in how labels are held against a selector. */
export const labelMutants: readonly Mutant[] = [
  {
    name: 'not-in-as-in',
    sentence: 'NotIn is read as In.',
    feature: 'NetworkPolicy',
    imitates: 'a lost negation',
    killedBy: 'network-policy/peers/operator-not-in',
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
    killedBy: 'network-policy/peers/namespace-not-in',
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
    killedBy: 'network-policy/peers/operator-in',
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
    killedBy: 'network-policy/peers/operator-exists',
    semantics: {
      selects: reading((requirement) => (requirement.operator === 'Exists' ? [] : [requirement])),
    },
  },
  {
    name: 'does-not-exist-ignored',
    sentence: 'A requirement with DoesNotExist is left out.',
    feature: 'NetworkPolicy',
    imitates: 'an operator without values lost when values are enumerated',
    killedBy: 'network-policy/peers/operator-does-not-exist',
    semantics: {
      selects: reading((requirement) => (requirement.operator === 'DoesNotExist' ? [] : [requirement])),
    },
  },
  {
    name: 'expressions-ignored',
    sentence: 'matchExpressions are left out of every selector.',
    feature: 'NetworkPolicy',
    imitates: 'a selector reduced to matchLabels',
    killedBy: 'network-policy/peers/operator-in',
    semantics: {
      selects: ({ matchLabels = {} }, labels) => selects({ matchLabels }, labels),
    },
  },
  {
    name: 'requirements-ored',
    sentence: 'One requirement of a selector is enough.',
    feature: 'NetworkPolicy',
    imitates: 'requirements joined with OR instead of AND',
    killedBy: 'network-policy/peers/requirements-are-anded',
    semantics: {
      selects: (selector, labels) =>
        requirementsOf(selector).length === 0 ||
        requirementsOf(selector).some((requirement) => holds(requirement, labels)),
    },
  },
  {
    name: 'empty-value-is-any',
    sentence: 'A label with an empty value in a selector stands for any value.',
    feature: 'NetworkPolicy',
    imitates: 'an empty text taken for "not said"; Kubernetes e2e and Cyclonus have no empty label',
    killedBy: 'network-policy/peers/empty-value',
    semantics: {
      selects: reading((requirement) =>
        requirement.operator === 'In' && requirement.values?.join() === ''
          ? [{ key: requirement.key, operator: 'Exists' }]
          : [requirement],
      ),
    },
  },
  {
    name: 'absent-label-is-empty',
    sentence: 'A pod without a label counts as one whose label is empty.',
    feature: 'NetworkPolicy',
    imitates: 'a map read without asking whether the key is there; Kubernetes e2e and Cyclonus have none',
    killedBy: 'network-policy/peers/empty-value',
    semantics: {
      selects: (selector, labels) => {
        const keys = requirementsOf(selector)
          .filter(({ operator }) => operator === 'In')
          .map(({ key }) => [key, '']);
        return selects(selector, { ...Object.fromEntries(keys), ...labels });
      },
    },
  },
  {
    name: 'key-prefix-ignored',
    sentence: 'The prefix of a label key is left out, in selectors and in labels.',
    feature: 'NetworkPolicy',
    imitates: 'keys cut down to fit a name; Kubernetes e2e and Cyclonus have no such keys',
    killedBy: 'network-policy/peers/prefixed-key',
    semantics: {
      selects: (selector, labels) =>
        reading((requirement) => [{ ...requirement, key: withoutPrefix(requirement.key) }])(
          selector,
          Object.fromEntries(Object.entries(labels).map(([key, value]) => [withoutPrefix(key), value])),
        ),
    },
  },
  {
    name: 'value-case-ignored',
    sentence: 'Label values that differ in case only are the same.',
    feature: 'NetworkPolicy',
    imitates: 'a store that folds case; Kubernetes e2e and Cyclonus have no such values',
    killedBy: 'network-policy/peers/whole-value',
    semantics: { selects: comparingValues((value) => value.toLowerCase()) },
  },
];
