import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { InputError } from '../../../helpers/errors.ts';
import { lintScenario, vacuousReason } from '../../../helpers/run/lint.ts';
import { features } from '../../../helpers/scenario/features.ts';
import { loadScenarios, loadShipped } from '../../../helpers/scenario/load.ts';
import { asksApiServer } from '../../../helpers/scenario/stored.ts';
import { temporaryFolder } from '../netpol.ts';
import { sample, spoil } from './sample.ts';

const load = async (files: Record<string, string>): Promise<string[]> => {
  await using directory = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory.path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  try {
    const scenarios = await loadScenarios(directory.path);
    return scenarios.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(
      ({ file, line, message }) => `${relative(directory.path, file)}:${line} ${message}`,
    );
  }
};

const another = spoil(['A policy admits what it names', 'Another claim']);

describe('loading scenarios', () => {
  it('names them by their path, in order', async () => {
    expect(await load({ 'b/two.yaml': another, 'a/one.yaml': sample })).to.deep.equal(['a/one', 'b/two']);
  });

  it('tells all problems of all files at once', async () => {
    const files = {
      'one.yaml': spoil(['spec:', 'specs:']),
      'two.yaml': another.replace('x/a: the target', 'x/a:'),
    };
    expect(await load(files)).to.deep.equal([
      'one.yaml:2 unknown key `specs`: did you mean `spec`?',
      'one.yaml:1 wanted a link to the text that the claim follows from, got nothing',
      'two.yaml:5 wanted why the scenario needs the pod, got nothing (null)',
    ]);
  });

  it('refuses the same claim in two files', async () => {
    const [problem] = await load({ 'one.yaml': sample, 'two.yaml': sample });
    expect(problem).to.match(/^two\.yaml:1 the same claim stands in .*one\.yaml$/);
  });

  it('refuses files that would be passed over', async () => {
    expect(await load({ 'one.yaml': sample, 'two.yml': another, 'Three.yaml': another })).to.deep.equal([
      'Three.yaml:undefined not a scenario: wanted a name like deny-all.yaml',
      'two.yml:undefined not a scenario: wanted a name like deny-all.yaml',
    ]);
  });

  it('refuses a directory without scenarios, and what is not there', async () => {
    const [problem] = await load({});
    expect(problem).to.contain('no scenarios in this directory');
    const missing = await loadScenarios('./no/such/place').catch((error: unknown) => error);
    expect(missing).to.be.instanceOf(InputError).with.property('message').that.contains('no such file');
  });

  it('holds the folder of a topic to its feature, and lets a scenario list it wherever it lies', async () => {
    const name = 'network-policy/system-namespaces/one';
    const listed = spoil(['[NetworkPolicy]', '[NetworkPolicy, SystemNamespaces]']);
    const [problem, ...others] = await load({ [`${name}.yaml`]: sample });
    expect(others).to.deep.equal([]);
    expect(problem).to.contain('the scenario needs the feature SystemNamespaces');
    expect(await load({ [`${name}.yaml`]: listed })).to.deep.equal([name]);
    expect(await load({ 'one.yaml': listed })).to.deep.equal(['one']);
  });

  it('takes one file', async () => {
    const [scenario, ...others] = await loadScenarios('network-policy/peers/pod-and-namespace.yaml');
    expect(others).to.deep.equal([]);
    expect(scenario?.name).to.equal('network-policy/peers/pod-and-namespace');
  });
});

describe('the scenarios of this package', () => {
  it('have no problems, and each that asks a plugin fails one that does nothing', async () => {
    const scenarios = await loadShipped();
    expect(scenarios).to.have.length.of.at.least(44);
    expect(scenarios.flatMap(lintScenario)).to.deep.equal([]);
    expect(
      scenarios
        .filter((scenario) => vacuousReason(scenario) !== undefined)
        .filter(({ steps }) => !asksApiServer(steps))
        .map(({ name }) => name),
    ).to.deep.equal([]);
  });

  it('use every feature of the closed list', async () => {
    const scenarios = await loadShipped();
    const used = new Set<string>(scenarios.flatMap((scenario) => scenario.features));
    expect(Object.keys(features).filter((feature) => !used.has(feature))).to.deep.equal([]);
  });

  it('can be read by any parser of YAML', async () => {
    for (const { file } of await loadShipped()) {
      const errors = parseAllDocuments(await readFile(file, 'utf8')).flatMap((document) => document.errors);
      expect(
        errors.map(({ message }) => message),
        file,
      ).to.deep.equal([]);
    }
  });
});
