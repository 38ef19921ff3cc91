import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createOwnedFolder, hasOtherRuns, type OwnedFolder } from '../../../helpers/cluster/owner.ts';

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
