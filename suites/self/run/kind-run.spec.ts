import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { mutants } from '../../../helpers/reference/mutants.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { kindImages, needKind } from '../cluster/kind-probes.ts';
import { readRecord, root, runNetpol, startNetpol, temporaryFolder } from '../netpol.ts';
import { isThere, waitFor } from '../waiting.ts';

const cluster = `netpol-self-run-${process.pid}`;
const onKind = ['run', '--provider', 'kind', '--cluster', cluster, '--keep'];
const withReference = [...onKind, '--plugin', 'reference'];

/** Ways in which a plugin can be wrong, each with the scenario that must notice: peers, ports, blocks, families, nodes, names, following. */
const sample: Record<string, string> = {
  'both-selectors-or': 'network-policy/peers/pod-and-namespace',
  'named-port-any-protocol': 'network-policy/ports/named-port-protocol',
  'end-port-exclusive': 'network-policy/ports/end-port',
  'sctp-as-tcp': 'network-policy/protocols/sctp-opens-nothing-else',
  'except-ignored': 'network-policy/ip-block/ingress-except',
  'first-policy-wins': 'network-policy/isolation/policies-add-up',
  'ipv6-open': 'network-policy/isolation/default-deny-ingress',
  'cross-node-open': 'network-policy/isolation/same-node-and-other-node',
  // The lab has no kubelet, no DNS server and no API server, and its nodes do not boot.
  'own-node-denied': 'network-policy/nodes/kubelet-probes',
  'dns-open': 'network-policy/services/lookup-under-egress-isolation',
  'domain-names-unknown': 'admin/domain-names/headless',
  'domain-names-without-ipv6': 'admin/domain-names/headless',
  'domain-name-aliases-unknown': 'admin/domain-names/alias',
  'domain-names-asked-once': 'admin/domain-names/address-follows',
  'domain-name-patterns-unknown': 'admin/domain-names/pattern',
  'relabelled-namespace-not-followed': 'network-policy/lifecycle/relabel-namespace',
  'tier-peer-node-not-followed': 'admin/nodes/cluster-relabel',
  // There the plugin is a DaemonSet.
  'flush-at-start': 'operations/plugin/rolled-over',
  'stale-after-restart': 'operations/plugin/away-from-a-node',
  'open-without-api-server': 'operations/cluster/api-server-away',
  'first-addresses-stay': 'operations/cluster/node-restarts',
};

const inside = (node: string, ...command: string[]) =>
  execa('docker', ['exec', `${cluster}-${node}`, ...command], { reject: false });

describe('netpol run on kind', function () {
  this.timeout(1_000_000);
  before(needKind);
  after(async function () {
    this.timeout(60_000);
    await execa('kind', ['delete', 'cluster', '--name', cluster], { reject: false });
  });

  it('makes a cluster and passes every scenario with the reference plugin', async () => {
    await using folder = await temporaryFolder();
    // A version with a fault that the scenario of the upgrade does not meet, and no other one does after it.
    const next = ['--plugin-next', 'mutant:end-port-ignored'];
    const { exitCode, output } = await runNetpol([...withReference, ...next, '--output', folder.path], {
      env: kindImages,
    });
    expect(exitCode, output.slice(-3000)).to.equal(0);
    const kubectl = ['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'];
    const { stdout: nodes } = await inside('control-plane', ...kubectl, 'get', 'nodes', '--output=yaml');
    expect(nodes).to.include('kind: Node').and.not.include('netpol-conformance/');
    const { counts, cases, environment } = await readRecord(folder.path);
    const skipped = cases.filter(({ status }) => status === 'skip');
    // A cluster chooses addresses itself and has the CRDs of one channel; whether `ping` works is the image's business.
    const shipped = await loadShipped();
    const isAbsent = ({ pods, channel }: Scenario): boolean =>
      channel === 'standard' || pods.some(({ addressesOf }) => addressesOf !== undefined);
    const echoes = shipped.filter(({ steps }) =>
      steps.some(({ expect: grids }) => grids.some(({ protocol }) => protocol === 'ICMP')),
    );
    const [mute, others] = [true, false].map((isMute) =>
      skipped.filter(
        ({ message = '' }) => message.startsWith('the probe pods cannot send ICMP echo ') === isMute,
      ),
    );
    expect(echoes.map(({ name }) => name)).to.include.members(mute!.map(({ name }) => name));
    expect(others!.map(({ name }) => name)).to.have.members(shipped.filter(isAbsent).map(({ name }) => name));
    const pass = cases.length - skipped.length;
    expect(counts).to.deep.equal({ pass, fail: 0, error: 0, skip: skipped.length });
    expect(environment).to.include({ provider: 'kind', nodes: 2 });
  });

  it('calls it an error, never a denial, when probe pods are killed under way', async () => {
    await using folder = await temporaryFolder();
    const few = ['operator-exists', 'operator-in', '--lanes', '1', '--settle-budget', '1000'];
    const running = startNetpol([...withReference, ...few, '--output', folder.path], { env: kindImages });
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    const killer = setInterval(() => {
      for (const node of ['control-plane', 'worker'])
        void inside(node, 'pkill', '-9', '-f', 'agent.mjs.*-x/a');
    }, 200);
    const { exitCode, all } = await running;
    clearInterval(killer);
    const { counts } = await readRecord(folder.path);
    expect(counts.fail, String(all).slice(-3000)).to.equal(0);
    expect(counts.error).to.be.greaterThan(0);
    expect(exitCode).to.equal(2);
  });

  it('survives the loss of its exec streams: they are opened again, and no verdict changes', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...withReference, 'network-policy/peers', '--output', folder.path], {
      env: kindImages,
    });
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    for (const node of ['control-plane', 'worker'])
      await inside(node, 'pkill', '-9', '-f', 'agent.mjs probe');
    const { all } = await running;
    const { counts } = await readRecord(folder.path);
    expect(counts.fail, String(all).slice(-3000)).to.equal(0);
    expect(counts.pass).to.be.greaterThan(10);
  });

  it('is not misled when the plugin is killed: its rules stay, and what comes back catches up', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...withReference, 'network-policy/isolation', '--output', folder.path], {
      env: kindImages,
    });
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    for (const node of ['control-plane', 'worker'])
      await inside(node, 'pkill', '-9', '-f', 'reference/plugin.ts');
    const { all } = await running;
    const { counts } = await readRecord(folder.path);
    expect(counts, String(all).slice(-3000)).to.include({ fail: 0, error: 0 });
    expect(counts.pass).to.be.greaterThan(10);
  });

  it('leaves what a killed run made for `clean`, which removes it', async () => {
    await using folder = await temporaryFolder();
    const running = startNetpol([...withReference, '--output', folder.path], { env: kindImages });
    await waitFor(() => isThere(join(folder.path, 'record.json')), 'the run begins');
    running.kill('SIGKILL');
    await running;
    const { stdout } = await runNetpol(['clean']);
    expect(stdout).to.match(/removed namespace/);
    const { stdout: kubeconfig } = await execa('kind', ['get', 'kubeconfig', '--name', cluster]);
    const kubectl = [
      'exec',
      '-i',
      `${cluster}-control-plane`,
      'kubectl',
      '--kubeconfig',
      '/etc/kubernetes/admin.conf',
    ];
    const { stdout: namespaces } = await execa('docker', [...kubectl, 'get', 'namespaces', '-o', 'name']);
    expect(namespaces).not.to.include('netpol-');
    expect(kubeconfig).to.include(cluster);
    expect((await runNetpol(['clean'])).stdout).not.to.match(/removed/);
  });

  it('passes what takes the API server or a node away with the reference plugin', async () => {
    await using folder = await temporaryFolder();
    const away = ['api-server-away', 'node-restarts'].map((name) => `operations/cluster/${name}`);
    const { exitCode, output } = await runNetpol([...withReference, ...away, '--output', folder.path], {
      env: kindImages,
    });
    expect(exitCode, output.slice(-3000)).to.equal(0);
    const { cases } = await readRecord(folder.path);
    const [apiServer, node] = away.map((name) => cases.find((each) => each.name === name));
    expect(apiServer).to.include({ status: 'pass' });
    expect(node).to.include({ status: 'pass' });
    const [, { operation, grids, settleMs } = {}] = node!.steps;
    expect(settleMs).to.have.all.keys('deny');
    // Of twelve pairs beside the node five are closed; the others are open, by connections that are new and by ones that last.
    expect(operation?.watched).to.equal((5 + 2 * 7) * grids!.length);
    const seen = operation!.flows.flatMap(({ stretches }) => stretches.map(({ what }) => what));
    expect(seen).to.not.include('leak').and.not.include('loss');
  });

  it('fails every scenario that an idle plugin can fail and exits 1', async () => {
    await using folder = await temporaryFolder();
    const idle = [...onKind, '--plugin', 'none', '--settle-budget', '300', '--lanes', '4'];
    const { exitCode, output } = await runNetpol([...idle, '--output', folder.path], { env: kindImages });
    expect(exitCode, output.slice(-3000)).to.equal(1);
    const { cases, vacuous } = await readRecord(folder.path);
    expect(cases.filter(({ status }) => status === 'error')).to.deep.equal([]);
    const passed = cases.filter(({ status }) => status === 'pass').map(({ name }) => name);
    expect(passed).to.have.members(vacuous.map(({ name }) => name));
  });

  it('tries every mutant that the lab cannot', () => {
    const onlyHere = mutants.filter(({ needs }) => needs === 'kind').map(({ name }) => name);
    expect(onlyHere.length).to.be.greaterThan(0);
    expect(Object.keys(sample)).to.include.members(onlyHere);
  });

  describe('kills', () => {
    let lines: string[] = [];
    let output = '';
    let exitCode: number | undefined;
    before('try them on one cluster', async () => {
      const chosen = Object.entries(sample).map((pair) => pair.join('='));
      const args = ['scripts/mutants.ts', '--provider', 'kind', '--cluster', cluster];
      const ended = await execa(process.execPath, [...args, ...chosen], {
        ...{ cwd: root, reject: false, all: true },
      });
      output = ended.all;
      exitCode = ended.exitCode;
      lines = output.split('\n');
    });

    for (const [mutant, scenario] of Object.entries(sample)) {
      it(`the mutant ${mutant} by ${scenario}`, () => {
        const line = lines.find((each) => each.startsWith(`${mutant} `));
        expect(line, output).to.match(new RegExp(`killed by ${scenario}$`));
      });
    }

    it('all of them, and says so', () => {
      const count = Object.keys(sample).length;
      expect(output).to.include(`${count} of ${count} mutants fare as they must`);
      expect(exitCode, output).to.equal(0);
    });
  });
});
