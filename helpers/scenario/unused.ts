import { isBackend } from './grids.ts';
import type { Complain } from './reading.ts';
import type { ExpectedGrid, Scenario } from './scenario.ts';

/** Complains about pods and services that prove nothing, and about a scenario that expects nothing. */
export const refuseUnused = ({ pods, services, steps }: Scenario, complain: Complain): void => {
  const grids = steps.flatMap(({ expect }) => expect);
  if (steps.length > 0 && grids.length === 0)
    complain(['steps'], 'no step has an `expect`: the scenario claims nothing');
  const created = new Set(steps.flatMap(({ action }) => (action.verb === 'create' ? action.pods : [])));
  for (const { id, createdLater } of pods) {
    if (createdLater && !created.has(id))
      complain(['pods', id], `${id} is created later, but no step creates it`, 'key');
  }
  if (grids.length === 0) return;
  const asserted = namesAsserted(grids);
  for (const pod of pods) {
    const isBehind = services.some((service) => asserted.has(service.id) && isBackend(pod, service));
    if (!asserted.has(pod.id) && !isBehind)
      complain(['pods', pod.id], `${pod.id} is unused: no grid asserts a cell of it`, 'key');
  }
  for (const { id } of services) {
    if (!asserted.has(id))
      complain(['services', id], `service ${id} is unused: no grid asserts a cell of it`, 'key');
  }
};

const namesAsserted = (grids: readonly ExpectedGrid[]): Set<string> =>
  new Set(
    grids.flatMap(({ grid: { rows, columns, cells } }) =>
      cells.flatMap((cell, index) =>
        cell === 'ignored'
          ? []
          : [rows[Math.floor(index / columns.length)] as string, columns[index % columns.length] as string],
      ),
    ),
  );
