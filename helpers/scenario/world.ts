import { defaultNamespaces } from './default-world.ts';
import { idOf } from '../kube/world.ts';
import type { Labels, NetworkPolicy } from '../kube/types.ts';
import type { Pod, Service, World } from '../kube/world.ts';
import type { Action, Scenario, ScenarioPod } from './scenario.ts';

/** What changes while a scenario runs. Keys are ids (`x/a`, `x/deny-all`) and namespace names. */
export type State = {
  policies: ReadonlyMap<string, NetworkPolicy>;
  /** Pods that exist now. */
  pods: ReadonlyMap<string, Labels>;
  /** How often each pod was created so far: a new pod has a new address. */
  births: ReadonlyMap<string, number>;
  namespaces: ReadonlyMap<string, Labels>;
};

/** The world that a scenario describes after the step of this index (-1: before the first), without a cluster. */
export const worldAt = (scenario: Scenario, stepIndex: number): World => {
  const state = stateAt(scenario, stepIndex);
  return {
    namespaces: [...state.namespaces].map(([name, labels]) => ({ name, labels })),
    pods: scenario.pods
      .filter(({ id }) => state.pods.has(id))
      .map((pod) => buildPod(pod, scenario.pods.indexOf(pod), state)),
    services: scenario.services.map(buildService),
    policies: [...state.policies.values()],
  };
};

/** The policies that hold after the step of this index, each in its current version, with the file's short names. */
export const policiesAt = (scenario: Scenario, stepIndex: number): NetworkPolicy[] => [
  ...stateAt(scenario, stepIndex).policies.values(),
];

export const initialState = (pods: readonly ScenarioPod[]): State => {
  const existing = pods.filter(({ createdLater }) => !createdLater);
  return {
    policies: new Map(),
    pods: new Map(existing.map(({ id, labels }) => [id, labels])),
    births: new Map(existing.map(({ id }) => [id, 1])),
    namespaces: new Map(defaultNamespaces.map(({ name, labels }) => [name, labels])),
  };
};

/** The state after an action. What the action names and the state lacks is passed over: lint has complained about it. */
export const applyAction = (state: State, action: Action, pods: readonly ScenarioPod[]): State => {
  switch (action.verb) {
    case 'apply':
    case 'update':
      return { ...state, policies: new Map([...state.policies, ...action.policies.map(byId)]) };
    case 'delete':
      return { ...state, policies: without(state.policies, action.policies.map(idOfPolicy)) };
    case 'label':
      return relabel(state, action.labels, (labels, added) => ({ ...labels, ...added }));
    case 'unlabel':
      return relabel(state, action.keys, (labels, keys) =>
        Object.fromEntries(without(new Map(Object.entries(labels)), keys)),
      );
    case 'create':
      return {
        ...state,
        pods: new Map([
          ...state.pods,
          ...action.pods.map((id): [string, Labels] => [id, labelsOf(pods, id)]),
        ]),
        births: new Map([
          ...state.births,
          ...action.pods.map((id): [string, number] => [id, (state.births.get(id) ?? 0) + 1]),
        ]),
      };
    case 'remove':
      return { ...state, pods: without(state.pods, action.pods) };
  }
};

/** `apply deny-all, allow-b`: an action as the scenario says it. */
export const formatAction = (action: Action): string => `${action.verb} ${objectsOf(action).join(', ')}`;

/** `x/deny-all`, the id of a policy as a scenario names it. */
export const idOfPolicy = ({ metadata }: NetworkPolicy): string =>
  idOf({ namespace: metadata.namespace ?? '', name: metadata.name });

const objectsOf = (action: Action): string[] => {
  switch (action.verb) {
    case 'apply':
    case 'update':
    case 'delete':
      return action.policies.map(({ metadata }) => metadata.name);
    case 'label':
      return Object.entries(action.labels).flatMap(([id, labels]) =>
        Object.entries(labels).map(([key, value]) => `${id} ${key}=${value}`),
      );
    case 'unlabel':
      return Object.entries(action.keys).flatMap(([id, keys]) => keys.map((key) => `${id} ${key}`));
    case 'create':
    case 'remove':
      return action.pods;
  }
};

const stateAt = ({ pods, steps }: Scenario, stepIndex: number): State =>
  steps
    .slice(0, stepIndex + 1)
    .reduce((state, { action }) => applyAction(state, action, pods), initialState(pods));

const byId = (policy: NetworkPolicy): [string, NetworkPolicy] => [idOfPolicy(policy), policy];

const labelsOf = (pods: readonly ScenarioPod[], id: string): Labels =>
  pods.find((pod) => pod.id === id)?.labels ?? {};

const without = <Value>(map: ReadonlyMap<string, Value>, keys: readonly string[]): Map<string, Value> =>
  new Map([...map].filter(([key]) => !keys.includes(key)));

const relabel = <Change>(
  state: State,
  changes: Readonly<Record<string, Change>>,
  change: (labels: Labels, by: Change) => Labels,
): State => {
  const changed = (map: ReadonlyMap<string, Labels>): Map<string, Labels> =>
    new Map(
      [...map].map(([id, labels]) => {
        const by = changes[id];
        return [id, by === undefined ? labels : change(labels, by)];
      }),
    );
  return { ...state, pods: changed(state.pods), namespaces: changed(state.namespaces) };
};

// Pretended addresses only have to be stable and unique. No scenario may rely on them: a policy that
// matches pod addresses can only say 0.0.0.0/0 and ::/0.
const buildPod = (pod: ScenarioPod, index: number, state: State): Pod => {
  const host = index + 1;
  const birth = state.births.get(pod.id) ?? 1;
  return {
    namespace: pod.namespace,
    name: pod.name,
    labels: state.pods.get(pod.id) ?? pod.labels,
    addresses: pod.addresses ?? [`10.0.${birth}.${host}`, `fd00:0:0:${birth}::${host.toString(16)}`],
    ports: pod.ports,
    node: pod.addresses === undefined ? `node${pod.node}` : '',
    ...(pod.addresses !== undefined && { external: true }),
  };
};

const buildService = (
  { namespace, name, type, selector, ports }: Scenario['services'][number],
  index: number,
): Service => ({
  namespace,
  name,
  type,
  selector,
  ports,
  addresses: type === 'Headless' ? [] : [`10.96.0.${index + 1}`, `fd00:96::${(index + 1).toString(16)}`],
});
