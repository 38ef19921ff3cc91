import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatRecord } from '../../../helpers/report/write.ts';
import { runNetpol, temporaryFolder } from '../netpol.ts';
import { records } from '../report/samples.ts';

const { pass } = records;
const red = {
  ...records.fail,
  cases: records.fail.cases.map((entry) => ({ ...entry, name: pass.cases[0]?.name ?? '' })),
};

describe('netpol compare', function () {
  this.timeout(60_000);

  it('exits 1 for a regression, and 0 the other way round, by folder and by file', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'green'));
    await writeFile(join(folder.path, 'green/record.json'), formatRecord(pass));
    await writeFile(join(folder.path, 'red.json'), formatRecord(red));
    const [green, other] = [join(folder.path, 'green'), join(folder.path, 'red.json')];
    const worse = await runNetpol(['compare', green, other]);
    expect(worse.exitCode, worse.output).to.equal(1);
    expect(worse.stdout).to.include('regressions: passed in A, red later (1)');
    const better = await runNetpol(['compare', other, green, '--json']);
    expect(better.exitCode, better.output).to.equal(0);
    const { fixed } = JSON.parse(better.stdout) as { fixed: { name: string }[] };
    expect(fixed.map(({ name }) => name)).to.deep.equal([pass.cases[0]?.name]);
  });

  it('exits 2 with every problem of every record at once', async () => {
    await using folder = await temporaryFolder();
    const [broken, old] = [join(folder.path, 'broken.json'), join(folder.path, 'old.json')];
    await writeFile(broken, '{');
    await writeFile(old, '{"schemaVersion": 0}');
    const { exitCode, stderr } = await runNetpol(['compare', '/nowhere', broken, folder.path, old]);
    expect(exitCode).to.equal(2);
    for (const part of [
      '/nowhere: ENOENT',
      'broken.json: not JSON',
      'record.json',
      'old.json: `schemaVersion`',
    ])
      expect(stderr).to.include(part);
  });

  it('exits 2 where there is nothing to compare with', async () => {
    const { exitCode, stderr } = await runNetpol(['compare', 'results/one']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('too few records').and.include('results/one').and.include('next:');
  });
});
