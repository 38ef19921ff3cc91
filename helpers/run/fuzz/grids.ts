import {
  families,
  idOf,
  isRunning,
  type Family,
  type Pod,
  type Service,
  type World,
} from '../../kube/world.ts';
import type { Protocol } from '../../kube/types.ts';
import { buildMatrix, type Expectation, type Matrix } from '../../matrix/matrix.ts';
import { matchesSelector } from '../../model/matching.ts';
import { createOracle, type Oracle } from '../../model/oracle.ts';
import { neededFeatures } from '../../scenario/features.ts';
import type { ExpectedGrid, Scenario, Step } from '../../scenario/scenario.ts';
import { worldAt } from '../../scenario/world.ts';
import { unprovenSteps } from '../lint.ts';

/** What a grid asks, over both families. */
export type Question = {
  target: 'pod' | 'service';
  protocol: Protocol;
  port: number;
  traffic?: 'fragmented';
};

/**
 * The scenario with the grids that the oracle draws for these questions after each step, and the features that it
 * then needs. Steps in which nothing shows that a policy acts stay without a grid, as lint wants it. Undefined where
 * no step is left, or where a pod or Service has no part in any of them.
 */
export const drawGrids = (scenario: Scenario, questions: readonly Question[]): Scenario | undefined => {
  const all = scenario.steps.map((step, index): Step => ({
    ...step,
    line: index + 1,
    expect: drawStep(worldAt(scenario, index), questions),
  }));
  const unproven = new Set(unprovenSteps({ ...scenario, steps: all }).map(({ line }) => line));
  const steps = all.map((step) => (unproven.has(step.line) ? { ...step, expect: [] } : step));
  const drawn = steps.flatMap(({ expect }) => expect);
  const policies = steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));
  const asked = new Set(drawn.flatMap(({ grid }) => namesIn(grid)));
  const isOpenInTheEnd = hasBackends(scenario, worldAt(scenario, steps.length - 1));
  const isUsed = [...scenario.pods, ...scenario.services].every(({ id }) => asked.has(id));
  if (drawn.length === 0 || !isUsed || !isOpenInTheEnd) return undefined;
  return { ...scenario, steps, features: neededFeatures({ ...scenario, steps }, policies) };
};

/** Where pods come later, all must be open after the last step as well, so that Services must lead somewhere then. */
const hasBackends = ({ steps }: Scenario, { pods, services }: World): boolean =>
  !steps.some(({ action }) => action.verb === 'create') ||
  services.every((service) => pods.some((pod) => isBehind(pod, service)));

const isBehind = (pod: Pod, { namespace, selector }: Service): boolean =>
  pod.external !== true &&
  isRunning(pod) &&
  pod.namespace === namespace &&
  matchesSelector({ matchLabels: selector }, pod.labels);

/** The questions that a drawn scenario answers. */
export const questionsOf = ({ steps }: Scenario): Question[] => {
  const grids = steps.flatMap(({ expect }) => expect);
  const questions = new Map(
    grids.map(({ key, family, target, protocol, port, traffic }) => [
      family === undefined ? key : key.slice('v4 '.length),
      {
        target: target === 'pod' ? target : ('service' as const),
        protocol: protocol as Protocol,
        port,
        ...(traffic === 'fragmented' && { traffic }),
      },
    ]),
  );
  return [...questions.values()];
};

const drawStep = (world: World, questions: readonly Question[]): ExpectedGrid[] => {
  const oracle = createOracle(world);
  return questions.flatMap((question) => {
    const { target, protocol, port, traffic } = question;
    const [v4, v6] = families.map((family) => drawGrid(question, family, world, oracle));
    if (v4 === undefined || v6 === undefined || v4.cells.every((cell) => cell === 'ignored')) return [];
    const words = [traffic, target === 'pod' ? undefined : target, `${protocol}/${port}`];
    const key = words.filter((word) => word !== undefined).join(' ');
    const kind = { target, protocol, port, line: 1, ...(traffic !== undefined && { traffic }) };
    const isOne = v4.cells.every((cell, index) => cell === v6.cells[index]);
    return isOne
      ? [{ ...kind, key, grid: v4, cells: placesOf(v4) }]
      : [
          { ...kind, key: `v4 ${key}`, family: 'IPv4' as const, grid: v4, cells: placesOf(v4) },
          { ...kind, key: `v6 ${key}`, family: 'IPv6' as const, grid: v6, cells: placesOf(v6) },
        ];
  });
};

const drawGrid = (
  { target, protocol, port }: Question,
  family: Family,
  { pods: all, services }: World,
  oracle: Oracle,
): Matrix<Expectation> => {
  const pods = all.filter(isRunning);
  const rows = pods.map(idOf);
  if (target === 'pod') {
    return buildMatrix(rows, rows, (row, column) => {
      const [from, to] = [row, column].map((id) => pods.find((pod) => idOf(pod) === id));
      const isAsked = row !== column && canMeet(from, to) && serves(to, protocol, port);
      return isAsked ? oracle.verdict(row, column, protocol, port, family) : 'ignored';
    });
  }
  const columns = services.filter((service) =>
    service.ports.some((own) => own.protocol === protocol && own.port === port),
  );
  return buildMatrix(rows, columns.map(idOf), (row, column) => {
    const service = columns.find((candidate) => idOf(candidate) === column);
    const from = pods.find((pod) => idOf(pod) === row);
    if (service === undefined || from === undefined || from.external || from.hostNetwork) return 'ignored';
    const backends = pods.filter((pod) => isBehind(pod, service));
    // A pod that asks itself through its own Service is a case of its own.
    if (backends.length === 0 || backends.includes(from)) return 'ignored';
    return oracle.serviceVerdict(row, column, protocol, port, family).verdict;
  });
};

/** Hosts outside the cluster have no way to each other, nor to the addresses of nodes. */
const canMeet = (from: Pod | undefined, to: Pod | undefined): boolean =>
  ![from, to].some((pod) => pod?.external === true) ||
  [from, to].filter((pod) => pod?.external === true || pod?.hostNetwork === true).length === 1;

const serves = (pod: Pod | undefined, protocol: Protocol, port: number): boolean =>
  pod?.ports.some((own) => own.protocol === protocol && own.port === port) ?? false;

/** A grid that no file holds yet has no places. */
const placesOf = ({ rows, columns }: Matrix<Expectation>): ExpectedGrid['cells'] =>
  buildMatrix(rows, columns, () => ({ line: 1, column: 1 }));

const namesIn = ({ rows, columns, cells }: Matrix<Expectation>): string[] =>
  cells.flatMap((cell, index) =>
    cell === 'ignored'
      ? []
      : [rows[Math.floor(index / columns.length)] ?? '', columns[index % columns.length] ?? ''],
  );
