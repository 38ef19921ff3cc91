import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { runNetpol, temporaryFolder, type Ended } from '../netpol.ts';

const scenario = 'network-policy/isolation/default-deny-ingress';

type Machine = {
  /** Shell scripts that stand in for them, by name. */
  programs: Record<string, string>;
  temporary?: string;
};

/** What a run says on a machine with these programs, and what it left in its temporary folder. */
const runOn = async ({ programs, temporary = 'tmp' }: Machine): Promise<Ended & { left: string[] }> => {
  await using folder = await temporaryFolder();
  const [path, tmp] = [join(folder.path, 'bin'), join(folder.path, 'tmp')];
  await mkdir(path);
  await mkdir(tmp);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, name), 0o755);
  }
  const env = { PATH: [path, '/usr/bin', '/bin'].join(delimiter), TMPDIR: join(folder.path, temporary) };
  const args = ['run', scenario, '--provider', 'kind', '--output', join(folder.path, 'results')];
  return { ...(await runNetpol(args, { env })), left: await readdir(tmp) };
};

describe('kind provider, when something is wrong', function () {
  this.timeout(60_000);

  it('waits for no image where the cluster cannot be made, and says why in the words of the engine', async () => {
    const create =
      'echo "ERROR: failed to pull image"; echo "Error response from daemon: no such host"; exit 1';
    const { exitCode, output, left } = await runOn({
      programs: {
        docker: 'case $1 in image) exit 1 ;; build) exec sleep 600 ;; esac',
        kind: `case $1 in create) ${create} ;; *) echo kind v0.29.0 ;; esac`,
      },
    });
    expect(exitCode, output).to.equal(2);
    expect(output).to.include('cannot create kind cluster').and.include('no such host');
    expect(left).to.deep.equal([]);
  });

  it('says that there is no room for temporary files', async () => {
    const { exitCode, output } = await runOn({ programs: { docker: '', kind: '' }, temporary: 'absent' });
    expect(exitCode, output).to.equal(2);
    expect(output)
      .to.match(/temporary files cannot be written to \S+absent\n/)
      .and.include('TMPDIR');
  });
});
