import { expect } from 'chai';
import { formatProblem } from '../../../helpers/errors.ts';
import { drawGrids } from '../../../helpers/run/fuzz/grids.ts';
import { recall, remember } from '../../../helpers/run/fuzz/recall.ts';
import { worldOf } from '../../../helpers/run/fuzz/world.ts';
import { lintScenario } from '../../../helpers/run/lint.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { policiesAt } from '../../../helpers/scenario/world.ts';
import { formatScenario } from '../../../helpers/scenario/write.ts';
import { sample, scenarioOf } from '../scenario/sample.ts';

const texts = (seed: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => formatScenario(worldOf(seed, index)));

describe('worlds of a seed', function () {
  this.timeout(60_000);

  it('are the same each time, and others for another seed', () => {
    const first = texts(3, 20);
    expect(texts(3, 20)).to.deep.equal(first);
    const named = (text: string): string => text.replace(/.*\n/, '');
    const all = [...first, ...texts(4, 20), ...texts(2, 20)].map(named);
    expect(new Set(all).size).to.equal(60);
  });

  it('are scenarios that load, and that the oracle and lint accept', () => {
    for (let index = 0; index < 80; index += 1) {
      const text = formatScenario(worldOf(9, index));
      const { scenario, problems } = readScenario(text, 'world.yaml', 'world');
      const flaws = [...problems, ...(problems.length === 0 ? lintScenario(scenario) : [])].map(
        formatProblem,
      );
      expect(flaws, text).to.deep.equal([]);
    }
  });

  it('end without a policy, so that what a plugin keeps of one shows in its own world', () => {
    for (let index = 0; index < 40; index += 1) {
      const world = worldOf(9, index);
      expect(policiesAt(world, world.steps.length - 1)).to.deep.equal([]);
    }
  });

  it('leave out what a cluster cannot show', () => {
    const isAble = ({ pods }: { pods: readonly { addresses?: unknown }[] }): boolean =>
      pods.every(({ addresses }) => addresses === undefined);
    for (let index = 0; index < 40; index += 1) expect(isAble(worldOf(9, index, isAble))).to.equal(true);
  });

  it('ask ports that their policies speak of, over both families', () => {
    const worlds = Array.from({ length: 100 }, (_, index) => worldOf(9, index));
    const grids = worlds.flatMap(({ steps }) => steps.flatMap(({ expect }) => expect));
    const keys = new Set(grids.map(({ key }) => key));
    for (const key of [
      'TCP/80',
      'TCP/81',
      'UDP/80',
      'UDP/81',
      'fragmented UDP/80',
      'service TCP/80',
      'v4 TCP/80',
      'v6 TCP/80',
    ])
      expect(keys.has(key), key).to.equal(true);
    expect(grids.flatMap(({ grid }) => grid.cells)).to.include.members([
      'allow',
      'deny',
      'undefined',
      'ignored',
    ]);
  });
});

describe('drawGrids', () => {
  const scenario = scenarioOf(sample);

  it('draws what a person drew', () => {
    const drawn = drawGrids(scenario, [{ target: 'pod', protocol: 'TCP', port: 80 }]);
    const grids = (of: typeof scenario) =>
      of.steps.map(({ expect }) => expect.map(({ key, grid }) => ({ key, grid })));
    expect(
      grids({ ...drawn!, steps: drawn!.steps.filter(({ action }) => action.verb !== 'create') }),
    ).to.deep.equal(
      grids({ ...scenario, steps: scenario.steps.filter(({ action }) => action.verb !== 'create') }),
    );
    expect(drawn!.features).to.deep.equal(['NetworkPolicy']);
  });

  it('draws nothing where nothing would show that a policy acts', () => {
    expect(drawGrids(scenario, [{ target: 'pod', protocol: 'TCP', port: 9 }])).to.equal(undefined);
    const idle = { ...scenario, steps: scenario.steps.filter(({ action }) => action.verb === 'create') };
    expect(drawGrids(idle, [{ target: 'pod', protocol: 'TCP', port: 80 }])).to.equal(undefined);
  });
});

describe('recall', () => {
  const scenario = scenarioOf(sample);

  it('gives pods all labels that they ever had, and takes them away in the first steps', () => {
    const earlier = {
      ...scenario,
      pods: scenario.pods.map((pod) =>
        pod.id === 'x/a' ? { ...pod, labels: { pod: 'a', tier: 'web' } } : pod,
      ),
      steps: [
        { action: { verb: 'label' as const, labels: { 'x/b': { role: 'other' } } }, expect: [], line: 1 },
      ],
    };
    const recalled = recall(scenario, remember(new Map(), earlier));
    const labels = new Map(recalled?.pods.map((pod) => [pod.id, pod.labels]));
    expect(labels.get('x/a')).to.deep.equal({ pod: 'a', tier: 'web' });
    expect(labels.get('x/b')).to.deep.equal({ pod: 'b', role: 'other' });
    expect(recalled?.steps.slice(0, 2).map(({ action }) => action)).to.deep.equal([
      { verb: 'unlabel', keys: { 'x/a': ['tier'] } },
      { verb: 'label', labels: { 'x/b': { role: 'client' } } },
    ]);
    expect(recalled?.steps.length).to.equal(scenario.steps.length + 2);
  });

  it('has nothing to say where pods never had other labels', () => {
    expect(recall(scenario, new Map())).to.equal(undefined);
  });
});
