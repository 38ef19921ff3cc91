import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readRecord, runNetpol, startNetpol, temporaryFolder } from '../netpol.ts';
import { isThere, waitFor } from '../waiting.ts';
import { killChild, leftovers, mark } from './marked.ts';

const onLab = ['run', '--provider', 'lab'];

describe('netpol run in the lab', function () {
  this.timeout(300_000);

  it('passes every scenario with the reference plugin and exits 0', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runNetpol([...onLab, '--output', folder.path]);
    expect(exitCode, output).to.equal(0);
    const { counts, cases } = await readRecord(folder.path);
    expect(counts).to.include({ fail: 0, error: 0 });
    expect(counts.pass).to.be.at.least(40);
    expect(counts.pass + counts.skip).to.equal(cases.length);
    for (const { settleMs, firstMs } of cases.flatMap(({ steps }) => steps))
      for (const verdict of ['allow', 'deny'] as const)
        expect(firstMs?.[verdict] ?? -1).to.be.at.most(settleMs[verdict] ?? -1);
    expect(await readFile(join(folder.path, 'junit.xml'), 'utf8')).to.include(`tests="${cases.length}"`);
    const { profiles } = parse(await readFile(join(folder.path, 'conformance.yaml'), 'utf8')) as {
      profiles: { name: string; standard: { result: string } }[];
    };
    expect(profiles.find(({ name }) => name === 'NetworkPolicy')?.standard.result).to.equal('success');
  });

  it('fails every scenario that an idle plugin can fail and exits 1', async () => {
    await using folder = await temporaryFolder();
    const idle = ['--plugin', 'none', '--settle-budget', '200', '--lanes', '2'];
    const { exitCode, output } = await runNetpol([...onLab, ...idle, '--output', folder.path]);
    expect(exitCode, output).to.equal(1);
    const { cases, vacuous } = await readRecord(folder.path);
    const passed = cases.filter(({ status }) => status === 'pass').map(({ name }) => name);
    expect(passed).to.have.members(vacuous.map(({ name }) => name));
    expect(cases.filter(({ status }) => status === 'error')).to.deep.equal([]);
    expect(vacuous.length).to.be.at.most(1);
  });

  it('explains a red case: wanted, got, the reason, how to replay it', async () => {
    await using folder = await temporaryFolder();
    const { output } = await runNetpol([
      ...[...onLab, 'network-policy/stories', '--plugin', 'none', '--settle-budget', '200'],
      ...['--output', folder.path],
    ]);
    expect(output).to.match(/want deny\s+got allow/);
    expect(output).to.include('replay: npm start -- run');
    const { cases } = await readRecord(folder.path);
    const evidence = cases.find(({ status }) => status === 'fail')?.evidence ?? 'none';
    expect(await isThere(join(folder.path, evidence))).to.equal(true);
  });

  it('writes who answers for the plugin into conformance.yaml, and takes a filtered run for no success', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'netpol.yaml');
    await writeFile(file, 'organization: from-file\nproject: from-file\nimplementation-version: "1.10"\n');
    const said = ['--project', 'plugin', '--contact', '@one', '--contact', '@two,@three', '--config', file];
    const { exitCode, output } = await runNetpol(
      [...onLab, 'peers/pod-and-namespace', ...said, '--output', folder.path],
      { env: { NETPOL_URL: 'https://plugin.example' } },
    );
    expect(exitCode, output).to.equal(0);
    expect(output).to.include('conformance.yaml will lack what --additional-information would say');
    const { implementation, profiles } = parse(
      await readFile(join(folder.path, 'conformance.yaml'), 'utf8'),
    ) as { implementation: object; profiles: { name: string; standard: { result: string } }[] };
    expect(implementation).to.deep.equal({
      ...{ organization: 'from-file', project: 'plugin', url: 'https://plugin.example', version: '1.10' },
      ...{ contact: ['@one', '@two', '@three'], additionalInformation: '' },
    });
    expect(profiles.map(({ name, standard }) => `${name} ${standard.result}`)).to.deep.equal([
      'NetworkPolicy partial',
    ]);
  });

  it('ends in order on an interrupt: exit 130, an honest record, nothing left', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, '--plugin', 'none', '--output', folder.path], mark(folder.path));
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    expect(await leftovers(folder.path)).to.have.length.greaterThan(9);
    running.kill('SIGINT');
    const { exitCode } = await running;
    expect(exitCode).to.equal(130);
    const { aborted, cases, counts } = await readRecord(folder.path);
    expect(aborted).to.be.a('string');
    expect(counts.error).to.be.greaterThan(0);
    expect(
      cases.some(({ status, message }) => status === 'error' && message?.startsWith('never ran')),
    ).to.equal(true);
    expect(await leftovers(folder.path)).to.deep.equal([]);
  });

  it('tells each case as it ends, and an interrupt takes back nothing that was told', async () => {
    await using folder = await temporaryFolder();
    // The first by name is about every namespace, so it runs alone, when all others have ended.
    const cases = ['admin/subjects/every-namespace', 'network-policy/isolation', 'network-policy/peers'];
    const running = startNetpol([...onLab, ...cases, '--lanes', '1', '--output', folder.path]);
    let told = '';
    running.all?.on('data', (text) => (told += text));
    const passed = () => told.match(/(?<=^pass +)\S+/gm) ?? [];
    await waitFor(async () => passed().length > 4, 'five cases pass');
    running.kill('SIGINT');
    expect((await running).exitCode, told).to.equal(130);
    const byStatus = Object.groupBy((await readRecord(folder.path)).cases, ({ status }) => status);
    expect(byStatus.pass?.map(({ name }) => name)).to.have.members(passed());
    expect(byStatus.error?.[0]?.name).to.equal(cases[0]);
    for (const { message } of byStatus.error ?? [])
      expect(message).to.equal('never ran: the run was interrupted');
  });

  it('starts no cluster after an interrupt', async () => {
    const interrupting = `
      const { write } = process.stdout;
      process.stdout.write = function (text, ...rest) {
        if (text.includes('reading the suite')) process.kill(process.pid, 'SIGINT');
        return write.call(this, text, ...rest);
      };`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(interrupting)}` };
    const { exitCode, output } = await runNetpol([...onLab, 'network-policy/isolation'], { env });
    expect(exitCode, output).to.equal(130);
    expect(output).to.include('nothing was proved').and.not.include('lab ready');
  });

  it('leaves nothing behind when it is killed, and what is on disk says so', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, '--plugin', 'none', '--output', folder.path], mark(folder.path));
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    running.kill('SIGKILL');
    await running;
    await waitFor(async () => (await leftovers(folder.path)).length === 0, 'the agents end');
    const { counts } = await readRecord(folder.path);
    expect(counts.error).to.be.greaterThan(0);
  });

  it('calls the lost probes of an agent that is killed again and again an error, never a denial', async () => {
    await using folder = await temporaryFolder();
    const few = ['network-policy/peers/operator-exists', '--settle-budget', '500'];
    const running = startNetpol([...onLab, ...few, '--output', folder.path]);
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    const killer = setInterval(() => void killChild(running.pid, 'agent.mjs.*-x/a'), 30);
    const { exitCode, all } = await running;
    clearInterval(killer);
    const { counts } = await readRecord(folder.path);
    expect(counts.fail, String(all)).to.equal(0);
    expect(counts.error).to.be.greaterThan(0);
    expect(exitCode).to.equal(2);
  });

  it('gives up a cluster that went away: every case that did not run is an error that says so', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, '--output', folder.path]);
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    await killChild(running.pid, 'unshare');
    const { exitCode, all } = await running;
    expect(exitCode, String(all)).to.equal(2);
    const { counts, cases } = await readRecord(folder.path);
    expect(counts.fail, String(all)).to.equal(0);
    // What this cluster cannot be asked is skipped all the same.
    const last = cases.findLast(({ status }) => status !== 'skip');
    expect(last?.message).to.include('never ran: the cluster failed 4 times in a row');
  });

  it('blames the plugin, not the probes, when the plugin is killed', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...onLab, 'isolation', '--settle-budget', '300', '--output', folder.path]);
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    await killChild(running.pid, 'reference/plugin.ts');
    const { exitCode, all } = await running;
    const { counts } = await readRecord(folder.path);
    expect(exitCode, String(all)).to.be.oneOf([1, 2]);
    expect(counts.fail + counts.error).to.be.greaterThan(0);
    expect(counts.pass).to.be.lessThan(10);
  });
});
