import { chmod, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { root, temporaryFolder } from '../netpol.ts';

// Kills the run, and not what comes after it, as soon as its first case has passed.
const killer = `
  const write = process.stdout.write;
  if (process.argv[2] === 'run')
    process.stdout.write = function (text, ...rest) {
      if (/^pass /.test(text)) process.kill(process.pid, 'SIGKILL');
      return write.call(this, text, ...rest);
    };`;

describe('the command of the Sonobuoy plugin', function () {
  this.timeout(120_000);

  /** Runs it where Sonobuoy would, with our files for those of the image. */
  const runPlugin = async (
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ junit: string; code: string }> => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o777);
    const text = await readFile(join(root, 'manifests/run/sonobuoy-plugin.yaml'), 'utf8');
    const { command } = (parse(text) as { spec: { command: string[] } }).spec;
    const [shell = '', ...words] = command.map((word) =>
      word.replaceAll('/netpol/helpers', `${root}helpers`),
    );
    await execa(shell, [...words, ...args], {
      env: {
        ...env,
        PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        SONOBUOY_RESULTS_DIR: folder.path,
        NO_COLOR: '1',
      },
    });
    const archive = await readFile(join(folder.path, 'done'), 'utf8');
    const read = async (file: string) => (await execa('tar', ['-xzO', '-f', archive, `./${file}`])).stdout;
    return { junit: await read('junit.xml'), code: await read('exit-code') };
  };

  it('tells of a run that could not begin that it left nothing', async () => {
    const { junit, code } = await runPlugin(['--nope']);
    expect(code).to.equal('2');
    expect(junit).to.include('errors="1"').and.include('it left no results: see netpol.log');
  });

  it('tells of a run that was killed what its record does', async () => {
    const scenarios = [
      'network-policy/peers/pod-and-namespace',
      'network-policy/isolation/default-deny-ingress',
    ];
    const { junit, code } = await runPlugin(
      [...scenarios, '--provider', 'lab', '--plugin', 'reference', '--lanes', '1'],
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(killer)}` },
    );
    expect(code).to.equal('137');
    for (const name of scenarios) expect(junit).to.include(name.replaceAll('/', '.'));
    expect(junit).to.include('<error').and.include('the run was killed');
  });
});
