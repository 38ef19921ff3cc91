import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { runNetpol, temporaryFolder } from '../netpol.ts';

const plantedKey = 'UExBTlRFRC1QUklWQVRFLUtFWQ==';

const kubeconfig = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'one', cluster: { server } }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    users: [{ name: 'one', user: { token: plantedKey, 'client-key-data': plantedKey } }],
  });

type Row = { title: string; args: string[]; says: string[]; env?: Record<string, string> };

const rows: Row[] = [
  {
    title: 'an unknown flag',
    args: ['run', '--plugni', 'none'],
    says: ['--plugni: did you mean `--plugin`?', 'next:   npm start -- run --help'],
  },
  { title: 'an unknown flag of the default command', args: ['--nope'], says: ['--nope', '--provider'] },
  {
    title: 'an unknown command',
    args: ['rnu'],
    says: [
      '`rnu`: did you mean `run`?',
      'run, list, explain, fuzz, system, monitor, compare, merge, report, clean',
    ],
  },
  {
    title: 'a filter that matches nothing',
    args: ['run', 'no/such/thing'],
    says: ['`no/such/thing`', 'list'],
  },
  { title: 'a feature that nobody knows', args: ['run', '--feature', 'Nope'], says: ['`Nope`'] },
  {
    title: 'an unknown provider',
    args: ['run', '--provider', 'moon'],
    says: ['moon', 'lab', 'kind', 'existing'],
  },
  {
    title: 'a misspelt profile',
    args: ['run', '--profile', 'operatoins'],
    says: ['got "operatoins": did you mean `operations`?', 'next:   npm start -- run --help'],
  },
  {
    title: 'a number that is none',
    args: ['run', '--lanes', 'many'],
    says: ['lanes', 'whole number', '"many"'],
  },
  {
    title: 'a shard that there is not',
    args: ['run', '--shard', '9/8'],
    says: ['shard', 'I/N with I from 1 to N', '"9/8"'],
  },
  {
    title: 'a shard that is empty',
    args: ['run', 'network-policy/peers/pod-and-namespace', '--shard', '2/2'],
    says: ['`--shard 2/2` is empty', '1 scenario for 2 shards', 'next:'],
  },
  {
    title: 'several problems, all at once',
    args: ['run', '--lanes', 'many', '--settle-budget', 'soon'],
    env: { NETPOL_PROVIDER: 'moon' },
    says: ['lanes', 'settle-budget', 'moon'],
  },
  {
    title: 'an unknown plugin of the lab',
    args: ['run', '--provider', 'lab', '--plugin', 'calico'],
    says: ['calico', 'reference', 'none'],
  },
  {
    title: 'an unknown mutant',
    args: ['run', '--provider', 'lab', '--plugin', 'mutant:nope'],
    says: ['`mutant:nope`', '`--plugin mutant:` without a name'],
  },
  {
    title: 'a kubeconfig that is not there',
    args: ['run', '--provider', 'existing', '--kubeconfig', '/nowhere/config'],
    says: ['/nowhere/config', 'next:'],
  },
  {
    title: 'a configuration file that is not there',
    args: ['run', '--config', '/nowhere.yaml'],
    says: ['/nowhere.yaml'],
  },
];

describe('bad input of netpol', function () {
  this.timeout(60_000);

  for (const { title, args, says, env = {} } of rows) {
    it(`refuses ${title} before anything is created`, async () => {
      await using folder = await temporaryFolder();
      const output = join(folder.path, 'results');
      const { exitCode, stderr } = await runNetpol(
        [...args, ...(args[0] === 'run' ? ['--output', output] : [])],
        { env },
      );
      expect(exitCode, stderr).to.equal(2);
      for (const part of says) expect(stderr).to.include(part);
      expect(await readdir(folder.path)).to.deep.equal([]);
    });
  }

  it('refuses a folder of results that cannot be made before anything is created', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    const scenario = 'network-policy/isolation/default-deny-ingress';
    for (const command of [['run', scenario], ['monitor', scenario], ['fuzz']]) {
      const args = [...command, '--provider', 'lab', '--output', join(file, 'results')];
      const { exitCode, output } = await runNetpol(args);
      expect(exitCode, output).to.equal(2);
      expect(output).to.include(`${file} is no folder`).and.to.include('`--output`');
      expect(output).not.to.include('lab ready');
    }
    expect(await readdir(folder.path)).to.deep.equal(['file']);
  });

  it('says that `--output` holds the results of an earlier run, and leaves them where nothing is run', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'record.json'), '{}');
    const refused = ['network-policy/ports/end-port', '--provider', 'lab', '--plugin', 'calico'];
    const { exitCode, output } = await runNetpol(['run', ...refused, '--output', folder.path]);
    expect(exitCode, output).to.equal(2);
    expect(output).to.include(`results go to ${folder.path}/, where they replace those of an earlier run`);
    expect(await readFile(join(folder.path, 'record.json'), 'utf8')).to.equal('{}');
  });

  it('names every unknown key of netpol.yaml', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'netpol.yaml');
    await writeFile(file, 'providr: lab\nlanes: 2\nplugins: none\n');
    const { exitCode, stderr } = await runNetpol(['run', '--config', file]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('`providr`: did you mean `provider`?').and.to.include('`plugins`: did');
  });

  it('says which API server does not answer, and never a key or a token', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'kubeconfig');
    await writeFile(file, kubeconfig('https://127.0.0.1:9'));
    const { exitCode, output } = await runNetpol([
      ...['run', '--provider', 'existing', '--kubeconfig', file],
      ...['--output', join(folder.path, 'results')],
    ]);
    expect(exitCode, output).to.equal(2);
    expect(output).to.include('127.0.0.1:9').and.to.include('next:');
    expect(output).not.to.include(plantedKey);
  });

  it('shows the help of each command within 100 columns', async () => {
    for (const args of [
      ['--help'],
      ['run', '--help'],
      ['list', '--help'],
      ['explain', '--help'],
      ['fuzz', '--help'],
      ['system', '--help'],
      ['monitor', '--help'],
      ['compare', '--help'],
      ['merge', '--help'],
      ['report', '--help'],
      ['clean', '--help'],
      ['completion', '--help'],
    ]) {
      const { exitCode, stdout } = await runNetpol(args);
      expect(exitCode).to.equal(0);
      expect(stdout).to.include('netpol');
      for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(100);
    }
  });
});
