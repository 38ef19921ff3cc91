import { isDeepStrictEqual } from 'node:util';
import { validatePolicy } from '../../kube/validate-policy.ts';
import { isAdminPolicy } from '../../kube/world.ts';
import type { Policy } from '../../kube/types.ts';
import { defaultPodLabels } from '../../scenario/default-world.ts';
import { idOfPolicy, isConfined } from '../../scenario/policies.ts';
import type { Action, Scenario, Step } from '../../scenario/scenario.ts';
import { applyAction, initialState, type State } from '../../scenario/state.ts';

/** All ways to make a scenario smaller in one respect, the boldest first. What comes out may need repair. */
export type Cut = (scenario: Scenario) => Scenario[];

/** Everything at once, as it is after one of the steps; then only the steps up to one of them. */
export const squashSteps: Cut = (scenario) => {
  const ends = [...scenario.steps.keys()].toReversed();
  return [
    ...ends.map((last) => squashAt(scenario, last)),
    ...ends.slice(1).map((last) => ({ ...scenario, steps: scenario.steps.slice(0, last + 1) })),
  ];
};

/** Two pods, then three, then all but one. */
export const keepPods: Cut = (scenario) => {
  const ids = scenario.pods.map(({ id }) => id);
  const pairs = ids.flatMap((one, index) => ids.slice(index + 1).map((other) => [one, other]));
  const triples = pairs.flatMap((pair) =>
    ids.slice(ids.indexOf(pair[1] ?? '') + 1).map((id) => [...pair, id]),
  );
  const others = ids.map((id) => ids.filter((other) => other !== id));
  return [...pairs, ...triples, ...others]
    .filter((kept) => kept.length > 1 && kept.length < ids.length)
    .map((kept) => ({ ...scenario, pods: scenario.pods.filter(({ id }) => kept.includes(id)) }));
};

/** One policy, then all but one. */
export const keepPolicies: Cut = (scenario) => {
  const ids = [...new Set(policiesOf(scenario).map(idOfPolicy))];
  if (ids.length < 2) return [];
  const keep = (isKept: (id: string) => boolean): Scenario =>
    mapActions(scenario, (action) =>
      'policies' in action
        ? { ...action, policies: action.policies.filter((policy) => isKept(idOfPolicy(policy))) }
        : action,
    );
  return [...ids.map((one) => keep((id) => id === one)), ...ids.map((one) => keep((id) => id !== one))];
};

export const dropSteps: Cut = (scenario) =>
  scenario.steps.map((dropped) => ({
    ...scenario,
    steps: scenario.steps.filter((step) => step !== dropped),
  }));

/** Any part of a policy's spec, as long as the API server accepts the rest. */
export const trimPolicies: Cut = (scenario) =>
  [...new Set(policiesOf(scenario))].flatMap((policy) =>
    deletionsOf(policy.spec)
      .map((spec) => withSpec(policy, spec as object))
      .filter((smaller) => !isDeepStrictEqual(smaller, policy) && validatePolicy(smaller).length === 0)
      // Its subject may reach no other lane, where other worlds are tried.
      .filter((smaller) => !isAdminPolicy(smaller) || isConfined(smaller))
      .map((smaller) => replacePolicy(scenario, policy, smaller)),
  );

/** Labels, in pods and in steps. */
export const trimLabels: Cut = (scenario) => [
  ...scenario.pods.flatMap((pod) =>
    Object.keys(pod.labels)
      .filter((key) => defaultPodLabels(pod.name)[key] !== pod.labels[key])
      .map((key) => {
        const labels = { ...defaultPodLabels(pod.name), ...without(pod.labels, key) };
        return {
          ...scenario,
          pods: scenario.pods.map((other) => (other === pod ? { ...pod, labels } : other)),
        };
      }),
  ),
  ...scenario.steps.flatMap((step) =>
    actionsWithin(step.action).map((action) => ({
      ...scenario,
      steps: scenario.steps.map((other) => (other === step ? { ...step, action } : other)),
    })),
  ),
];

const actionsWithin = (action: Action): Action[] => {
  if (action.verb === 'label')
    return Object.keys(action.labels).map((id) => ({ ...action, labels: without(action.labels, id) }));
  if (action.verb === 'unlabel')
    return Object.keys(action.keys).map((id) => ({ ...action, keys: without(action.keys, id) }));
  return [];
};

const squashAt = (scenario: Scenario, last: number): Scenario => {
  const before = initialState(scenario);
  const state = scenario.steps
    .slice(0, last + 1)
    .reduce((earlier: State, { action }) => applyAction(earlier, action, scenario), before);
  const isDefault = (name: string): boolean => before.namespaces.has(name);
  const changed = [...state.namespaces]
    .filter(([name]) => isDefault(name))
    .map(([name, labels]) => ({
      name,
      labels,
      old: before.namespaces.get(name) ?? {},
    }));
  const actions: Action[] = [
    {
      verb: 'unlabel',
      keys: Object.fromEntries(
        changed.map(({ name, labels, old }) => [name, Object.keys(old).filter((key) => !(key in labels))]),
      ),
    },
    { verb: 'label', labels: Object.fromEntries(changed.map(({ name, labels }) => [name, labels])) },
    { verb: 'apply', policies: [...state.policies.values()] },
  ];
  return {
    ...scenario,
    namespaces: scenario.namespaces
      .filter(({ name }) => state.namespaces.has(name))
      .map((guest) => ({ ...guest, createdLater: false })),
    pods: scenario.pods
      .filter(({ id }) => state.pods.has(id) && !state.completed.has(id))
      .map((pod) => ({
        ...pod,
        ...(pod.addresses === undefined && {
          labels: { ...defaultPodLabels(pod.name), ...state.pods.get(pod.id) },
        }),
        createdLater: false,
      })),
    steps: actions.map((action): Step => ({ action, expect: [], line: 1 })),
  };
};

const mapActions = (scenario: Scenario, change: (action: Action) => Action): Scenario => ({
  ...scenario,
  steps: scenario.steps.map((step) => ({ ...step, action: change(step.action) })),
});

const policiesOf = ({ steps }: Scenario): Policy[] =>
  steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));

const withSpec = (policy: Policy, spec: object): Policy =>
  ({ ...policy, spec: { ...(isAdminPolicy(policy) ? {} : { podSelector: {} }), ...spec } }) as Policy;

const replacePolicy = (scenario: Scenario, old: Policy, policy: Policy): Scenario =>
  mapActions(scenario, (action) =>
    'policies' in action
      ? { ...action, policies: action.policies.map((other) => (other === old ? policy : other)) }
      : action,
  );

/** The value with some of its parts, of any depth, left out; the shallow ones, which hold most, first. */
const deletionsOf = (value: unknown): unknown[] => {
  if (Array.isArray(value))
    return [
      ...chunksOf(value.length).map(([start, count]) => value.toSpliced(start, count)),
      ...value.flatMap((item: unknown, index) =>
        deletionsOf(item).map((less) => value.toSpliced(index, 1, less)),
      ),
    ];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  return [
    ...entries.map(([key]) => without(value as Record<string, unknown>, key)),
    ...entries.flatMap(([key, part]) => deletionsOf(part).map((less) => ({ ...value, [key]: less }))),
  ];
};

/** Halves of a list, then quarters, and so on to single items: start and length. */
const chunksOf = (length: number): [start: number, count: number][] => {
  const counts = new Set<number>();
  for (let count = Math.ceil(length / 2); count > 1; count = Math.ceil(count / 2)) counts.add(count);
  if (length > 0) counts.add(1);
  return [...counts].flatMap((count) =>
    Array.from({ length: Math.ceil(length / count) }, (_, index): [number, number] => [index * count, count]),
  );
};

const without = <Value>(map: Readonly<Record<string, Value>>, key: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(map).filter(([other]) => other !== key));
