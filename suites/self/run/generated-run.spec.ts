import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatProblem } from '../../../helpers/errors.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

type Listed = { scenarios: { name: string }[]; profiles: Record<string, string> };

const list = async (...args: string[]): Promise<Listed> => {
  const { stdout, stderr } = await runNetpol(['list', '--json', ...args]);
  return JSON.parse(stdout === '' ? `"${stderr}"` : stdout) as Listed;
};

const namesOf = ({ scenarios }: Listed): string[] => scenarios.map(({ name }) => name);
const inFolder = (names: readonly string[], folder: string): number =>
  names.filter((name) => name.startsWith(folder)).length;

describe('a profile', function () {
  this.timeout(60_000);

  it('is the scenarios that people drew, unless another is asked for', async () => {
    const listed = await list();
    expect(inFolder(namesOf(listed), 'generated/')).to.equal(0);
    expect(namesOf(listed)).to.deep.equal(namesOf(await list('--profile', 'hand-drawn')));
    const generated = ['generated-pairwise', 'generated-precedence', 'generated-112', 'generated-all'];
    const profiles = ['hand-drawn', 'operations', ...generated, 'latency', 'all'];
    expect(Object.keys(listed.profiles)).to.deep.equal(profiles);
  });

  it('generated-112 and generated-all are as many cases of Cyclonus', async () => {
    const some = namesOf(await list('--profile', 'generated-112'));
    const all = namesOf(await list('--profile', 'generated-all'));
    expect([some.length, all.length]).to.deep.equal([112, 230]);
    expect(all).to.include.members(some);
    expect(inFolder(all, 'generated/cyclonus/')).to.equal(230);
  });

  it('generated-pairwise and -precedence are the crossed axes, and all is everything', async () => {
    const pairwise = namesOf(await list('--profile', 'generated-pairwise'));
    expect(inFolder(pairwise, 'generated/pairwise/')).to.equal(pairwise.length);
    const precedence = namesOf(await list('--profile', 'generated-precedence'));
    expect(inFolder(precedence, 'generated/precedence/')).to.equal(precedence.length);
    const [all, drawn] = [namesOf(await list('--profile', 'all')), namesOf(await list())];
    expect(all).to.deep.equal([...new Set(all)]);
    const operations = namesOf(await list('--profile', 'operations'));
    expect(operations).to.include('operations/cluster/api-server-away');
    const rare = operations.filter((name) => !drawn.includes(name));
    expect(rare).to.deep.equal(operations.filter((name) => name.startsWith('operations/cluster/')));
    const latency = namesOf(await list('--profile', 'latency'));
    expect(inFolder(latency, 'latency/')).to.equal(9);
    expect(all).to.not.include.members(latency);
    expect(all.length).to.equal(drawn.length + rare.length + pairwise.length + precedence.length + 230);
  });

  it('is narrowed by filters: a tag of Cyclonus finds its cases', async () => {
    expect(
      (await list('--profile', 'generated-all', 'namespaces-by-default-label')).scenarios.length,
    ).to.equal(2);
  });

  it('may come from the environment, and is refused where nobody knows it', async () => {
    const env = { NETPOL_PROFILE: 'generated-112' };
    expect((await runNetpol(['list'], { env })).stdout).to.include('112 scenarios, by feature');
    const { exitCode, stderr } = await runNetpol(['list', '--profile', 'nope']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include(
      'wanted one of hand-drawn, operations, generated-pairwise, generated-precedence, generated-112',
    );
  });

  it('need not be named to find a generated case by its name, beside drawn ones', async () => {
    const name = 'generated/cyclonus/017-peers-ingress-c-every';
    expect(namesOf(await list(name))).to.deep.equal([name]);
    const drawn = 'network-policy/isolation/default-deny-ingress';
    expect(namesOf(await list(name, drawn))).to.deep.equal([drawn, name]);
    expect(inFolder(namesOf(await list(name, 'isolation')), 'generated/')).to.equal(1);
  });

  it('refuses a filter that means scenarios of another one', async () => {
    const { exitCode, stderr } = await runNetpol([
      'list',
      '--profile',
      'generated-112',
      'network-policy/isolation',
    ]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('`network-policy/isolation`');
  });
});

describe('generated cases in the lab', function () {
  this.timeout(300_000);

  // Named ports, ranges of addresses, and each action of Cyclonus: what comes and goes, relabels, stacks.
  const sample = ['generated/cyclonus/19', 'generated/cyclonus/20', 'generated/pairwise/01'];

  it('pass with the reference plugin', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runNetpol([
      'run',
      ...sample,
      '--provider',
      'lab',
      '--output',
      folder.path,
    ]);
    expect(exitCode, output).to.equal(0);
    const { counts, cases } = await readRecord(folder.path);
    expect(counts).to.include({ fail: 0, error: 0, skip: 0 });
    expect(cases.length).to.equal(30);
    expect([...new Set(cases.map(({ file }) => file))]).to.have.members([
      'helpers/scenario/generated-cyclonus.ts',
      'helpers/scenario/generated-pairwise.ts',
    ]);
  });

  it('never pass with a plugin that enforces nothing, and none is said to prove nothing', async () => {
    await using folder = await temporaryFolder();
    const idle = ['--provider', 'lab', '--plugin', 'none', '--settle-budget', '300', '--lanes', '2'];
    const { exitCode, output } = await runNetpol(['run', ...sample, ...idle, '--output', folder.path]);
    expect(exitCode, output).not.to.equal(0);
    const { counts, cases, vacuous } = await readRecord(folder.path);
    expect([counts.pass, counts.skip]).to.deep.equal([0, 0]);
    expect(counts.fail).to.be.greaterThan(cases.length / 2);
    expect(vacuous).to.deep.equal([]);
  });

  it('that fail leave themselves as a scenario file with their evidence, and say so', async () => {
    await using folder = await temporaryFolder();
    const name = 'generated/cyclonus/001-target-x';
    const idle = ['--provider', 'lab', '--plugin', 'none', '--settle-budget', '300'];
    const { output } = await runNetpol(['run', name, ...idle, '--output', folder.path]);
    const { cases } = await readRecord(folder.path);
    const file = join(folder.path, cases[0]?.evidence ?? 'none', 'scenario.yaml');
    expect(output).to.include(`replay: npm start -- run ${name}`);
    expect(output).to.include(`scenario: ${file}`);
    expect(cases[0]?.message).to.include('scenario.yaml in its evidence');
    const text = await readFile(file, 'utf8');
    expect(text).to.include('kind: NetworkPolicy');
    expect(readScenario(text, file, name).problems.map(formatProblem)).to.deep.equal([]);
  });
});
