import type { Source } from '../kube/manifests.ts';
import type { LabelSelector, NetworkPolicy, PolicyType } from '../kube/types.ts';
import { isRunning, type Namespace, type Pod, type World } from '../kube/world.ts';
import { matchesSelector } from '../model/matching.ts';
import { readPolicy, type Direction, type PolicyRules, type Rule } from '../model/network-policy.ts';
import { memoize, namespaceNameLabel } from '../model/population.ts';

export type AuditInput = {
  world: World;
  /**
   * Whether the world holds everything, as a snapshot of a cluster does. Files that people wrote hold no pods, or those
   * of some namespaces: what is not there says nothing then.
   */
  isComplete: boolean;
  /** Where each object stands, by its name, such as `NetworkPolicy x/p`. */
  sources?: ReadonlyMap<string, Source>;
};

export type AuditedPolicy = { policy: NetworkPolicy; rules: PolicyRules; object: string };

/** A world, indexed by what an audit asks. Hosts outside and pods that have ended are not there. */
export type View = AuditInput & {
  namespaces: ReadonlyMap<string, Namespace>;
  podsIn: (namespace: string) => readonly Pod[];
  policiesIn: (namespace: string) => readonly AuditedPolicy[];
  select: (namespace: string, selector: LabelSelector) => readonly Pod[];
  matchNamespaces: (selector: LabelSelector) => readonly string[];
  /** Whether no pod of the namespace can be missing. */
  arePodsKnown: (namespace: string) => boolean;
};

export const directions: readonly Direction[] = ['ingress', 'egress'];

export const typeOf = (direction: Direction): PolicyType => (direction === 'ingress' ? 'Ingress' : 'Egress');

export const createView = (input: AuditInput): View => {
  const { world, isComplete } = input;
  const namespaces = new Map(world.namespaces.map((namespace) => [namespace.name, namespace]));
  const pods = Map.groupBy(
    world.pods.filter((pod) => pod.external !== true && isRunning(pod)),
    ({ namespace }) => namespace,
  );
  const policies = Map.groupBy(
    world.policies.map((policy) => {
      const rules = readPolicy(policy);
      return { policy, rules, object: `NetworkPolicy ${rules.id}` };
    }),
    ({ rules }) => rules.namespace,
  );
  const podsIn = (namespace: string): readonly Pod[] => pods.get(namespace) ?? [];
  const matchNamespaces = memoize((_: string, selector: LabelSelector) =>
    [...namespaces.values()]
      .filter(({ name, labels }) => matchesSelector(selector, { ...labels, [namespaceNameLabel]: name }))
      .map(({ name }) => name),
  );
  return {
    ...input,
    namespaces,
    podsIn,
    policiesIn: (namespace) => policies.get(namespace) ?? [],
    select: memoize((namespace: string, selector: LabelSelector) =>
      podsIn(namespace).filter(({ labels }) => matchesSelector(selector, labels)),
    ),
    matchNamespaces: (selector) => matchNamespaces('', selector),
    arePodsKnown: (namespace) => isComplete || podsIn(namespace).length > 0,
  };
};

/** Whether a selector is the empty one, which matches everything that there is and will be. */
export const isEverything = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

/** Whether a rule is the empty one, which admits everything on every port. */
export const admitsEverything = ({ peers, ports }: Rule): boolean => peers.length === 0 && ports.length === 0;

/** Whether policies can do anything to a pod that the API defines. */
export const isRegulated = ({ hostNetwork }: Pod): boolean => hostNetwork !== true;

/** `a`, `a and b`, `a, b, c and 4 more` */
export const listNames = (names: readonly string[]): string => {
  const shown = names.slice(0, 3);
  if (names.length > 3) return `${shown.join(', ')} and ${names.length - 3} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
};
