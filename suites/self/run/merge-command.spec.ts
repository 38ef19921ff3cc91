import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { formatRecord } from '../../../helpers/report/write.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';
import { records } from '../report/samples.ts';
import { isThere } from '../waiting.ts';

const onLab = ['run', 'network-policy/stories', '--provider', 'lab', '--plugin', 'none'];
const patience = ['--settle-budget', '200', '--lanes', '1'];

describe('netpol merge', function () {
  this.timeout(120_000);

  it('makes of two shards in the lab what one run is: record, reports, evidence and exit code', async () => {
    await using folder = await temporaryFolder();
    const run = (name: string, ...args: string[]) =>
      runNetpol([...onLab, ...patience, ...args, '--output', join(folder.path, name)]);
    const whole = await run('whole');
    for (const index of [1, 2]) {
      const { output } = await run(`shard-${index}`, '--shard', `${index}/2`);
      expect(output).to.match(new RegExp(`shard ${index}/2: \\d+ of \\d+ scenarios`));
    }
    const [one, two, all] = ['shard-1', 'shard-2', 'all'].map((name) => join(folder.path, name));
    const merged = await runNetpol([
      'merge',
      two ?? '',
      join(one ?? '', 'record.json'),
      '--output',
      all ?? '',
    ]);
    expect(merged.exitCode, merged.output).to.equal(whole.exitCode);
    const [wanted, got] = [await readRecord(join(folder.path, 'whole')), await readRecord(all ?? '')];
    const tell = ({ cases }: typeof got) => cases.map(({ name, status }) => `${name} ${status}`);
    expect(tell(got)).to.deep.equal(tell(wanted));
    expect(got.counts).to.deep.equal(wanted.counts);
    expect(merged.stdout)
      .to.include(`${wanted.counts.fail} fail`)
      .and.include('--provider lab --plugin none');
    const red = got.cases.find(({ status }) => status === 'fail');
    expect(await isThere(join(all ?? '', red?.evidence ?? 'none'))).to.equal(true);
    const levels = async (name: string) => {
      const text = await readFile(join(folder.path, name, 'conformance.yaml'), 'utf8');
      return (parse(text) as { profiles: { standard: { statistics: unknown } }[] }).profiles[0]?.standard;
    };
    expect((await levels('all'))?.statistics).to.deep.equal((await levels('whole'))?.statistics);
  });

  it('takes a missing shard for an error, and tells GitHub of the whole without annotating it again', async () => {
    await using folder = await temporaryFolder();
    const summary = join(folder.path, 'summary.md');
    const { cases } = records.fail;
    const selection = [...cases, ...records.pass.cases].map(({ name, title, file, spec, features }) => ({
      ...{ name, title, file, spec, features },
    }));
    const shard = { index: 1, count: 2, selection };
    await writeFile(join(folder.path, 'one.json'), formatRecord({ ...records.fail, shard }));
    const { exitCode, stdout, output } = await runNetpol(
      ['merge', join(folder.path, 'one.json'), '--output', join(folder.path, 'all')],
      { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary } },
    );
    expect(exitCode, output).to.equal(2);
    expect(stdout)
      .to.include('no record of shard 2/2')
      .and.include('1 fail, 1 error')
      .and.not.include('::error');
    expect(await readFile(summary, 'utf8')).to.include('1 fail, 1 error');
    // The evidence that the record names was not brought along.
    expect((await readRecord(join(folder.path, 'all'))).cases[0]).to.not.have.property('evidence');
  });

  it('exits 2 with every problem at once, and writes nothing', async () => {
    await using folder = await temporaryFolder();
    const whole = join(folder.path, 'record.json');
    await writeFile(whole, formatRecord(records.pass));
    await writeFile(join(folder.path, 'broken.json'), '{');
    const args = ['merge', '/nowhere', whole, join(folder.path, 'broken.json'), '--output', folder.path];
    const { exitCode, stderr } = await runNetpol(args);
    expect(exitCode).to.equal(2);
    for (const part of [
      '/nowhere: no such file or folder',
      'broken.json: not JSON',
      'no shard of a run',
      'would overwrite',
    ])
      expect(stderr).to.include(part);
    expect(await readdir(folder.path)).to.have.members(['record.json', 'broken.json']);
  });

  it('exits 2 without records', async () => {
    const { exitCode, stderr } = await runNetpol(['merge']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('no records').and.include('next:');
  });
});

describe('netpol report', function () {
  this.timeout(60_000);

  it('writes the reports of a record again, and exits as its run did', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'record.json'), formatRecord(records.fail));
    const { exitCode, stdout, output } = await runNetpol(['report', folder.path]);
    expect(exitCode, output).to.equal(1);
    expect(stdout).to.include('1 fail');
    const reports = ['conformance.yaml', 'junit.xml', 'record.json', 'report.html', 'results.tap'];
    expect(await readdir(folder.path)).to.have.members(reports);
    await rm(join(folder.path, 'junit.xml'));
    const elsewhere = join(folder.path, 'elsewhere');
    await runNetpol(['report', join(folder.path, 'record.json'), '--output', elsewhere]);
    expect(await readdir(elsewhere)).to.have.members(reports);
    expect(await isThere(join(folder.path, 'junit.xml'))).to.equal(false);
  });

  it('exits 2 where there is no record', async () => {
    for (const args of [['report'], ['report', '/nowhere'], ['report', 'one', 'two']])
      expect((await runNetpol(args)).exitCode, args.join(' ')).to.equal(2);
  });
});
