import { listCells } from '../matrix/matrix.ts';
import { changeOf } from './operations.ts';
import { isBackend } from './grids.ts';
import { applyAction, initialState } from './state.ts';
import { asksApiServer } from './stored.ts';
import type { Complain } from './reading.ts';
import type { ExpectedGrid, Scenario } from './scenario.ts';

/** Complains about namespaces, pods and services that prove nothing, and about a scenario that expects nothing. */
export const refuseUnused = (scenario: Scenario, complain: Complain): void => {
  const { pods, services, steps } = scenario;
  const grids = steps.flatMap(({ expect }) => expect);
  const isAboutApi = asksApiServer(steps);
  if (isAboutApi) refuseVacuousApi(scenario, complain);
  else if (steps.length > 0 && grids.length === 0)
    complain(['steps'], 'no step has an `expect`: the scenario claims nothing');
  refuseIdleObjects(scenario, complain);
  if (grids.length === 0 || isAboutApi) return;
  refuseUnproven(scenario, complain);
  const asserted = namesAsserted(grids);
  const ready = new Set(steps.flatMap((step) => step.ready ?? []));
  for (const pod of pods) {
    const isBehind = services.some((service) => asserted.has(service.id) && isBackend(pod, service));
    const hasHeir = pods.some(({ id, addressesOf }) => addressesOf === pod.id && asserted.has(id));
    if (!asserted.has(pod.id) && !isBehind && !hasHeir && !ready.has(pod.id))
      complain(['pods', pod.id], `${pod.id} is unused: no grid asserts a cell of it`, 'key');
    if (pod.readiness !== undefined && !ready.has(pod.id))
      complain(['pods', pod.id, 'readiness'], `no step expects ${pod.id} to be \`ready\``, 'key');
  }
  for (const { id } of services) {
    if (!asserted.has(id))
      complain(['services', id], `service ${id} is unused: no grid asserts a cell of it`, 'key');
  }
};

/** An API server that refuses everything must not pass, nor may pods stand about that nobody asks. */
const refuseVacuousApi = ({ pods, steps }: Scenario, complain: Complain): void => {
  if (pods.length > 0 || steps.some(({ expect }) => expect.length > 0))
    complain(['steps'], 'a scenario asks the API server or draws grids, not both');
  if (!steps.some(({ action }) => action.verb === 'apply'))
    complain(['steps'], 'no step applies a policy: an API server that refuses all of them would pass');
};

const refuseIdleObjects = ({ namespaces, pods, steps }: Scenario, complain: Complain): void => {
  const actions = steps.map(changeOf);
  const created = actions.flatMap((action) =>
    action.verb === 'create' ? [...action.pods, ...(action.namespaces ?? [])] : [],
  );
  for (const { id, createdLater } of pods) {
    if (createdLater && !created.includes(id))
      complain(['pods', id], `${id} is created later, but no step creates it`, 'key');
  }
  const homes = [
    ...pods.map(({ namespace }) => namespace),
    ...actions
      .flatMap((action) => ('policies' in action ? action.policies : []))
      .map(({ metadata }) => metadata.namespace),
    ...actions
      .flatMap((action) => (action.verb === 'reject' ? action.documents : []))
      .map(({ document }) => document.metadata.namespace),
  ];
  for (const { name, createdLater } of namespaces) {
    // A policy that is refused for want of its namespace needs one that never comes.
    const isAwaited = createdLater && !created.includes(name) && !asksApiServer(steps);
    if (isAwaited) complain(['namespaces', name], `${name} is created later, but no step creates it`, 'key');
    else if (!homes.includes(name))
      complain(['namespaces', name], `${name} is unused: no pod and no policy is in it`, 'key');
  }
};

/**
 * A denied cell counts only where the same cell was open without policies, and that is asked before the first step
 * and after the last: one of these times both of its pods must be there.
 */
const refuseUnproven = (scenario: Scenario, complain: Complain): void => {
  const first = initialState(scenario);
  const last = scenario.steps.reduce((state, { action }) => applyAction(state, action, scenario), first);
  const meet = (one: string, other: string): boolean =>
    [first, last].some(({ pods, completed }) =>
      [one, other].every(
        (id) => !scenario.pods.some((pod) => pod.id === id) || (pods.has(id) && !completed.has(id)),
      ),
    );
  for (const { grid, cells } of scenario.steps.flatMap(({ expect }) => expect))
    for (const [index, { row, column, cell }] of listCells(grid).entries())
      if (cell === 'deny' && !meet(row, column))
        complain(
          [],
          `${row} -> ${column} has no baseline: neither before the first step nor after the last are both there`,
          cells.cells[index],
        );
};

const namesAsserted = (grids: readonly ExpectedGrid[]): Set<string> =>
  new Set(
    grids.flatMap(({ grid }) =>
      listCells(grid).flatMap(({ row, column, cell }) => (cell === 'ignored' ? [] : [row, column])),
    ),
  );
