import type { Problem } from '../errors.ts';
import { messageOf } from '../errors.ts';
import type { Family } from '../kube/world.ts';
import { cellOf, type Expectation } from '../matrix/matrix.ts';
import { createOracle, type Oracle } from '../model/oracle.ts';
import type { ExpectedGrid, Scenario } from '../scenario/scenario.ts';
import { formatAction, worldAt } from '../scenario/world.ts';

/**
 * What is wrong with a scenario that was loaded, as far as it takes the oracle to see: cells drawn otherwise than
 * the policies have it, and steps in which nothing shows that a policy acts. Empty where all is well.
 */
export const lintScenario = (scenario: Scenario): Problem[] => [
  ...scenario.steps.flatMap((_, index) => contradictionsAt(scenario, index)),
  ...unprovenSteps(scenario),
];

/** Why a plugin that does nothing would pass the scenario; undefined where it would fail. */
export const vacuousReason = ({ steps }: Scenario): string | undefined =>
  steps.some(({ expect }) => expect.some(({ grid }) => grid.cells.includes('deny')))
    ? undefined
    : 'no grid has a denied cell, so everything may stay open';

const contradictionsAt = (scenario: Scenario, index: number): Problem[] => {
  const { file, steps } = scenario;
  const step = steps[index];
  if (step === undefined || step.expect.length === 0) return [];
  try {
    const oracle = createOracle(worldAt(scenario, index));
    return step.expect.flatMap((grid) => contradictionsIn(grid, oracle, file));
  } catch (thrown) {
    return [{ file, line: step.line, message: `the oracle cannot judge this step: ${messageOf(thrown)}` }];
  }
};

const contradictionsIn = (drawn: ExpectedGrid, oracle: Oracle, file: string): Problem[] =>
  cellsOf(drawn).flatMap(({ row, column, want }) => {
    if (want === 'ignored') return [];
    const place = { file, ...cellOf(drawn.cells, row, column) };
    const judged = familiesOf(drawn).map((family) => ({
      family,
      ...judge(drawn, row, column, family, oracle),
    }));
    const wrong = judged.filter(({ verdict }) => verdict !== want);
    const [first] = wrong;
    if (first === undefined) return [];
    const where = wrong.length === judged.length ? '' : ` over ${first.family}`;
    const message = `${row} -> ${column} ${drawn.key}: drawn ${want}, but the policies say ${first.verdict}${where}: ${first.reason}`;
    return [{ ...place, message }];
  });

const judge = (
  { target, protocol, port }: ExpectedGrid,
  row: string,
  column: string,
  family: Family,
  oracle: Oracle,
): { verdict: Expectation; reason: string } =>
  target === 'pod'
    ? oracle.explain(row, column, protocol, port, family)
    : oracle.serviceVerdict(row, column, protocol, port, family);

/**
 * A step whose grids only allow proves nothing by itself: an idle plugin shows the same. It does where a cell
 * opens that an earlier step closed.
 */
const unprovenSteps = ({ file, steps }: Scenario): Problem[] => {
  const closed = new Set<string>();
  const problems: Problem[] = [];
  for (const { action, expect, line } of steps) {
    const asserted = expect.flatMap((grid) =>
      familiesOf(grid).flatMap((family) =>
        cellsOf(grid).map((cell) => ({ ...cell, name: nameOf(grid, family, cell) })),
      ),
    );
    const denied = asserted.filter(({ want }) => want === 'deny');
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

const cellsOf = ({ grid }: ExpectedGrid): Cell[] =>
  grid.rows.flatMap((row) =>
    grid.columns.map((column) => ({ row, column, want: cellOf(grid, row, column) })),
  );

const nameOf = ({ target, protocol, port }: ExpectedGrid, family: Family, { row, column }: Cell): string =>
  [target, family, protocol, port, row, column].join(' ');

const familiesOf = ({ family }: ExpectedGrid): Family[] =>
  family === undefined ? ['IPv4', 'IPv6'] : [family];
