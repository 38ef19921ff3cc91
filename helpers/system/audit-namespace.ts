import { idOf } from '../kube/world.ts';
import type { Direction } from '../model/network-policy.ts';
import { admitsEverything, directions, isRegulated, listNames, typeOf, type View } from './audit-view.ts';
import { isDefault, podClassesIn, podsOf } from './classes.ts';
import type { Observation } from './findings.ts';
import type { Mode } from './system.ts';

/** A label that each system namespace must have; without a value: any. */
export type ExpectedLabel = { key: string; value?: string };

type Options = { expectLabels?: readonly ExpectedLabel[]; mode?: Mode };

/** What is wrong with a namespace as a whole: its labels, its default policies, its mode, its pods. */
export const auditNamespace = (
  view: View,
  namespace: string,
  { expectLabels = [], mode }: Options,
): Observation[] => [
  ...auditLabels(view, namespace, expectLabels),
  ...auditDefaults(view, namespace),
  ...(mode === 'unrestricted' ? auditUnrestricted(view, namespace) : []),
  ...(mode === 'restricted' ? auditRestricted(view, namespace) : []),
  ...auditHostNetwork(view, namespace),
];

const auditLabels = (
  { namespaces, sources }: View,
  namespace: string,
  expected: readonly ExpectedLabel[],
): Observation[] => {
  const object = `Namespace ${namespace}`;
  const labels = namespaces.get(namespace)?.labels ?? {};
  const isDeclared = sources === undefined || sources.has(object);
  const undeclared: Observation = {
    id: 'undeclared-namespace',
    object,
    message: 'these files use the namespace, but hold no Namespace object: its labels are not known',
    next: `add the Namespace ${namespace} to the files`,
  };
  return [
    ...(isDeclared ? [] : [undeclared]),
    ...expected.flatMap(({ key, value }): Observation[] => {
      const got = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (got !== undefined && (value === undefined || got === value)) return [];
      const wanted = value === undefined ? key : `${key}=${value}`;
      const found = got === undefined ? 'it has no such label' : `its value is ${JSON.stringify(got)}`;
      return [
        {
          id: 'missing-label',
          object,
          detail: wanted,
          message: `the label ${wanted} is expected: ${isDeclared ? found : 'its labels are not known'}`,
          next: isDeclared
            ? `add the label in the manifest of ${namespace}: policies select namespaces by it`
            : `add the Namespace ${namespace} to the files`,
        },
      ];
    }),
  ];
};

const auditDefaults = (view: View, namespace: string): Observation[] => {
  const policies = view.policiesIn(namespace);
  const object = `Namespace ${namespace}`;
  const hasDefault = (direction: Direction): boolean =>
    policies.some((policy) => isDefault(policy) && policy.rules[direction] !== undefined);
  const isEmpty = view.arePodsKnown(namespace) && !view.podsIn(namespace).some(isRegulated);
  if (isEmpty && policies.length === 0)
    return [
      {
        id: 'empty-namespace-without-policy',
        object,
        message: 'no policy, and no pod that a policy could isolate: the first one will be open',
        next: 'give it a default policy now, before pods come',
      },
    ];
  return directions.flatMap((direction): Observation[] => {
    if (hasDefault(direction)) return [];
    const other = direction === 'ingress' ? 'egress' : 'ingress';
    const isolating = policies.filter(({ rules }) => rules[direction] !== undefined);
    const isOpen = podClassesIn(view, namespace, direction).has('implicitly-open');
    const next = `add a policy with \`podSelector: {}\` and \`policyTypes: [${typeOf(direction)}]\`, whether it admits everything or nothing`;
    const open = describeOpenPods(view, namespace, direction);
    if (hasDefault(other) && isOpen)
      return [
        {
          id: `default-for-${other}-only`,
          object,
          message: `the default policy isolates for ${other} only: ${open}`,
          next,
        },
      ];
    if (isolating.length > 0)
      return [
        {
          id: `no-default-${direction}-policy`,
          object,
          message: `${isolating.length} ${isolating.length === 1 ? 'policy isolates' : 'policies isolate'} for ${direction}, none of them every pod: ${isOpen ? open : 'pods to come may be open'}`,
          next,
        },
      ];
    return [
      {
        id: `implicitly-open-${direction}`,
        object,
        message: `no policy isolates for ${direction}: ${open}`,
        next,
      },
    ];
  });
};

/** `3 of 5 pods are selected by no policy for ingress: a, b and c` */
const describeOpenPods = (view: View, namespace: string, direction: Direction): string => {
  const pods = view.podsIn(namespace).filter(isRegulated);
  if (pods.length === 0) return 'pods are open that no other policy selects';
  const selected = new Set(
    view
      .policiesIn(namespace)
      .filter(({ rules }) => rules[direction] !== undefined)
      .flatMap((policy) => podsOf(view, policy)),
  );
  const open = pods.filter((pod) => !selected.has(pod));
  if (open.length === pods.length)
    return `${pods.length === 1 ? 'its only pod is' : `all of its ${pods.length} pods are`} open`;
  return `${open.length} of ${pods.length} pods are open, which no policy selects for it: ${listNames(open.map(({ name }) => name))}`;
};

const auditUnrestricted = (view: View, namespace: string): Observation[] => {
  const restrictive = view.policiesIn(namespace).filter(({ rules }) => rules.ingress !== undefined);
  const first = restrictive.find(({ rules }) => !rules.ingress?.some(admitsEverything)) ?? restrictive[0];
  if (first === undefined || !podClassesIn(view, namespace, 'ingress').has('closed')) return [];
  return [
    {
      id: 'restrictive-without-permissive',
      object: `Namespace ${namespace}`,
      at: first.object,
      message: `the cluster is unrestricted, but ${first.rules.id} isolates, and no policy admits everybody to every pod`,
      next: 'add a policy with `podSelector: {}` and `ingress: [{}]`, before any restrictive one',
    },
  ];
};

const auditRestricted = (view: View, namespace: string): Observation[] =>
  view
    .policiesIn(namespace)
    .filter((policy) => policy.rules.ingress?.some(admitsEverything))
    .map((policy) => ({
      id: 'permissive-in-restricted-mode',
      object: policy.object,
      message: `the cluster is restricted, but this policy admits everybody to ${isDefault(policy) ? 'every pod' : 'the pods that it selects'}, on every port`,
      next: 'delete it, list who needs what, or put it on the allow-list with the reason',
    }));

const auditHostNetwork = (view: View, namespace: string): Observation[] => {
  const pods = view.podsIn(namespace).filter((pod) => !isRegulated(pod));
  const selected = new Set(view.policiesIn(namespace).flatMap((policy) => podsOf(view, policy)));
  const names = pods.filter((pod) => selected.has(pod)).map(idOf);
  if (names.length === 0) return [];
  return [
    {
      id: 'host-network-pods',
      object: `Namespace ${namespace}`,
      message: `policies select ${names.length} ${names.length === 1 ? 'pod' : 'pods'} in the host network, to no defined effect: ${listNames(names)}`,
      next: 'do not count on policies for them: protect their ports on the nodes',
    },
  ];
};
