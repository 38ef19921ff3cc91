import type { Direction } from '../model/network-policy.ts';
import { admitsEverything, isEverything, isRegulated, type AuditedPolicy, type View } from './audit-view.ts';

/**
 * What a namespace does in one direction: no policy isolates its pods; a policy says that they admit everything; they
 * admit what policies list; or one thing here and another there.
 * @see https://github.com/openshift/enhancements/pull/613 (its appendix)
 */
export const namespaceClasses = ['implicitly-open', 'explicitly-open', 'closed', 'mixed'] as const;
export type NamespaceClass = (typeof namespaceClasses)[number];

/** The same of one pod. */
type PodClass = Exclude<NamespaceClass, 'mixed'>;

/** What each pod does that is there. Where none is known: what a pod would do that only default policies select, and others. */
export const podClassesIn = (view: View, namespace: string, direction: Direction): Set<PodClass> => {
  const policies = view.policiesIn(namespace);
  const defaults = policies.filter(isDefault);
  const regulated = view.podsIn(namespace).filter(isRegulated);
  if (regulated.length > 0) {
    const selected = policies.map((policy) => ({ policy, pods: new Set(podsOf(view, policy)) }));
    return new Set(
      regulated.map((pod) =>
        classOf(
          selected.filter(({ pods }) => pods.has(pod)).map(({ policy }) => policy),
          direction,
        ),
      ),
    );
  }
  const others = view.arePodsKnown(namespace) ? [] : policies.filter((policy) => !isDefault(policy));
  return new Set([
    classOf(defaults, direction),
    ...others.map((policy) => classOf([...defaults, policy], direction)),
  ]);
};

export const classOfNamespace = (classes: ReadonlySet<PodClass>): NamespaceClass => {
  const [first = 'implicitly-open', ...others] = classes;
  return others.length > 0 ? 'mixed' : first;
};

/** Whether a policy is for every pod of its namespace, those to come included. */
export const isDefault = ({ rules }: AuditedPolicy): boolean => isEverything(rules.podSelector);

export const podsOf = (view: View, { rules }: AuditedPolicy) =>
  view.select(rules.namespace, rules.podSelector);

const classOf = (policies: readonly AuditedPolicy[], direction: Direction): PodClass => {
  const isolating = policies.flatMap(({ rules }) =>
    rules[direction] === undefined ? [] : [rules[direction]],
  );
  if (isolating.length === 0) return 'implicitly-open';
  return isolating.flat().some(admitsEverything) ? 'explicitly-open' : 'closed';
};
