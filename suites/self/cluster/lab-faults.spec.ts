import { expect } from 'chai';
import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { parsePlugins } from '../../../helpers/cluster/lab/plugin.ts';
import { missingPackages, requireLinux, requirePrograms } from '../../../helpers/cluster/lab/programs.ts';
import { ClusterError, EnvironmentError, UsageError } from '../../../helpers/errors.ts';
import { mutants } from '../../../helpers/reference/mutants.ts';
import {
  descendantsOf,
  findProcess,
  holderPattern,
  linkAll,
  livingNamespaces,
  namespacesOf,
  podOf,
  requestsFor,
  standing,
  until,
} from './lab-probes.ts';

const program = join(import.meta.dirname, 'lab-program.ts');
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

const catchError = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('The lab, when something is wrong', function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  it('runs without root, in a user namespace', async () => {
    const { stdout } = await execa('env', [...asNobody, process.execPath, program, 'end', 'reference']);
    const { counts } = JSON.parse(stdout);
    expect(counts).to.deep.equal({ connected: 324 });
  });

  it('runs as root without the right to configure a network, in a user namespace', async function () {
    if (!isRoot) this.skip();
    const limited = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const { stdout } = await execa('env', [...limited, process.execPath, program, 'end', 'none']);
    expect(JSON.parse(stdout).counts).to.deep.equal({ connected: 324 });
  });

  it('leaves no process, no namespace and no name behind when its runner is killed', async () => {
    const child = spawn(process.execPath, [program, 'wait', 'reference'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    const inside = descendantsOf(child.pid ?? 0);
    const own = namespacesOf([process.pid]);
    const spaces = [...namespacesOf(inside.map(({ pid }) => pid))].filter((space) => !own.has(space));
    // The lab itself, fabric or nodes, and nine pods: each with an agent, two with a plugin.
    expect(inside.filter(({ command }) => command.includes('agent.mjs')).length).to.be.at.least(9);
    expect(spaces.filter((space) => space.startsWith('net:')).length).to.be.at.least(12);
    child.kill('SIGKILL');
    await ended;
    await until('everything of the lab is gone', () => {
      const living = livingNamespaces();
      return spaces.every((space) => !living.has(space));
    });
    const names = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    expect(names).to.not.include('fabric').and.not.include('lane0-x.a');
  });

  it('calls every probe an error when the holding process is killed, and says so', async () => {
    const log: string[] = [];
    await using lab = await startLab({ run: 'self', plugin: 'none', log: (line) => log.push(line) });
    await using lane = await lab.openLane(0, standing('x/a', 'x/b'));
    await using links = await linkAll(lane);
    const waiting = links.probe('lane0-x/a', requestsFor(['198.51.100.1', '10.244.4.2'], 20_000));
    process.kill(findProcess(holderPattern).pid, 'SIGKILL');
    expect((await waiting).map(({ outcome }) => outcome))
      .to.include('error')
      .and.not.include('dropped');
    await until('the loss is logged', () => log.some((line) => line.includes('the lab is gone')));
    const seen = await links.probe('lane0-x/a', requestsFor(['10.244.4.2']));
    expect(seen.map(({ outcome }) => outcome)).to.deep.equal(['error', 'error']);
    const thrown = await catchError(() =>
      lane.createPod({ namespace: 'lane0-x', name: 'new', labels: {}, ports: [], node: 0 }),
    );
    expect(thrown).to.be.instanceOf(ClusterError);
    expect(Object.keys(await lane.evidence())).to.include('nft-node0.txt');
  });

  it('goes on without a plugin that was killed, and keeps its log', async () => {
    const log: string[] = [];
    await using lab = await startLab({ run: 'self', plugin: 'reference', log: (line) => log.push(line) });
    await using lane = await lab.openLane(0, standing('x/a', 'x/b'));
    await using links = await linkAll(lane);
    await until(
      'the plugin enforces',
      async () => (await lane.evidence())['plugin-node0.log']?.includes('applied') ?? false,
    );
    process.kill(findProcess(/node\S* \S+plugin.ts --node node0/).pid, 'SIGKILL');
    await until('its end is logged', () => log.some((line) => line.includes('plugin on node0 ended')));
    await lane.labelPod({ namespace: 'lane0-x', name: 'a' }, { fresh: 'yes' });
    await until('the other node hears of it', async () => {
      const { 'plugin-state.json': state, 'plugin-node1.log': other } = await lane.evidence();
      return Boolean(state?.includes('fresh') && other?.includes('applied'));
    });
    const evidence = await lane.evidence();
    expect(evidence['plugin-node0.log']).to.include('plugin on node0 ended: signal SIGKILL');
    const { addresses } = await podOf(lane, { namespace: 'lane0-x', name: 'b' });
    const seen = await links.probe('lane0-x/a', requestsFor(addresses));
    expect(seen.map(({ outcome }) => outcome)).to.deep.equal(Array(4).fill('connected'));
  });

  it('enforces policies by the reference plugin, and shows its rules and state as evidence', async () => {
    await using lab = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using lane = await lab.openLane(0, standing('x/a', 'x/b', 'x/c'));
    await using links = await linkAll(lane);
    await lane.applyPolicy({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'lane0-x', name: 'deny-all' },
      spec: { podSelector: { matchLabels: { pod: 'b' } }, policyTypes: ['Ingress'] },
    });
    const { addresses } = await podOf(lane, { namespace: 'lane0-x', name: 'b' });
    const probe = async (): Promise<string> =>
      (await links.probe('lane0-x/a', requestsFor(addresses, 150))).map(({ outcome }) => outcome).join();
    await until('x/b is isolated', async () => (await probe()) === 'dropped,dropped,dropped,dropped');
    const evidence = await lane.evidence();
    expect(evidence['nft-node1.txt']).to.include('netpol-reference').and.include(addresses[0]);
    expect(JSON.parse(evidence['plugin-state.json'] ?? '').policies).to.have.length(1);
    await lane.deletePolicy({ kind: 'NetworkPolicy', namespace: 'lane0-x', name: 'deny-all' });
    await until('x/b is open', async () => (await probe()) === 'connected,connected,connected,connected');
  });

  it('knows only the reference plugin, its mutants, and none', async () => {
    const flagsOf = (plugin: string) => parsePlugins(plugin).flags;
    expect(flagsOf('none')).to.equal(undefined);
    expect(flagsOf('reference')).to.deep.equal([]);
    const name = mutants[0]?.name ?? '';
    expect(flagsOf(`mutant:${name}`)).to.deep.equal(['--mutant', name]);
    expect(parsePlugins('reference', `mutant:${name}`).nextFlags).to.deep.equal(['--mutant', name]);
    expect(() => parsePlugins('none', 'reference')).to.throw(UsageError, 'two versions that run');
    for (const plugin of ['default', 'kindnet', './plugin.yaml', 'mutant:', 'mutant:nope', '']) {
      const thrown = await catchError(() => startLab({ run: 'self', plugin, log: () => {} }));
      expect(thrown, plugin).to.be.instanceOf(UsageError);
      if (plugin.startsWith('mutant:')) expect(thrown).to.have.property('message').that.includes(name);
    }
  });

  it('says the command that installs what is missing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'netpol-'));
    try {
      for (const name of ['unshare', 'nsenter', 'setpriv', 'mount', 'ip'])
        symlinkSync(process.execPath, join(directory, name));
      const thrown = catchErrorNow(() => requirePrograms(directory, true));
      expect(thrown)
        .to.be.instanceOf(EnvironmentError)
        .with.property('complaint')
        .that.includes({ next: 'apt-get install -y nftables' });
      rmSync(join(directory, 'ip'));
      expect(catchErrorNow(() => requirePrograms(directory, false)))
        .to.have.property('complaint')
        .that.includes({ next: 'sudo apt-get install -y iproute2 nftables' });
      for (const name of ['ip', 'nft']) symlinkSync(process.execPath, join(directory, name));
      requirePrograms(directory, true);
      expect(missingPackages('needed', directory)).to.deep.equal([]);
      expect(missingPackages('optional', directory)).to.deep.equal(['iputils-ping']);
      symlinkSync(process.execPath, join(directory, 'ping'));
      expect(missingPackages('optional', directory)).to.deep.equal([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses other systems', () => {
    requireLinux('linux');
    expect(catchErrorNow(() => requireLinux('darwin'))).to.be.instanceOf(EnvironmentError);
  });

  it('says what to do where namespaces are forbidden, and leaves nothing', async () => {
    // A user namespace in which no more namespaces may be made stands in for a machine that forbids them.
    const limits = 'for kind in user net; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done; exec "$@"';
    const forbidding = ['unshare', '--user', '--map-root-user', 'sh', '-c', limits, 'sh'];
    const { exitCode, stderr } = await execa(
      'env',
      [...asNobody, ...forbidding, process.execPath, program, 'end'],
      { reject: false },
    );
    expect(exitCode).to.equal(1);
    expect(stderr)
      .to.include('EnvironmentError')
      .and.include('cannot make its namespaces')
      .and.match(/next: +allow more: .*user\.max_net_namespaces=/);
  });
});

function catchErrorNow(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
