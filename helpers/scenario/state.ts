import { defaultNamespaces, defaultNodes, namespaceNameLabel } from './default-world.ts';
import { idOfPolicy } from './policies.ts';
import type { Labels, Policy } from '../kube/types.ts';
import type { Namespace } from '../kube/world.ts';
import type { Action, ScenarioNamespace, ScenarioPod } from './scenario.ts';

/** What changes while a scenario runs. Keys are ids (`x/a`, `x/deny-all`) and names of namespaces and nodes. */
export type State = {
  policies: ReadonlyMap<string, Policy>;
  /** Pods that exist now. */
  pods: ReadonlyMap<string, Labels>;
  /** Those among them whose processes have ended with success. */
  completed: ReadonlySet<string>;
  /** How often each pod was created so far: a new pod has a new address. */
  births: ReadonlyMap<string, number>;
  namespaces: ReadonlyMap<string, Labels>;
  nodes: ReadonlyMap<string, Labels>;
};

/** All that a scenario brings or may create. */
type Inventory = { pods: readonly ScenarioPod[]; namespaces: readonly ScenarioNamespace[] };

/** What there is before the first step. */
export const initialState = ({ pods, namespaces }: Inventory): State => {
  const existing = pods.filter(({ createdLater }) => !createdLater);
  const guests = namespaces.filter(({ createdLater }) => !createdLater);
  return {
    policies: new Map(),
    pods: new Map(existing.map(({ id, labels }) => [id, labels])),
    completed: new Set(),
    births: new Map(existing.map(({ id }) => [id, 1])),
    namespaces: new Map(
      [...defaultNamespaces, ...guests.map(asNamespace)].map(({ name, labels }) => [name, labels]),
    ),
    nodes: new Map(defaultNodes.map(({ name, labels }) => [name, labels])),
  };
};

/** The labels of a pod, namespace or node that exists now. */
export const labelsIn = ({ pods, namespaces, nodes }: State, id: string): Labels | undefined =>
  pods.get(id) ?? namespaces.get(id) ?? nodes.get(id);

/** The state after an action. What the action names and the state lacks is passed over: lint has complained about it. */
export const applyAction = (state: State, action: Action, inventory: Inventory): State => {
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
      return create(state, action, inventory);
    case 'remove':
      return remove(state, action);
    case 'complete':
      return { ...state, completed: new Set([...state.completed, ...action.pods]) };
    case 'outage':
      return action.part === 'plugin' ? applyAction(state, action.meanwhile, inventory) : state;
    case 'reject':
    case 'kill':
    case 'restart':
    case 'rollover':
    case 'upgrade':
    case 'downgrade':
    case 'churn':
      return state;
  }
};

type Objects = Extract<Action, { verb: 'create' | 'remove' }>;

const create = (state: State, action: Objects, { pods, namespaces }: Inventory): State => {
  const guests = namespaces.filter(({ name }) => action.namespaces?.includes(name)).map(asNamespace);
  return {
    ...state,
    namespaces: new Map([
      ...state.namespaces,
      ...guests.map(({ name, labels }): [string, Labels] => [name, labels]),
    ]),
    pods: new Map([...state.pods, ...action.pods.map((id): [string, Labels] => [id, labelsOf(pods, id)])]),
    births: new Map([
      ...state.births,
      ...action.pods.map((id): [string, number] => [id, (state.births.get(id) ?? 0) + 1]),
    ]),
  };
};

/** A namespace takes all with it that is in it. */
const remove = (state: State, { pods, namespaces = [] }: Objects): State => {
  const isIn = (id: string): boolean => namespaces.some((name) => id.startsWith(`${name}/`));
  const gone = [...pods, ...[...state.pods.keys()].filter(isIn)];
  return {
    ...state,
    namespaces: without(state.namespaces, namespaces),
    pods: without(state.pods, gone),
    completed: new Set([...state.completed].filter((id) => !gone.includes(id))),
    policies: without(state.policies, [...state.policies.keys()].filter(isIn)),
  };
};

const asNamespace = ({ name, labels }: ScenarioNamespace): Namespace => ({
  name,
  labels: { ...labels, [namespaceNameLabel]: name },
});

const byId = (policy: Policy): [string, Policy] => [idOfPolicy(policy), policy];

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
  const { pods, namespaces, nodes } = state;
  return { ...state, pods: changed(pods), namespaces: changed(namespaces), nodes: changed(nodes) };
};
