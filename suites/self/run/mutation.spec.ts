import { expect } from 'chai';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { patienceFor } from '../../../helpers/run/lanes.ts';
import { judgeFate, openTrial, planBatches } from '../../../helpers/run/mutation.ts';
import { sample, scenarioOf } from '../scenario/sample.ts';
import type { Feature } from '../../../helpers/scenario/features.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

const createScenario = (name: string, ...features: Feature[]): Scenario => ({
  ...scenarioOf(sample),
  name,
  features,
});

const far = createScenario('far', 'NetworkPolicy');
const near = createScenario('near', 'NetworkPolicy', 'NetworkPolicyUDP');
const named = createScenario('named', 'NetworkPolicy', 'NetworkPolicyUDP');
const scenarios = [far, near, named];
const udp = { feature: 'NetworkPolicyUDP', killedBy: 'named' };

const namesOf = (batches: Scenario[][]): string[][] => batches.map((batch) => batch.map(({ name }) => name));

describe('the trial of a mutant', () => {
  it('tries the scenario that it names first and alone, then those of its feature, then the rest', () => {
    expect(namesOf(planBatches(scenarios, udp, { thorough: false }))).to.deep.equal([
      ['named'],
      ['near', 'far'],
    ]);
  });

  it('tries all of them together where it is thorough', () => {
    expect(namesOf(planBatches(scenarios, udp, { thorough: true }))).to.deep.equal([
      ['named', 'near', 'far'],
    ]);
  });

  it('tries what there is where the named one is not among it', () => {
    expect(namesOf(planBatches([far, near], udp, { thorough: false }))).to.deep.equal([['near', 'far']]);
  });

  it('gives each scenario a cluster of its own where the baseline is spoilt', () => {
    const batches = planBatches(scenarios, { ...udp, spoilsBaseline: true }, { thorough: true });
    expect(namesOf(batches)).to.deep.equal([['named'], ['near'], ['far']]);
  });

  it('gives a mutant that violates nothing as long as any plugin, and others less', async function () {
    this.timeout(60_000);
    const budgets = async (mutant: { survives?: string }) => {
      const cluster = await startLab({ run: 'self', plugin: 'none', log: () => {} });
      await using session = await openTrial(cluster, 1, 1, mutant);
      return {
        trial: session.context.patience.budget,
        usual: patienceFor(cluster, { settleBudgetMs: 0 }).budget,
      };
    };
    const harmless = await budgets({ survives: 'the API does not say' });
    expect(harmless.trial).to.equal(harmless.usual);
    const { trial, usual } = await budgets({});
    expect(trial).to.be.below(usual);
  });

  const judge = (killers: string[], mutant: { killedBy?: string; survives?: string }) =>
    judgeFate(mutant, { killedBy: killers, tried: 3 }, scenarios);

  it('is right where the named scenario fails', () => {
    expect(judge(['named'], udp)).to.deep.equal({ isRight: true, words: 'killed by named' });
  });

  it('is wrong where the named scenario passes, and says which one would kill', () => {
    expect(judge(['near'], udp)).to.deep.equal({
      isRight: false,
      words: 'SURVIVED named, which it names, but not near',
    });
  });

  it('is wrong where nothing fails', () => {
    expect(judge([], udp)).to.deep.equal({
      isRight: false,
      words: 'SURVIVED named, which it names, and 2 others',
    });
    expect(judge([], { killedBy: 'elsewhere' })).to.deep.equal({ isRight: false, words: 'SURVIVED' });
  });

  it('is wrong where the named scenario was skipped, whatever the others say', () => {
    const fate = { killedBy: [], tried: 0, skipped: 'the lab has no API server' };
    expect(judgeFate(udp, fate, scenarios)).to.deep.equal({
      isRight: false,
      words: 'NOT TRIED by named, which it names: the lab has no API server',
    });
  });

  it('takes any killer where the named scenario was not to be tried', () => {
    expect(judge(['far'], { killedBy: 'elsewhere' })).to.deep.equal({
      isRight: true,
      words: 'killed by far',
    });
  });

  it('is wrong where a scenario fails what is no violation', () => {
    const survives = 'the API does not say';
    expect(judge([], { survives })).to.deep.equal({ isRight: true, words: survives });
    expect(judge(['far'], { survives })).to.deep.equal({
      isRight: false,
      words: 'KILLED by far, but the API does not say',
    });
  });
});
