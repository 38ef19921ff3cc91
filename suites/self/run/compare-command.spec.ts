import { mkdir, readFile, writeFile } from 'node:fs/promises';
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
      '/nowhere: no such file or folder',
      'broken.json: not JSON',
      'got one without record.json',
      'old.json: `schemaVersion`',
    ])
      expect(stderr).to.include(part);
  });

  it('exits 2 where there is nothing to compare with', async () => {
    await using folder = await temporaryFolder();
    const only = join(folder.path, 'only.json');
    await writeFile(only, formatRecord(pass));
    for (const paths of [[], [only]]) {
      const { exitCode, stderr } = await runNetpol(['compare', ...paths]);
      expect(exitCode).to.equal(2);
      expect(stderr)
        .to.include('too few records')
        .and.include(paths[0] ?? 'none')
        .and.include('next:');
    }
  });

  it('takes the newest run of each plugin out of a folder of runs, and writes a page of them', async () => {
    await using folder = await temporaryFolder();
    const write = async (name: string, plugin: string, startedAt: string): Promise<void> => {
      await mkdir(join(folder.path, 'runs', name), { recursive: true });
      const record = { ...pass, startedAt, environment: { ...pass.environment, plugin } };
      await writeFile(join(folder.path, 'runs', name, 'record.json'), formatRecord(record));
    };
    await write('a', 'calico', '2026-01-03T00:00:00.000Z');
    await write('b', 'calico', '2026-01-02T00:00:00.000Z');
    await write('deep/c', 'antrea', '2026-01-01T00:00:00.000Z');
    const page = join(folder.path, 'page.html');
    const { exitCode, stdout } = await runNetpol(['compare', join(folder.path, 'runs'), '--html', page]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^A {2}\S+runs\/deep\/c: lab, plugin antrea/m);
    expect(stdout).to.match(/^B {2}\S+runs\/a: lab, plugin calico/m);
    expect(stdout).to.match(/not compared: 1 other run .*runs\/b/);
    expect(await readFile(page, 'utf8'))
      .to.include('A antrea')
      .and.include('B calico');
  });

  it('says where a page cannot be written, and what is wrong with a folder without runs', async () => {
    await using folder = await temporaryFolder();
    const one = join(folder.path, 'one.json');
    await writeFile(one, formatRecord(pass));
    const nowhere = await runNetpol(['compare', one, one, '--html', join(folder.path, 'no/page.html')]);
    expect(nowhere.exitCode).to.equal(2);
    expect(nowhere.stderr).to.include('no/page.html` cannot be written');
    await mkdir(join(folder.path, 'empty'));
    const empty = await runNetpol(['compare', join(folder.path, 'empty'), one]);
    expect(empty.exitCode).to.equal(2);
    expect(empty.stderr).to.include('empty: wanted the folder of a run');
  });
});
