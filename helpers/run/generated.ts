import { families, idOf, type Family } from '../kube/world.ts';
import { buildMatrix, cellOf, type Expectation } from '../matrix/matrix.ts';
import { createOracle } from '../model/oracle.ts';
import { neededFeatures } from '../scenario/features.ts';
import { isGenerated } from '../scenario/generated-case.ts';
import type { ExpectedGrid, Scenario, ScenarioPod, Step } from '../scenario/scenario.ts';
import { worldAt } from '../scenario/world.ts';
import { formatScenario } from '../scenario/write.ts';
import type { Direction } from '../model/network-policy.ts';
import { chooseCells, selectorsOf, type Cell, type Moment } from './generated-cells.ts';

const directions: readonly Direction[] = ['ingress', 'egress'];

/**
 * Draws the grids of a generated scenario as the oracle computes them, so that it can be proved like one that was
 * drawn by hand. Steps in which nothing would show that a policy acts expect nothing. Pods that no grid asks are left
 * out: the standing ones are there all the same. `about` names the directions that the case is about.
 */
export const drawScenario = (draft: Scenario, about: readonly Direction[] = directions): Scenario => {
  const moments = momentsOf(draft);
  return draw(draft, moments, chooseCells(moments, about));
};

/** The same with these cells in every grid. */
export const drawCells = (draft: Scenario, cells: readonly Cell[]): Scenario =>
  draw(draft, momentsOf(draft), cells);

const momentsOf = (draft: Scenario): Moment[] =>
  draft.steps.map((_, index): Moment => {
    const world = worldAt(draft, index);
    return { world, oracle: createOracle(world) };
  });

const draw = (draft: Scenario, moments: readonly Moment[], cells: readonly Cell[]): Scenario => {
  const asked = new Set(cells.flatMap(({ from, to }) => [from, to]));
  const pods = draft.pods.filter(({ id }) => asked.has(id));
  const order = pods.map(({ id }) => id);
  const closed = new Set<string>();
  const steps = draft.steps.map((step, index): Step => {
    const drawn = moments[index] === undefined ? [] : drawGrids(cells, moments[index], order);
    return { ...step, expect: isProof(drawn, closed) ? drawn : [] };
  });
  const policies = steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));
  return {
    ...draft,
    steps,
    pods: pods.map((pod) => ({ ...pod, why: describePod(pod, moments) })),
    features: neededFeatures({ ...draft, steps, pods }, policies),
  };
};

/**
 * The text of a generated scenario as a file that `run` takes, named for its evidence; nothing for one that has a file.
 * In a file every grid has all pods that are there.
 */
export const evidenceOf = (scenario: Scenario): Record<string, string> => {
  if (!isGenerated(scenario)) return {};
  const steps = scenario.steps.map((step, index): Step => {
    const existing = new Set(worldAt(scenario, index).pods.map(idOf));
    const pods = scenario.pods.map(({ id }) => id).filter((id) => existing.has(id));
    return { ...step, expect: step.expect.map((drawn) => ({ ...drawn, ...widen(drawn, pods) })) };
  });
  return { [scenarioFile]: formatScenario({ ...scenario, steps }) };
};

/** The name of a generated scenario among its evidence. */
export const scenarioFile = 'scenario.yaml';

const widen = ({ grid }: ExpectedGrid, pods: readonly string[]): Pick<ExpectedGrid, 'grid' | 'cells'> => ({
  grid: buildMatrix(pods, pods, (row, column) =>
    grid.rows.includes(row) && grid.columns.includes(column) ? cellOf(grid, row, column) : 'ignored',
  ),
  cells: buildMatrix(pods, pods, () => nowhere),
});

/** There is no file in which a cell could have its place. */
const nowhere = { line: 1, column: 1 };

/** Each grid has the pods only that it asks, so that a record of many cases stays small. */
const drawGrids = (
  cells: readonly Cell[],
  { world, oracle }: Moment,
  order: readonly string[],
): ExpectedGrid[] => {
  const existing = new Set(world.pods.map(idOf));
  const kinds = Map.groupBy(
    cells.filter(({ from, to }) => existing.has(from) && existing.has(to)),
    ({ protocol, port }) => `${protocol}/${port}`,
  );
  return [...kinds]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .flatMap(([kind, asked]) => {
      const drawn = families.map((family) =>
        drawGrid(kind, asked, family, order, ({ from, to, protocol, port }) =>
          oracle.verdict(from, to, protocol, port, family),
        ),
      );
      const [first, second] = drawn;
      const areEqual = first?.grid.cells.every((cell, index) => cell === second?.grid.cells[index]);
      return areEqual && first !== undefined ? [withoutFamily(first, kind)] : drawn;
    });
};

const drawGrid = (
  kind: string,
  asked: readonly Cell[],
  family: Family,
  order: readonly string[],
  verdictOf: (cell: Cell) => Expectation,
): ExpectedGrid => {
  const rows = order.filter((id) => asked.some(({ from }) => from === id));
  const columns = order.filter((id) => asked.some(({ to }) => to === id));
  const [{ protocol, port } = { protocol: 'TCP' as const, port: 0 }] = asked;
  const grid = buildMatrix(rows, columns, (row, column): Expectation => {
    const cell = asked.find(({ from, to }) => from === row && to === column);
    return cell === undefined ? 'ignored' : verdictOf(cell);
  });
  const cells = buildMatrix(rows, columns, () => nowhere);
  const key = `${family === 'IPv4' ? 'v4' : 'v6'} ${kind}`;
  return { key, target: 'pod', protocol, port, family, grid, cells, line: 1 };
};

const withoutFamily = (grid: ExpectedGrid, key: string): ExpectedGrid => {
  const common = { ...grid, key };
  delete common.family;
  return common;
};

/** A step proves something where a cell is denied, or opens that an earlier step closed. `closed` is kept up to date. */
const isProof = (grids: readonly ExpectedGrid[], closed: Set<string>): boolean => {
  const cells = grids.flatMap(({ key, grid, family }) =>
    grid.cells.flatMap((want, index) =>
      (family === undefined ? families : [family]).map((each) => ({
        want,
        name: [
          each,
          key.split(' ').at(-1),
          grid.rows[Math.floor(index / grid.columns.length)],
          grid.columns[index % grid.columns.length],
        ].join(' '),
      })),
    ),
  );
  const isProof = cells.some(({ want, name }) => want === 'deny' || (want === 'allow' && closed.has(name)));
  for (const { want, name } of cells) if (want === 'deny') closed.add(name);
  return isProof;
};

const describePod = ({ id, addresses, createdLater }: ScenarioPod, moments: readonly Moment[]): string => {
  const policies = [...new Set(selectorsOf(id, moments).map((role) => role.split(' ').at(-1)))];
  return [
    ...(createdLater ? ['comes later'] : []),
    addresses !== undefined
      ? 'outside the cluster'
      : policies.length === 0
        ? 'selected by no policy'
        : `selected by ${policies.join(', ')}`,
  ].join(', ');
};
