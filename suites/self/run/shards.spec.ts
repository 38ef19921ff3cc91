import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../helpers/config.ts';
import { UsageError } from '../../../helpers/errors.ts';
import { keepShard, selectSuite } from '../../../helpers/run/selection.ts';
import { chooseShard } from '../../../helpers/run/shards.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { runNetpol, temporaryFolder } from '../netpol.ts';

const choose = async (filter: string): Promise<Scenario[]> =>
  (await selectSuite([filter], { profile: '', features: [], skip: [] })).scenarios;

const cut = (scenarios: readonly Scenario[], count: number): Scenario[][] =>
  Array.from({ length: count }, (_, index) => chooseShard(scenarios, { index: index + 1, count }));

const namesOf = (scenarios: readonly Scenario[]): string[] => scenarios.map(({ name }) => name);

describe('shards', function () {
  this.timeout(60_000);

  it('have every scenario exactly once, each shard in the order of the suite', async () => {
    const scenarios = await choose('network-policy/');
    for (const count of [1, 2, 3, 8, scenarios.length]) {
      const shards = cut(scenarios, count);
      expect(shards.flat(), String(count)).to.have.members(scenarios).and.have.length(scenarios.length);
      for (const shard of shards)
        expect(shard).to.deep.equal(scenarios.filter((each) => shard.includes(each)));
    }
  });

  it('are cut the same way whenever the same is chosen', async () => {
    const [first, second] = [await choose('network-policy/'), await choose('network-policy/')];
    expect(cut(first, 5).map(namesOf)).to.deep.equal(cut(second, 5).map(namesOf));
  });

  it('deal out evenly what takes long, and all else', async () => {
    for (const shard of cut(await choose('operations'), 4))
      expect(namesOf(shard).filter((name) => name.startsWith('operations/cluster/'))).to.have.length(1);
    const sizes = cut(await choose('network-policy/'), 8).map((shard) =>
      shard.reduce((sum, { steps }) => sum + steps.length, 0),
    );
    expect(Math.max(...sizes) / Math.min(...sizes), sizes.join(' ')).to.be.below(1.6);
  });

  it('are never empty: more shards than scenarios are refused', async () => {
    const scenarios = await choose('latency/');
    expect(() => chooseShard(scenarios, { index: 10, count: 10 })).to.throw(
      UsageError,
      /`--shard 10\/10` is empty[^]*9 scenarios for 10 shards/,
    );
  });

  it('deal out what is not skipped, and a shard without any of that is refused before it begins', async () => {
    const chosen = ['stories', 'peers', 'isolation'].map((area) => `network-policy/${area}/`);
    const skip = ['network-policy/stories/', 'network-policy/isolation/'];
    const suite = await selectSuite(chosen, { profile: '', features: [], skip });
    const isAsked = (scenario: Scenario): boolean => !suite.skipped.has(scenario);
    const asked = suite.scenarios.filter(isAsked).length;
    expect(suite.skipped.size).to.be.greaterThan(0);
    const shards = Array.from({ length: asked }, (_, index) => keepShard(suite, `${index + 1}/${asked}`));
    for (const { scenarios } of shards) expect(scenarios.filter(isAsked)).to.have.length(1);
    expect(shards.flatMap(({ scenarios }) => scenarios))
      .to.have.members(suite.scenarios)
      .and.have.length(suite.scenarios.length);
    expect(() => keepShard(suite, `${asked + 1}/${asked + 1}`)).to.throw(
      UsageError,
      new RegExp(`is empty[^]*${asked} scenarios for ${asked + 1} shards, ${suite.skipped.size} skipped`),
    );
  });

  it('are asked for by flag, environment or file, and anything else is refused', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'netpol.yaml');
    await writeFile(file, 'shard: 1/3\n');
    expect(loadConfig({}, {}, file).shard).to.equal('1/3');
    expect(loadConfig({}, { NETPOL_SHARD: '2/3' }, file).shard).to.equal('2/3');
    expect(loadConfig({ shard: '3/3' }, { NETPOL_SHARD: '2/3' }, file).shard).to.equal('3/3');
    for (const shard of ['0/8', '9/8', 'x', '1/0', '2', '/8', '1/8/2', '-1/8', '1.5/8', '01/8', ' 1/8'])
      expect(() => loadConfig({ shard }, {}, undefined), shard).to.throw(/shard: wanted I\/N/);
  });

  it('are what `list` shows of them', async () => {
    const list = async (...args: string[]): Promise<string[]> => {
      const { stdout, exitCode, output } = await runNetpol(['list', 'peers', '--json', ...args]);
      expect(exitCode, output).to.equal(0);
      return (JSON.parse(stdout) as { scenarios: { name: string }[] }).scenarios.map(({ name }) => name);
    };
    const [all, one, two] = [await list(), await list('--shard', '1/2'), await list('--shard', '2/2')];
    expect([...one, ...two])
      .to.have.members(all)
      .and.have.length(all.length);
    expect(Math.abs(one.length - two.length)).to.be.below(all.length / 2);
  });
});
