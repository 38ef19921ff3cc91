import { messageOf, type Problem } from '../errors.ts';
import { families, idOf, type Family } from '../kube/world.ts';
import { cellOf, formatProbeKind, type Expectation, type ProbeKind } from '../matrix/matrix.ts';
import { judgeCell, type Oracles } from '../model/cell.ts';
import { createOracle, type Oracle } from '../model/oracle.ts';
import { isBehind } from '../model/service.ts';
import type { ExpectedGrid, Scenario } from '../scenario/scenario.ts';
import { asksApiServer } from '../scenario/stored.ts';
import { formatAction, worldAt } from '../scenario/world.ts';
import { kindOf } from './expected.ts';

/**
 * What is wrong with a scenario that was loaded, as far as it takes the oracle to see: cells drawn otherwise than
 * the policies have it, and steps in which nothing shows that a policy acts. Empty where all is well.
 */
export const lintScenario = (scenario: Scenario): Problem[] => [
  ...scenario.steps.flatMap((_, index) => contradictionsAt(scenario, index)),
  ...unprovenSteps(scenario),
];

/** Why a plugin that does nothing would pass the scenario; undefined where it would fail. */
export const vacuousReason = (scenario: Scenario): string | undefined => {
  const { steps, load } = scenario;
  // It waits for a denial.
  if (load !== undefined) return undefined;
  if (asksApiServer(steps)) return 'it asks the API server and not the plugin';
  return steps.some(({ expect }, index) =>
    expect.some((grid) => cellsOf(grid).some((cell) => isClosedByPolicy(scenario, index, grid, cell))),
  )
    ? undefined
    : 'no grid has a denied cell, so everything may stay open';
};

/** Cells that are drawn otherwise than the policies of this step have it. */
export const contradictionsAt = (scenario: Scenario, index: number): Problem[] => {
  const { file, steps } = scenario;
  const step = steps[index];
  if (step === undefined || step.expect.length === 0) return [];
  try {
    const oracles = {
      now: createOracle(worldAt(scenario, index)),
      before: createOracle(worldAt(scenario, index - 1)),
    };
    return step.expect.flatMap((grid) => contradictionsIn(grid, oracles, file));
  } catch (thrown) {
    return [{ file, line: step.line, message: `the oracle cannot judge this step: ${messageOf(thrown)}` }];
  }
};

const contradictionsIn = (drawn: ExpectedGrid, oracles: Required<Oracles>, file: string): Problem[] =>
  cellsOf(drawn).flatMap(({ row, column, want }) => {
    if (want === 'ignored') return [];
    const place = { file, ...cellOf(drawn.cells, row, column) };
    const kinds = familiesOf(drawn).map((family) => kindOf(drawn, family));
    const [closed] = kinds.flatMap((kind) => closedBefore(kind, row, column, oracles.before));
    if (closed !== undefined) {
      const message = `${row} -> ${column} ${drawn.key}: nothing can be established before this step, so the cell can only be \`-\`: ${closed}`;
      return [{ ...place, message }];
    }
    const judged = kinds.map((kind) => ({ kind, ...judgeCell(kind, row, column, oracles) }));
    const wrong = judged.filter(({ verdict }) => verdict !== want);
    const [first] = wrong;
    if (first === undefined) return [];
    const where = wrong.length === judged.length ? '' : ` over ${first.kind.family}`;
    const message = `${row} -> ${column} ${drawn.key}: drawn ${want}, but the policies say ${first.verdict}${where}: ${first.reason}`;
    return [{ ...place, message }];
  });

/** Why a connection of the kind could not be opened for certain in the world before; empty where it could. */
const closedBefore = (kind: ProbeKind, row: string, column: string, before: Oracle): string[] => {
  if (kind.traffic !== 'established') return [];
  try {
    const { verdict, reason } = before.explain(row, column, kind.protocol, kind.port, kind.family);
    return verdict === 'allow' ? [] : [reason];
  } catch (thrown) {
    // One of the ends comes with this step.
    return [messageOf(thrown)];
  }
};

/**
 * A step whose grids only allow proves nothing by itself: an idle plugin shows the same. It does where a cell
 * opens that an earlier step closed.
 */
export const unprovenSteps = (scenario: Scenario): Problem[] => {
  const { file, steps } = scenario;
  const closed = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, { action, expect, line }] of steps.entries()) {
    const asserted = expect.flatMap((grid) =>
      familiesOf(grid).flatMap((family) =>
        cellsOf(grid).map((cell) => ({
          ...cell,
          name: nameOf(grid, family, cell),
          isClosed: isClosedByPolicy(scenario, index, grid, cell),
        })),
      ),
    );
    const denied = asserted.filter(({ isClosed }) => isClosed);
    const reopened = asserted.some(({ want, name }) => want === 'allow' && closed.has(name));
    if (expect.length > 0 && denied.length === 0 && !reopened) {
      problems.push({
        file,
        line,
        message: `nothing shows that a policy acts in this step (${formatAction(action)}): no cell is denied, and none opens that an earlier step closed`,
      });
    }
    for (const { name } of denied) closed.add(name);
  }
  return problems;
};

type Cell = { row: string; column: string; want: Expectation };

/** A Service without pods answers nobody, whatever the plugin does. A lookup asks no pod of it. */
const isClosedByPolicy = (
  scenario: Scenario,
  index: number,
  { target }: ExpectedGrid,
  { column, want }: Cell,
): boolean => {
  if (want !== 'deny' || target === 'pod' || target === 'lookup') return want === 'deny';
  const { pods, services } = worldAt(scenario, index);
  const service = services.find((candidate) => idOf(candidate) === column);
  return service !== undefined && pods.some((pod) => isBehind(service, pod));
};

const cellsOf = ({ grid }: ExpectedGrid): Cell[] =>
  grid.rows.flatMap((row) =>
    grid.columns.map((column) => ({ row, column, want: cellOf(grid, row, column) })),
  );

const nameOf = (grid: ExpectedGrid, family: Family, { row, column }: Cell): string =>
  [formatProbeKind(kindOf(grid, family)), row, column].join(' ');

const familiesOf = ({ family }: ExpectedGrid): readonly Family[] =>
  family === undefined ? families : [family];
