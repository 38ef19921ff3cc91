import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { runNetpol, startNetpol, temporaryFolder } from '../netpol.ts';
import { isThere, waitFor } from '../waiting.ts';
import { killChild, leftovers, mark } from './marked.ts';

const onLab = ['fuzz', '--provider', 'lab'];
const impatient = ['--settle-budget', '1500'];

describe('netpol fuzz in the lab', function () {
  this.timeout(300_000);

  it('finds no difference between the oracle and the reference plugin, says the seed first, and exits 0', async () => {
    await using folder = await temporaryFolder();
    const args = ['--count', '25', '--seed', '7', '--lanes', '2', '--output', folder.path];
    const { exitCode, stdout } = await runNetpol([...onLab, ...args]);
    expect(exitCode, stdout).to.equal(0);
    expect(stdout.split('\n')[0]).to.equal('netpol: seed 7');
    expect(stdout).to.match(/\n25 worlds of seed 7 in .* each: no difference$/m);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  it('shrinks what a plugin gets wrong to a scenario file that `run` replays, with the same verdict', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'fuzz-3.yaml');
    const plugin = ['--plugin', 'mutant:not-in-as-in'];
    const args = ['--seed', '3', ...plugin, ...impatient, '--output', folder.path];
    const { exitCode, stdout } = await runNetpol([...onLab, ...args]);
    expect(exitCode, stdout).to.equal(1);
    expect(stdout).to.match(/shrunk to [23] pods, [12] polic(y|ies), [12] steps?\n/);
    expect(stdout).to.match(/want (deny|allow)\s+got (deny|allow)[^]*oracle: /);
    expect(stdout).to.include(`replay: npm start -- run ${file} --provider lab --plugin mutant:not-in-as-in`);
    const text = await readFile(file, 'utf8');
    expect(text).to.include('NotIn');
    expect(stdout).to.include(text);

    await using results = await temporaryFolder();
    const replay = ['run', file, '--provider', 'lab', ...impatient, '--output', results.path];
    const wrong = await runNetpol([...replay, ...plugin]);
    expect(wrong.exitCode, wrong.output).to.equal(1);
    const right = await runNetpol(replay);
    expect(right.exitCode, right.output).to.equal(0);
    expect(right.output).to.include('1 case in');
  });

  it('finds a bug that shows only in what a plugin keeps from before', async () => {
    await using folder = await temporaryFolder();
    const args = ['--seed', '3', '--plugin', 'mutant:deleted-policy-stays', '--output', folder.path];
    const { exitCode, stdout } = await runNetpol([...onLab, ...impatient, ...args]);
    expect(exitCode, stdout).to.equal(1);
    expect(stdout).to.match(/shrunk to .* steps\n/);
    expect(stdout).to.include('delete p');
  });

  it('stops after the seconds that it was given', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, stdout } = await runNetpol([...onLab, '--seconds', '2', '--output', folder.path]);
    expect(exitCode, stdout).to.equal(0);
    expect(stdout).to.match(/worlds? of seed \d+ in [\d.]+ s/);
  });

  it('ends in order on an interrupt: exit 130, and nothing left', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, '--count', '100000', '--output', folder.path], mark(folder.path));
    let said = '';
    running.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitFor(async () => said.includes('pods ready'), 'the lanes open');
    running.kill('SIGINT');
    const { exitCode, all } = await running;
    expect(exitCode, String(all)).to.equal(130);
    expect(String(all))
      .to.include('netpol: interrupted')
      .and.not.match(/suppressed|unexpected/);
    await waitFor(async () => (await leftovers(folder.path)).length === 0, 'the agents end');
  });

  it('calls a cluster that went away an error, never a difference', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, '--count', '100000', '--lanes', '1', '--output', folder.path]);
    let said = '';
    running.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitFor(async () => said.includes('pods ready'), 'the lanes open');
    await killChild(running.pid, 'unshare');
    const { exitCode, stdout } = await running;
    expect(exitCode, String(stdout)).to.equal(2);
    expect(String(stdout)).to.match(/no difference, \d+ could not be told/);
    expect(await isThere(join(folder.path, 'fuzz.yaml'))).to.equal(false);
  });
});

describe('netpol fuzz with bad input', function () {
  this.timeout(60_000);

  const refuse = (claim: string, args: readonly string[], ...says: readonly string[]): void => {
    it(`refuses ${claim}, and starts nothing`, async () => {
      const { exitCode, output } = await runNetpol(['fuzz', ...args]);
      expect(exitCode, output).to.equal(2);
      for (const words of says) expect(output).to.include(words);
      expect(output).not.to.match(/seed \d|lab ready/);
    });
  };
  refuse('an unknown flag', ['--sead', '1'], '--sead', '--seed', 'npm start -- fuzz --help');
  refuse('a filter', ['network-policy/peers'], 'takes no filter', 'network-policy/peers');
  refuse(
    'numbers that are none, all at once',
    ['--seed', 'x', '--count', '0', '--seconds', '1.5'],
    ...['`seed`', '"x"', '`count`', 'from 1', '`seconds`', '"1.5"'],
  );
  refuse('a flag without its number', ['--count'], '`count`', 'true');
  refuse('a seed that is too large', ['--seed', '2147483648'], '`seed`', '2147483647');
  refuse('a filter flag of `run`', ['--feature', 'NetworkPolicy'], '--feature');

  it('tells everything with --help', async () => {
    const { exitCode, stdout } = await runNetpol(['fuzz', '--help']);
    expect(exitCode).to.equal(0);
    for (const flag of [
      '--seed N',
      '--count N',
      '--seconds S',
      '--provider',
      '--plugin',
      '--output',
      '--lanes',
    ])
      expect(stdout).to.include(flag);
  });

  it('refuses a plugin that the lab does not know', async () => {
    const { exitCode, output } = await runNetpol(['fuzz', '--provider', 'lab', '--plugin', 'mutant:nope']);
    expect(exitCode).to.equal(2);
    expect(output).to.include('no such mutant');
  });
});
