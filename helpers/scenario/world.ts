import { isAdminPolicy } from '../kube/world.ts';
import { defaultNodes } from './default-world.ts';
import { changeOf } from './operations.ts';
import { applyAction, initialState, type State } from './state.ts';
import type { AdminPolicy, Policy } from '../kube/types.ts';
import type { Pod, Service, World } from '../kube/world.ts';
import type { Action, Scenario, ScenarioPod } from './scenario.ts';

/** The world that a scenario describes after the step of this index (-1: before the first), without a cluster. */
export const worldAt = (scenario: Scenario, stepIndex: number): World => {
  const state = stateAt(scenario, stepIndex);
  const policies = [...state.policies.values()];
  return {
    nodes: defaultNodes.map((node) => ({ ...node, labels: state.nodes.get(node.name) ?? node.labels })),
    namespaces: [...state.namespaces].map(([name, labels]) => ({ name, labels })),
    pods: scenario.pods
      .filter(({ id }) => state.pods.has(id))
      .map((pod) => buildPod(pod, scenario.pods, state)),
    services: scenario.services.map(buildService),
    policies: policies.filter((policy) => !isAdminPolicy(policy)),
    adminPolicies: policies.filter(isAdminPolicy),
  };
};

/** The policies that hold after the step of this index, each in its current version, with the file's short names. */
export const policiesAt = (scenario: Scenario, stepIndex: number): Policy[] => [
  ...stateAt(scenario, stepIndex).policies.values(),
];

/** The policies of the admin tiers that any of the steps speaks of. */
export const adminPoliciesOf = (steps: Scenario['steps']): AdminPolicy[] =>
  steps
    .map(changeOf)
    .flatMap((action) => {
      if (action.verb === 'reject') return action.documents.map(({ document }) => document);
      return 'policies' in action ? action.policies : [];
    })
    .filter(isAdminPolicy);

/** Whether a scenario changes labels of nodes, which all lanes share. */
export const labelsNodes = ({ steps }: Pick<Scenario, 'steps'>): boolean =>
  steps.map(changeOf).some((action) => {
    const changes = action.verb === 'label' ? action.labels : action.verb === 'unlabel' ? action.keys : {};
    return defaultNodes.some(({ name }) => Object.hasOwn(changes, name));
  });

/** `apply deny-all, allow-b`: an action as the scenario says it. */
export const formatAction = (action: Action): string =>
  `${action.verb} ${objectsOf(action).join(', ') || 'nothing'}`;

const objectsOf = (action: Action): string[] => {
  switch (action.verb) {
    case 'apply':
    case 'update':
    case 'delete':
      return action.policies.map(({ metadata }) => metadata.name);
    case 'reject':
      return action.documents.map(({ document }) => document.metadata.name);
    case 'label':
      return Object.entries(action.labels).flatMap(([id, labels]) =>
        Object.entries(labels).map(([key, value]) => `${id} ${key}=${value}`),
      );
    case 'unlabel':
      return Object.entries(action.keys).flatMap(([id, keys]) => keys.map((key) => `${id} ${key}`));
    case 'create':
    case 'remove':
      return [...(action.namespaces ?? []), ...action.pods];
    case 'complete':
      return action.pods;
    case 'kill':
    case 'restart':
    case 'rollover':
    case 'upgrade':
    case 'downgrade':
      return [action.part];
    case 'outage':
      if (action.part === 'api-server') return [action.part];
      if (action.part === 'node') return [`node of ${action.nodeOf}`];
      return [`plugin on the node of ${action.nodeOf}, meanwhile ${formatAction(action.meanwhile)}`];
    case 'churn':
      return [`${action.count} ${action.part}`];
  }
};

const stateAt = (scenario: Scenario, stepIndex: number): State =>
  scenario.steps
    .slice(0, stepIndex + 1)
    .reduce((state, { action }) => applyAction(state, action, scenario), initialState(scenario));

// Pretended addresses only have to be stable and unique. No scenario may rely on them: a policy that
// matches pod addresses can only say 0.0.0.0/0 and ::/0.
const buildPod = (pod: ScenarioPod, pods: readonly ScenarioPod[], state: State): Pod => ({
  namespace: pod.namespace,
  name: pod.name,
  labels: state.pods.get(pod.id) ?? pod.labels,
  addresses: pod.addresses ?? pretendAddresses(pod, pods, state),
  ports: pod.ports,
  node: pod.addresses === undefined ? `node${pod.node}` : '',
  ...(pod.addresses !== undefined && { external: true }),
  ...(pod.hostNetwork === true && { hostNetwork: true }),
  ...(state.completed.has(pod.id) && { phase: 'Succeeded' }),
});

const pretendAddresses = (pod: ScenarioPod, pods: readonly ScenarioPod[], { births }: State): string[] => {
  if (pod.hostNetwork === true) return defaultNodes[pod.node]?.addresses ?? [];
  const id = pod.addressesOf ?? pod.id;
  const host = pods.findIndex((pod) => pod.id === id) + 1;
  const birth = births.get(id) ?? 1;
  return [`10.0.${birth}.${host}`, `fd00:0:0:${birth}::${host.toString(16)}`];
};

const buildService = (
  { namespace, name, type, selector, ports, externalName }: Scenario['services'][number],
  index: number,
): Service => ({
  namespace,
  name,
  type,
  selector,
  ports: type === 'NodePort' ? ports.map((port) => ({ ...port, nodePort: 30_001 + index })) : ports,
  addresses: type === 'Headless' ? [] : [`10.96.0.${index + 1}`, `fd00:96::${(index + 1).toString(16)}`],
  ...(externalName !== undefined && { externalName }),
});
