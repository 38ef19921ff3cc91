import { expect } from 'chai';
import { formatProblem } from '../../../helpers/errors.ts';
import * as cuts from '../../../helpers/run/fuzz/cuts.ts';
import { drawGrids, questionsOf } from '../../../helpers/run/fuzz/grids.ts';
import { repair } from '../../../helpers/run/fuzz/repair.ts';
import { shrink } from '../../../helpers/run/fuzz/shrink.ts';
import { worldOf } from '../../../helpers/run/fuzz/world.ts';
import { lintScenario } from '../../../helpers/run/lint.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { formatScenario } from '../../../helpers/scenario/write.ts';
import { misreadings, showsMistake, worldsThatShow } from './fuzz-worlds.ts';

const problemsOf = (scenario: Scenario): string[] => {
  const { scenario: read, problems } = readScenario(formatScenario(scenario), 'cut.yaml', scenario.name);
  return [...problems, ...(problems.length === 0 ? lintScenario(read) : [])].map(formatProblem);
};

const sizeOf = ({ pods, steps }: Scenario): { pods: number; policies: number; steps: number } => ({
  pods: pods.length,
  policies: new Set(
    steps
      .flatMap(({ action }) => ('policies' in action ? action.policies : []))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  ).size,
  steps: steps.length,
});

describe('what is cut out of a random world', function () {
  this.timeout(60_000);

  it('leaves a scenario that loads and that lint accepts, or none', () => {
    let count = 0;
    for (let index = 0; index < 40; index += 1) {
      const world = worldOf(11, index);
      for (const [name, cut] of Object.entries(cuts))
        for (const smaller of cut(world).slice(0, 8)) {
          const drawn = drawGrids(repair(smaller), questionsOf(world));
          if (drawn === undefined) continue;
          count += 1;
          expect(problemsOf(drawn), `${name} of ${world.title}\n${formatScenario(drawn)}`).to.deep.equal([]);
        }
    }
    expect(count).to.be.greaterThan(300);
  });
});

describe('shrink', function () {
  this.timeout(120_000);

  for (const [claim, misread] of Object.entries(misreadings))
    it(`leaves little of worlds that show that ${claim}`, async () => {
      const worlds = worldsThatShow(misread, 5, 4);
      expect(worlds.length).to.equal(4);
      for (const world of worlds) {
        const fails = async (scenario: Scenario): Promise<boolean> => showsMistake(scenario, misread);
        const way = await shrink(world, { fails, width: 4, isOver: () => false });
        const smallest = way.at(-1) as Scenario;
        expect(showsMistake(smallest, misread), formatScenario(smallest)).to.equal(true);
        expect(problemsOf(smallest)).to.deep.equal([]);
        const { pods, policies, steps } = sizeOf(smallest);
        expect(pods, formatScenario(smallest)).to.be.at.most(3);
        expect(policies, formatScenario(smallest)).to.be.at.most(2);
        expect(steps, formatScenario(smallest)).to.be.at.most(2);
      }
    });

  const misread = misreadings['NotIn is read as In']!;
  const [world] = worldsThatShow(misread, 5, 1) as [Scenario];

  it('keeps the way, on which every scenario fails, and asks about none twice', async () => {
    const asked: string[] = [];
    const way = await shrink(world, {
      fails: async (scenario) => {
        asked.push(formatScenario(scenario));
        return showsMistake(scenario, misread);
      },
      width: 3,
      isOver: () => false,
    });
    expect(way[0]).to.equal(world);
    expect(way.every((scenario) => showsMistake(scenario, misread))).to.equal(true);
    expect(new Set(asked).size).to.equal(asked.length);
  });

  it('asks no more at once than it may, and nothing more when it is over', async () => {
    let [running, most, asked] = [0, 0, 0];
    const way = await shrink(world, {
      fails: async (scenario) => {
        running += 1;
        asked += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        return showsMistake(scenario, misread);
      },
      width: 2,
      isOver: () => asked >= 4,
    });
    expect(most).to.equal(2);
    expect(asked).to.equal(4);
    expect(way.length).to.be.at.most(5);
  });

  it('asks first about the pods between which a connection differed', async () => {
    const { pods } = world;
    const pair = [pods.at(-2)?.id ?? '', pods.at(-1)?.id ?? ''];
    const asked: string[][] = [];
    const fails = async ({ pods: kept }: Scenario): Promise<boolean> => {
      asked.push(kept.map(({ id }) => id));
      return false;
    };
    await shrink(world, { fails, width: 1, isOver: () => false, suspects: [pair], keepsOrder: true });
    expect(pods.length).to.be.greaterThan(3);
    const rankOf = (kept: string[]): number => (pair.every((id) => kept.includes(id)) ? 0 : 1);
    const ranks = asked.filter(({ length }) => length < pods.length).map(rankOf);
    expect(ranks).to.include(0).and.include(1);
    expect(ranks).to.deep.equal(ranks.toSorted((one, other) => one - other));
  });

  it('puts no steps together where their order may matter', async () => {
    const [changing] = Array.from({ length: 40 }, (_, index) => worldOf(11, index)).filter(
      ({ steps }) => steps.length > 2,
    );
    const stepsAsked = async (keepsOrder: boolean): Promise<number[]> => {
      const asked: number[] = [];
      const fails = async ({ steps }: Scenario): Promise<boolean> => {
        asked.push(steps.length);
        return false;
      };
      await shrink(changing as Scenario, { fails, width: 1, isOver: () => false, keepsOrder });
      return asked;
    };
    const { length } = (changing as Scenario).steps;
    expect(Math.min(...(await stepsAsked(true)))).to.equal(length - 1);
    expect(Math.min(...(await stepsAsked(false)))).to.be.lessThan(length - 1);
  });

  it('leaves a scenario as it is that fails only as a whole', async () => {
    const way = await shrink(world, { fails: async () => false, width: 4, isOver: () => false });
    expect(way).to.deep.equal([world]);
  });
});
