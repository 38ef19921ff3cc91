import { expect } from 'chai';
import { drawScenario, evidenceOf } from '../../../helpers/run/generated.ts';
import { lintScenario, vacuousReason } from '../../../helpers/run/lint.ts';
import { cyclonusCases } from '../../../helpers/scenario/generated-cyclonus.ts';
import {
  buildPolicy,
  draftScenario,
  laterPod,
  outsideHost,
  withAnyOf,
  withLabel,
} from '../../../helpers/scenario/generated-case.ts';
import { pairwiseScenarios } from '../../../helpers/scenario/generated-pairwise.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import type { Action, Scenario, ScenarioPod } from '../../../helpers/scenario/scenario.ts';
import type { PolicyParts } from '../../../helpers/scenario/generated-case.ts';
import { formatProblem } from '../../../helpers/errors.ts';

const drawn = [
  ...cyclonusCases().map(({ scenario, about }) => drawScenario(scenario, about)),
  ...pairwiseScenarios().map((scenario) => drawScenario(scenario)),
];

const apply = (...policies: PolicyParts[]): Action => ({
  verb: 'apply',
  policies: policies.map(buildPolicy),
});

const draw = (actions: Action[], pods: ScenarioPod[] = []): Scenario =>
  drawScenario(
    draftScenario({
      title: 'A case of this test',
      name: 'generated/test/001',
      file: 'generated.spec.ts',
      spec: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource',
      actions,
      pods,
    }),
  );

/** `v4 TCP/80 x/b x/a deny`: the cells that a step asserts or characterises. */
const cellsAt = ({ steps }: Scenario, index: number): string[] =>
  (steps[index]?.expect ?? []).flatMap(({ key, grid: { rows, columns, cells } }) =>
    cells.flatMap((want, at) =>
      want === 'ignored'
        ? []
        : [`${key} ${rows[Math.floor(at / columns.length)]} ${columns[at % columns.length]} ${want}`],
    ),
  );

const admitB = {
  name: 'admit-b',
  namespace: 'x',
  podSelector: withLabel('pod', 'a'),
  ingress: [{ peers: [{ podSelector: withLabel('pod', 'b') }], ports: [{ port: 81 }] }],
} satisfies PolicyParts;

describe('every generated case', () => {
  it('has grids that lint accepts: the policies explain them, and each step with a grid proves something', () => {
    expect(drawn.flatMap(lintScenario).map(formatProblem)).to.deep.equal([]);
  });

  it('can fail: it has a denied cell', () => {
    const vacuous = drawn.filter((scenario) => vacuousReason(scenario) !== undefined);
    expect(vacuous.map(({ name }) => name)).to.deep.equal([]);
  });

  it('has an allowed cell too, so that a plugin which denies everything fails', () => {
    const deaf = drawn.filter(
      ({ steps }) => !steps.some(({ expect }) => expect.some(({ grid }) => grid.cells.includes('allow'))),
    );
    expect(deaf.map(({ name }) => name)).to.deep.equal([]);
  });

  it('never asks a pod about itself', () => {
    for (const { name, steps } of drawn)
      for (const { rows, columns, cells } of steps.flatMap(({ expect }) => expect.map(({ grid }) => grid)))
        for (const [index, cell] of cells.entries())
          if (rows[Math.floor(index / columns.length)] === columns[index % columns.length])
            expect(cell, name).to.equal('ignored');
  });

  it('is a scenario file without a flaw when it is written down, of the same claims', () => {
    for (const scenario of drawn) {
      const text = evidenceOf(scenario)['scenario.yaml'] ?? '';
      const { scenario: read, problems } = readScenario(text, scenario.file, scenario.name);
      expect(problems.map(formatProblem), scenario.name).to.deep.equal([]);
      expect({ ...read, steps: [] }).to.deep.equal({ ...scenario, steps: [] });
      expect(read.steps.map(({ action }) => action)).to.deep.equal(
        scenario.steps.map(({ action }) => action),
      );
      for (const index of scenario.steps.keys())
        expect(cellsAt(read, index), scenario.name).to.have.members(cellsAt(scenario, index));
    }
  });
});

describe('the cells of a generated case', () => {
  const [only] = [draw([apply(admitB)])];

  it('are asked on the port that a rule opens, of one peer of every kind that it could tell apart', () => {
    const asked = cellsAt(only, 0).filter((cell) => cell.startsWith('TCP/81') && cell.includes(' x/a '));
    expect(asked).to.include.members(['TCP/81 x/b x/a allow', 'TCP/81 x/c x/a deny', 'TCP/81 y/b x/a deny']);
  });

  it('are asked on every port of a peer that is admitted and of one that is not', () => {
    const cells = cellsAt(only, 0);
    expect(cells).to.include.members(['TCP/80 x/b x/a deny', 'UDP/80 x/b x/a deny', 'UDP/81 x/b x/a deny']);
    for (const kind of ['TCP/80', 'TCP/81', 'UDP/80', 'UDP/81'])
      expect(cells.filter((cell) => cell.startsWith(kind) && cell.endsWith(' x/a deny'))).not.to.deep.equal(
        [],
      );
  });

  it('have controls: the direction that no policy isolates, and two pods that no policy selects', () => {
    const cells = cellsAt(only, 0);
    expect(cells).to.include('TCP/80 x/a x/b allow');
    expect(cells.some((cell) => !cell.includes('x/a'))).to.equal(true);
  });

  it('tell apart each value that an expression lists, on one node too', () => {
    const peers = [{ podSelector: withAnyOf('pod', 'a', 'c') }];
    const policy = { ...admitB, podSelector: withLabel('pod', 'b'), ingress: [{ peers }] };
    const cells = cellsAt(draw([apply(policy)]), 0);
    expect(cells).to.include.members(['TCP/80 x/a x/b allow', 'TCP/80 x/c x/b allow']);
  });

  it('ask each peer on a port that its own rule opens, at a subject on another node too', () => {
    const from = (ns: string, port: number) => ({
      peers: [{ namespaceSelector: withLabel('ns', ns) }],
      ports: [{ port }],
    });
    const policy = { ...admitB, podSelector: {}, ingress: [from('y', 80), from('z', 81)] };
    const cells = cellsAt(draw([apply(policy)]), 0).filter((cell) => cell.endsWith(' x/b allow'));
    expect(cells).to.include.members(['TCP/80 y/a x/b allow', 'TCP/81 z/a x/b allow']);
  });

  it('ask one subject on each node, where a policy selects several', () => {
    const cells = cellsAt(draw([apply({ ...admitB, podSelector: {} })]), 0);
    expect(cells.some((cell) => cell.endsWith(' x/a deny'))).to.equal(true);
    expect(cells.some((cell) => cell.endsWith(' x/b deny'))).to.equal(true);
    expect(cells.some((cell) => cell.endsWith(' x/c deny'))).to.equal(false);
  });

  it('are drawn for each family where the families differ', () => {
    const peers = [{ ipBlock: { cidr: '203.0.113.0/26' } }];
    const scenario = draw([apply({ ...admitB, ingress: [{ peers }] })], [outsideHost('a'), outsideHost('b')]);
    expect(cellsAt(scenario, 0)).to.include.members([
      'v4 TCP/80 external/a x/a allow',
      'v6 TCP/80 external/a x/a deny',
      'v4 TCP/80 external/b x/a deny',
    ]);
  });

  it('are characterised where the API leaves it open whether a range matches a pod', () => {
    const peers = [{ ipBlock: { cidr: '0.0.0.0/0' } }];
    const cells = cellsAt(draw([apply({ ...admitB, ingress: [{ peers }] })]), 0);
    expect(cells).to.include.members(['v4 TCP/80 x/b x/a undefined', 'v6 TCP/80 x/b x/a deny']);
  });

  it('are the same in every step, but for pods that are not there', () => {
    const steps = [apply(admitB), { verb: 'create', pods: ['x/d'] } satisfies Action];
    const scenario = draw(steps, [laterPod('x/d', { pod: 'b' })]);
    expect(cellsAt(scenario, 0).some((cell) => cell.includes('x/d'))).to.equal(false);
    expect(cellsAt(scenario, 1)).to.include('TCP/81 x/d x/a allow');
  });

  it('are left out of a step that proves nothing, and come back in one that does', () => {
    const allowAll = { ...admitB, ingress: [{}] };
    const update: Action = { verb: 'update', policies: [buildPolicy({ ...admitB, ingress: [] })] };
    const scenario = draw([apply(allowAll), update]);
    expect(scenario.steps.map(({ expect }) => expect.length > 0)).to.deep.equal([false, true]);
  });

  it('keep a step that opens what an earlier one closed', () => {
    const denial = { ...admitB, ingress: [] };
    const scenario = draw([apply(denial), { verb: 'delete', policies: [buildPolicy(denial)] }]);
    expect(cellsAt(scenario, 1).some((cell) => cell.endsWith('deny'))).to.equal(false);
    expect(cellsAt(scenario, 1)).to.include('TCP/80 x/b x/a allow');
  });

  it('name no pod that no grid asks', () => {
    for (const { name, pods, steps } of drawn) {
      const asked = new Set(
        steps.flatMap(({ expect }) => expect.flatMap(({ grid }) => [...grid.rows, ...grid.columns])),
      );
      expect(
        pods.map((pod) => pod.id).filter((id) => !asked.has(id)),
        name,
      ).to.deep.equal([]);
    }
  });

  it('are few: at most 50 in each step of the default set, of the 324 that nine pods have', () => {
    const byDefault = new Set(
      cyclonusCases().flatMap(({ scenario, isDefault }) => (isDefault ? [scenario.name] : [])),
    );
    // Two families, and each pod that is asked asks itself.
    for (const scenario of drawn.filter(({ name }) => byDefault.has(name)))
      for (const index of scenario.steps.keys())
        expect(cellsAt(scenario, index).length, scenario.name).to.be.at.most(50);
  });
});
