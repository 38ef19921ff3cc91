import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import {
  createOwnedFolder,
  createUnpackedFolder,
  hasOtherRuns,
  type OwnedFolder,
} from '../../../helpers/cluster/owner.ts';
import { root, runNetpol } from '../netpol.ts';

const cluster = `owner-spec-${process.pid}`;
const open = (run: string, name = cluster): Promise<OwnedFolder> =>
  createOwnedFolder({ run, cluster: name, removeCluster: false });

describe('runs that share a kind cluster', () => {
  it('know of each other, until the other one ends', async () => {
    await using own = await open('own');
    {
      await using other = await open('other');
      expect(await hasOtherRuns(cluster, 'own'), other.path).to.equal(true);
    }
    expect(await hasOtherRuns(cluster, 'own'), own.path).to.equal(false);
  });

  it('take no notice of runs on other clusters', async () => {
    await using other = await open('other', `${cluster}-2`);
    expect(await hasOtherRuns(cluster, 'own'), other.path).to.equal(false);
  });

  it('take no notice of runs whose process is no more, though its number may be in use again', async () => {
    await using other = await open('other');
    const file = join(other.path, 'netpol-owner.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...record, started: '1' }));
    expect(await hasOtherRuns(cluster, 'own')).to.equal(false);
  });
});

describe('what a run unpacks of a plugin', () => {
  it('is removed by `clean` after a kill, but not under a process that lives', async function () {
    this.timeout(60_000);
    await using own = await createUnpackedFolder();
    const module = pathToFileURL(join(root, 'helpers/cluster/owner.ts')).href;
    const code = `const { createUnpackedFolder } = await import('${module}');
      console.log((await createUnpackedFolder()).path);
      process.kill(process.pid, 'SIGKILL');`;
    const killed = await execa(process.execPath, ['--input-type=module', '--eval', code], { reject: false });
    expect(killed.signal).to.equal('SIGKILL');
    expect(existsSync(killed.stdout), killed.stderr).to.equal(true);
    const { stdout } = await runNetpol(['clean']);
    expect(stdout.split('\n')).to.include(`removed folder ${killed.stdout}`);
    expect(existsSync(killed.stdout)).to.equal(false);
    expect(existsSync(own.path)).to.equal(true);
  });
});
