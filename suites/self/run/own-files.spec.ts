import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { runNetpol, temporaryFolder } from '../netpol.ts';
import { sample } from '../scenario/sample.ts';

const write = async (folder: string, name: string, text: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};

describe('scenario files of the user', function () {
  this.timeout(60_000);

  it('are chosen by their path, alone or beside shipped ones, and go by it', async () => {
    await using folder = await temporaryFolder();
    const file = await write(folder.path, 'mine.yaml', sample);
    const alone = await runNetpol(['list', file]);
    expect(alone.exitCode, alone.output).to.equal(0);
    expect(alone.output).to.include(`${file}\n    A policy admits what it names`);
    expect(alone.output).to.include('1 scenarios');
    expect(alone.stdout).to.include(' NetworkPolicy ').and.not.include('NodeOutage');
    const both = await runNetpol(['list', file, 'network-policy/peers/pod-selector']);
    expect(both.output).to.include(file).and.to.include('network-policy/peers/pod-selector\n');
    expect(both.output).to.include('2 scenarios');
  });

  it('can be skipped like others, by feature', async () => {
    await using folder = await temporaryFolder();
    const file = await write(folder.path, 'mine.yaml', sample);
    const { exitCode, output } = await runNetpol(['list', file, '--feature', 'NetworkPolicyEgress']);
    expect(exitCode).to.equal(2);
    expect(output).to.include('no scenario is meant by `NetworkPolicyEgress`');
  });

  it('are held against the oracle like shipped ones, with every problem and its place', async () => {
    await using folder = await temporaryFolder();
    const text = sample.replace('x/b   X   -   .   .', 'x/b   .   -   .   .');
    const file = await write(folder.path, 'wrong.yaml', text);
    const { exitCode, output } = await runNetpol(['run', file, '--provider', 'lab']);
    expect(exitCode).to.equal(2);
    expect(output).to.match(
      /wrong\.yaml:23:15: x\/b -> x\/a TCP\/80: drawn allow, but the policies say deny/,
    );
    expect(output).not.to.include('lab ready');
  });

  it('are refused where they do not load, and where there are none', async () => {
    await using folder = await temporaryFolder();
    const file = await write(folder.path, 'broken.yaml', sample.replace('features:', 'featrues:'));
    const broken = await runNetpol(['run', file, '--provider', 'lab']);
    expect(broken.exitCode).to.equal(2);
    expect(broken.output).to.include('broken.yaml:3:1: unknown key `featrues`');
    const missing = await runNetpol(['run', join(folder.path, 'no.yaml'), '--provider', 'lab']);
    expect(missing.exitCode).to.equal(2);
    expect(missing.output).to.include('no.yaml`').and.to.include('a scenario file');
  });
});
