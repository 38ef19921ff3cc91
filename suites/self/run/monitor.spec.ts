import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { longest, type FlowRecord, type MonitorRecord } from '../../../helpers/report/monitor-record.ts';
import { runNetpol, startNetpol, temporaryFolder } from '../netpol.ts';
import { isThere, waitFor } from '../waiting.ts';

const onLab = ['monitor', '--provider', 'lab'];

const readMonitor = async (folder: string): Promise<MonitorRecord> =>
  JSON.parse(await readFile(join(folder, 'monitor.json'), 'utf8')) as MonitorRecord;

/** A shell that does something on each of the lab's nodes, as `$@` says, waits, and undoes it. */
const forAWhile = (begin: string, milliseconds: number, end: string): string[] => {
  const onNodes = (command: string): string =>
    `for node in node0 node1; do export node; $NETPOL_LAB ip netns exec $node sh -c '${command}'; done`;
  return ['sh', '-ec', `${onNodes(begin)}\nsleep ${milliseconds / 1000}\n${onNodes(end)}`];
};
const cutFor = (milliseconds: number): string[] =>
  forAWhile(
    'nft add table inet cut; nft add chain inet cut held "{ type filter hook forward priority -10; }"; nft add rule inet cut held drop',
    milliseconds,
    'nft delete table inet cut',
  );
const cut = cutFor(300);
/** The kernel follows connections only while some rule asks for it; one that was not followed has no replies later. */
const open = forAWhile(
  'nft add table inet kept; nft add chain inet kept held "{ type filter hook forward priority 10; }"; nft add rule inet kept held ct state established; nft list table inet netpol-reference > /run/rules-$node; nft delete table inet netpol-reference',
  300,
  'nft -f /run/rules-$node; nft delete table inet kept',
);

describe('netpol monitor in the lab', function () {
  this.timeout(120_000);

  it('finds nothing where nothing happens, and exits 0', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runNetpol([...onLab, '--for', '2s', '--output', folder.path]);
    const { flows, durationMs, clocks, source } = await readMonitor(folder.path);
    const wrong = flows.filter((flow) => longest(flow, 'loss') + longest(flow, 'leak') > 0);
    expect(wrong, output).to.deep.equal([]);
    expect(exitCode, output).to.equal(0);
    expect(source).to.contain('network-policy/isolation/replies-pass after step 1');
    expect(durationMs).to.be.at.least(2_000);
    expect(clocks.map(({ pod }) => pod).toSorted()).to.deep.equal(['x/a', 'x/b', 'x/c']);
    for (const connection of ['new', 'lasting'] as const)
      for (const probe of ['v4 TCP/80', 'v6 TCP/80', 'v4 UDP/80', 'v6 UDP/80'])
        expect(flows.filter((flow) => flow.connection === connection && flow.probe === probe)).to.have.length(
          connection === 'new' ? 6 : 3,
        );
  });

  const watchDuring = async (
    command: readonly string[],
    ...flags: string[]
  ): Promise<{ exitCode: number; output: string; record: MonitorRecord }> => {
    await using folder = await temporaryFolder();
    const args = [...onLab, '--output', folder.path, ...flags, '--until-exit', '--', ...command];
    const { exitCode, output } = await runNetpol(args);
    return { exitCode, output, record: await readMonitor(folder.path) };
  };
  const wanted = ({ flows }: Pick<MonitorRecord, 'flows'>, want: string): FlowRecord[] =>
    flows.filter((flow) => flow.want === want);

  it('tells what was lost of every open flow while packets are cut, and exits 1', async () => {
    const { exitCode, output, record } = await watchDuring(cut);
    expect(exitCode, output).to.equal(1);
    for (const flow of wanted(record, 'allow'))
      expect(longest(flow, 'loss'), output).to.be.within(200, 1_500);
    for (const flow of wanted(record, 'deny')) expect(longest(flow, 'leak'), output).to.equal(0);
    expect(output)
      .to.match(/the command ended well.*\n/)
      .and.match(/x\/a -> x\/b v4 TCP\/80 +\.+x+\.+/);
  });

  it('tells what leaked of every closed flow while the rules are away, and exits 1', async () => {
    const { exitCode, output, record } = await watchDuring(open);
    expect(exitCode, output).to.equal(1);
    // What is not told cuts a leak in two.
    for (const flow of wanted(record, 'deny')) expect(longest(flow, 'leak'), output).to.be.within(100, 1_000);
    for (const flow of wanted(record, 'allow')) expect(longest(flow, 'loss'), output).to.equal(0);
  });

  it('keeps the log and the rules of the plugin as they were when something was lost', async () => {
    await using folder = await temporaryFolder();
    const flags = ['--output', folder.path, '--max-loss', '500ms', '--until-exit', '--', ...cutFor(3_000)];
    const { output } = await runNetpol([...onLab, ...flags]);
    const { evidence } = await readMonitor(folder.path);
    expect(output).to.include(`evidence: ${folder.path}/evidence/`);
    const files = await readdir(join(folder.path, evidence ?? ''));
    const [rules = ''] = files.filter((name) => /^at-\d+\.\ds-loss-nft-node0\.txt$/.test(name));
    // At the end they are gone.
    expect(await readFile(join(folder.path, 'evidence', rules), 'utf8'), files.join(' ')).to.include(
      'table inet cut',
    );
    expect(files.filter((name) => name.endsWith('-loss-plugin-node1.log'))).to.have.length(1);
  });

  it('bears what the limits allow', async () => {
    const { exitCode, output } = await watchDuring(open, '--max-leak', '5s');
    expect(exitCode, output).to.equal(0);
  });

  it('gives no verdict where the command fails', async () => {
    const { exitCode, output, record } = await watchDuring(['sh', '-c', 'echo about to fail; exit 3']);
    expect(exitCode, output).to.equal(2);
    expect(output).to.contain('| about to fail').and.contain('exit code 3');
    expect(record.operation?.failed).to.equal(true);
    const absent = await watchDuring(['./not-there']);
    expect(absent.exitCode, absent.output).to.equal(2);
    expect(absent.output).to.contain('the command could not be started');
  });

  it('ends on Ctrl-C with the whole result', async () => {
    await using folder = await temporaryFolder();
    const child = startNetpol([...onLab, '--output', folder.path]);
    let said = '';
    child.all?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitFor(async () => said.includes('Ctrl-C ends it with the result'), 'the watching');
    await delay(1_000);
    child.kill('SIGINT');
    const { exitCode } = await child;
    expect(exitCode, said).to.equal(0);
    expect(said).to.contain('36 right');
    expect(await isThere(join(folder.path, 'monitor.json'))).to.equal(true);
  });

  it('watches nothing where the policies do not hold', async () => {
    const idle = ['--plugin', 'none', '--settle-budget', '200', '--for', '1s'];
    const { exitCode, output } = await runNetpol([...onLab, ...idle]);
    expect(exitCode, output).to.equal(1);
    expect(output).to.contain('the policies do not hold, so nothing was watched');
    // What does not hold, and by which policy it should.
    expect(output).to.match(
      /x\/\w -> x\/\w v4 TCP\/80: wanted deny, got connected: x\/\w is isolated for ingress by/,
    );
  });

  it('watches a release of a system, in the mode that it is told', async () => {
    await using folder = await temporaryFolder();
    const chosen = ['--system', 'kubernetes-addons', '--release', 'default-deny', '--mode', 'restricted'];
    const flags = ['--for', '2s', '--max-loss', '200ms', '--max-blind', '2s', '--output', folder.path];
    const { exitCode, output } = await runNetpol([...onLab, ...chosen, ...flags]);
    expect(exitCode, output).to.equal(0);
    const { source, flows, intervalMs } = await readMonitor(folder.path);
    expect(source).to.match(
      /^system\/kubernetes-addons\/default-deny\/modes after step 1 \(apply default-deny/,
    );
    expect(wanted({ flows }, 'deny').length).to.be.greaterThan(40);
    // So many flows are probed less often than every 20 ms.
    expect(intervalMs).to.equal(Math.ceil(flows.length / 2));
  });

  it('refuses what cannot be, all at once, before anything is created', async () => {
    const wrong = ['--interval', '1ms', '--max-loss', 'long', '--for', '-1', '--step', '0'];
    const { exitCode, output } = await runNetpol([...onLab, ...wrong]);
    expect(exitCode).to.equal(2);
    for (const flag of ['max-loss', 'for', 'step']) expect(output).to.contain(`\`--${flag}\`: wanted`);
    for (const [args, words] of [
      [['--', 'true'], '`--until-exit -- COMMAND` or neither of them'],
      [['--for', '2'], '`--for`: wanted 100ms or more, such as 2s, got "2"'],
      [['--until-exit'], '`--until-exit -- COMMAND` or neither of them'],
      [['--for', '1s', '--until-exit', '--', 'true'], '`--for` and `--until-exit` together'],
      [['admin/stories/monitoring', '--step', '5'], 'draws no grid at step 5'],
      [['network-policy/peers'], 'netpol monitor watches one scenario'],
      [['network-policy/api/names-per-namespace'], 'draws no grid'],
      [['x', '--live'], 'one of SCENARIO, `--system` and `--live`'],
      [['--live', '--step', '2'], '`--step` is about a SCENARIO'],
      [['--live'], '`--live` wants `--selector`'],
      [['--live', '--selector', 'x'], '`--live` wants a cluster of yours'],
      [['--in-place'], '`--in-place` is about a `--system`'],
      [['--selector', 'x'], '`--selector` is about `--live`'],
      [['--system', 'openshift-like', '--mode', 'loose'], '`--mode`: wanted'],
    ] as const) {
      const refused = await runNetpol([...onLab, ...args]);
      expect(refused.exitCode, refused.output).to.equal(2);
      expect(refused.output).to.contain(words).and.not.contain('lab ready');
    }
  });
});
