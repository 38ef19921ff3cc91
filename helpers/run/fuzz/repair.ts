import { idOf } from '../../kube/world.ts';
import { matchesSelector } from '../../model/matching.ts';
import { defaultPods } from '../../scenario/default-world.ts';
import { isOperation, type OperationAction } from '../../scenario/operations.ts';
import { idOfPolicy } from '../../scenario/policies.ts';
import type { Action, Scenario, ScenarioPod, ScenarioService } from '../../scenario/scenario.ts';
import { applyAction, initialState, labelsIn, type State } from '../../scenario/state.ts';

/**
 * A scenario from which parts were cut, with what no longer makes sense taken out: changes of what is not there, labels
 * that are there already, steps that do nothing, Services in front of pods that it does not name.
 */
export const repair = (scenario: Scenario): Scenario => {
  const ids = new Set(scenario.pods.map(({ id }) => id));
  const made = scenario.steps.flatMap(({ action }) =>
    action.verb === 'create' ? [...action.pods, ...(action.namespaces ?? [])] : [],
  );
  const homes = new Set(scenario.pods.map(({ namespace }) => namespace));
  const whole: Scenario = {
    ...scenario,
    namespaces: scenario.namespaces
      .filter(({ name }) => homes.has(name))
      .map((guest) => ({ ...guest, createdLater: guest.createdLater && made.includes(guest.name) })),
    pods: scenario.pods
      .map((pod) => ({ ...pod, createdLater: pod.createdLater && made.includes(pod.id) }))
      .map((pod) => disinherit(pod, ids)),
    services: scenario.services.filter((service) => !hasStrangers(service, ids)),
  };
  let state = initialState(whole);
  const steps = whole.steps.flatMap((step) => {
    const action = fit(step.action, state, whole);
    if (!isSomething(action)) return [];
    state = applyAction(state, action, whole);
    return [{ ...step, action }];
  });
  return { ...whole, steps };
};

/** The addresses of a pod that was cut are nobody's. */
const disinherit = (pod: ScenarioPod, ids: ReadonlySet<string>): ScenarioPod => {
  const { addressesOf, ...rest } = pod;
  return addressesOf === undefined || (ids.has(addressesOf) && pod.createdLater) ? pod : rest;
};

const fit = (action: Action, state: State, scenario: Scenario): Action => {
  if (isLeftAlone(action)) return action;
  const { policies, pods, namespaces, completed } = state;
  switch (action.verb) {
    case 'apply':
    case 'update': {
      const possible = action.policies.filter(
        ({ metadata: { namespace } }) => namespace === undefined || namespaces.has(namespace),
      );
      const isUpdate = possible.length > 0 && possible.every((policy) => policies.has(idOfPolicy(policy)));
      return { verb: isUpdate ? 'update' : 'apply', policies: possible };
    }
    case 'delete':
      return {
        ...action,
        policies: action.policies.flatMap((policy) => policies.get(idOfPolicy(policy)) ?? []),
      };
    case 'label':
      return {
        ...action,
        labels: mapParts(action.labels, (id, labels) => newLabels(labels, labelsIn(state, id))),
      };
    case 'unlabel':
      return {
        ...action,
        keys: mapParts(action.keys, (id, keys) =>
          keys.filter((key) => labelsIn(state, id)?.[key] !== undefined),
        ),
      };
    case 'create': {
      const guests = (action.namespaces ?? []).filter(
        (name) => !namespaces.has(name) && scenario.namespaces.some((guest) => guest.name === name),
      );
      const isPossible = (id: string): boolean => {
        const pod = scenario.pods.find((candidate) => candidate.id === id);
        if (pod === undefined || pods.has(id)) return false;
        const { namespace, addressesOf: before } = pod;
        const hasHome = namespaces.has(namespace) || guests.includes(namespace);
        return hasHome && (before === undefined || !pods.has(before) || completed.has(before));
      };
      return {
        verb: 'create',
        pods: action.pods.filter(isPossible),
        ...(guests.length > 0 && { namespaces: guests }),
      };
    }
    case 'remove': {
      const guests = (action.namespaces ?? []).filter((name) => namespaces.has(name));
      const own = action.pods.filter((id) => pods.has(id));
      return { verb: 'remove', pods: own, ...(guests.length > 0 && { namespaces: guests }) };
    }
    case 'complete':
      return { ...action, pods: action.pods.filter((id) => pods.has(id) && !completed.has(id)) };
  }
};

/** What is offered to an API server or done to the cluster is no change that could be smaller. */
const isLeftAlone = (action: Action): action is OperationAction | Extract<Action, { verb: 'reject' }> =>
  action.verb === 'reject' || isOperation(action);

const newLabels = (
  labels: Readonly<Record<string, string>>,
  current: Readonly<Record<string, string>> | undefined,
): Record<string, string> | undefined =>
  current && Object.fromEntries(Object.entries(labels).filter(([key, value]) => current[key] !== value));

/** Parts of which nothing is left go. */
const mapParts = <Part extends object>(
  parts: Readonly<Record<string, Part>>,
  change: (id: string, part: Part) => Part | undefined,
): Record<string, Part> =>
  Object.fromEntries(
    Object.entries(parts).flatMap(([id, part]): [string, Part][] => {
      const changed = change(id, part);
      return changed === undefined || Object.keys(changed).length === 0 ? [] : [[id, changed]];
    }),
  );

const isSomething = (action: Action): boolean => {
  if (isLeftAlone(action)) return true;
  switch (action.verb) {
    case 'apply':
    case 'update':
    case 'delete':
      return action.policies.length > 0;
    case 'label':
      return Object.keys(action.labels).length > 0;
    case 'unlabel':
      return Object.keys(action.keys).length > 0;
    case 'create':
    case 'remove':
      return action.pods.length + (action.namespaces ?? []).length > 0;
    case 'complete':
      return action.pods.length > 0;
  }
};

/** Standing pods that the scenario does not name are there all the same, with the labels that they always have. */
const hasStrangers = ({ namespace, selector }: ScenarioService, ids: ReadonlySet<string>): boolean =>
  defaultPods.some(
    (pod) =>
      !ids.has(idOf(pod)) &&
      pod.namespace === namespace &&
      matchesSelector({ matchLabels: selector }, pod.labels),
  );
