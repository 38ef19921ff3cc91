import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { clean } from '../../../helpers/cluster/clean.ts';
import type { Cluster, Lane } from '../../../helpers/cluster/cluster.ts';
import { startKind, type KindOptions } from '../../../helpers/cluster/kind.ts';
import { EnvironmentError, InputError, UsageError } from '../../../helpers/errors.ts';
import { externalPorts, findPod, images, needKind, openStanding, probeUntil } from './kind-probes.ts';
import { thrownBy } from '../thrown.ts';

const run = `self${process.pid}`;
const name = `netpol-${run}`;
const options: KindOptions = { run, plugin: 'reference', log: () => {}, ...images };

describe('kind provider', () => {
  describe('before anything is made', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'netpol-self-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    it('refuses an unknown plugin and names those there are', async () => {
      const error = await thrownBy(() => startKind({ ...options, plugin: 'flannal' }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include('"flannal"').and.include('default, reference, none, mutant:NAME');
    });

    it('refuses an unknown mutant and says how to see those that there are', async () => {
      const error = await thrownBy(() => startKind({ ...options, plugin: 'mutant:nope' }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(/one of \d+, such as [a-z-]+\n.*`mutant:nope`\n.*`--plugin mutant:`/);
    });

    it('names file and line of a plugin manifest that is not YAML', async () => {
      const file = join(folder, 'plugin.yaml');
      writeFileSync(file, 'apiVersion: v1\nkind: [\n');
      const error = await thrownBy(() => startKind({ ...options, plugin: file }));
      expect(error).to.be.instanceOf(InputError);
      expect(error.message).to.match(/plugin\.yaml:\d+:\d+: /);
    });

    it('refuses a kind configuration that is none', async () => {
      const file = join(folder, 'kind.yaml');
      writeFileSync(file, 'kind: Kluster\n');
      const error = await thrownBy(() => startKind({ ...options, kindConfig: file }));
      expect(error).to.be.instanceOf(InputError);
      expect(error.message).to.include(`${file}: must be \`kind: Cluster\``);
    });

    it('says what Docker said when it is there but refuses', async () => {
      const program = join(folder, 'docker');
      writeFileSync(program, '#!/bin/sh\necho "permission denied while trying to connect" >&2\nexit 1\n');
      chmodSync(program, 0o755);
      const path = process.env['PATH'];
      process.env['PATH'] = `${folder}${delimiter}${path}`;
      try {
        const error = await thrownBy(() => startKind(options));
        expect(error).to.be.instanceOf(EnvironmentError);
        expect(error.message).to.include('permission denied while trying to connect').and.include('next:');
      } finally {
        process.env['PATH'] = path;
        rmSync(program);
      }
    });

    it('says that Docker is not installed', async () => {
      const path = process.env['PATH'];
      process.env['PATH'] = folder;
      try {
        const error = await thrownBy(() => startKind(options));
        expect(error).to.be.instanceOf(EnvironmentError);
        expect(error.message).to.include('`docker` is not installed');
      } finally {
        process.env['PATH'] = path;
      }
    });
  });

  it('leaves nothing when the node image cannot be had', async function () {
    this.timeout(120_000);
    await needKind.call(this);
    const error = await thrownBy(() =>
      startKind({
        ...options,
        run: `${run}image`,
        kindImage: 'localhost/absent:v0',
        probeImage: 'localhost/p:1',
      }),
    );
    expect(error.message).to.include('localhost/absent:v0').and.include('--kind-image');
    expect(await listClusters()).to.not.include(`${name}image`);
    expect(ownFolders(`${run}image`)).to.deep.equal([]);
  });

  describe('with the reference plugin', function () {
    this.timeout(240_000);
    let cluster: Cluster;
    let lane: Lane;

    before('start a cluster and open a lane', async function () {
      await needKind.call(this);
      cluster = await startKind(options);
      lane = await openStanding(cluster);
    });

    after('stop the cluster', async () => {
      await lane?.[Symbol.asyncDispose]();
      await cluster?.[Symbol.asyncDispose]();
      const containers = await execa('docker', ['ps', '--all', '--format', '{{.Names}}'], { reject: false });
      expect(containers.stdout).to.not.include(name);
      expect(ownFolders(run)).to.deep.equal([]);
    });

    it('tells what runs: both families, two nodes, versions, the one engine', () => {
      const { environment, lacks } = cluster;
      expect(environment).to.include({ provider: 'kind', plugin: 'reference', nodes: 2 });
      expect(environment.families).to.deep.equal(['IPv4', 'IPv6']);
      expect(environment.versions['kubernetes']).to.match(/^v1\./);
      expect(environment.versions['plugin']).to.include('netpol-reference').and.include('--connect');
      expect(environment.versions).to.include.keys('kernel', 'container runtime', 'kube-proxy', 'node image');
      expect(environment.versions).to.not.have.property('engines');
      expect(environment.versions['ClusterNetworkPolicy CRD']).to.equal('v0.2.0 experimental (minimal)');
      expect(lacks).to.have.all.keys('chosen-address', 'standard-channel', 'plugin-upgrade');
    });

    it('has pods on different nodes that reach each other in both families and say who they are', async () => {
      const [a, b] = [await findPod(lane, 'x/a'), await findPod(lane, 'x/b')];
      expect(a.node).to.not.equal(b.node);
      expect(b.addresses).to.have.length(2);
      const open = b.addresses.map(() => 'connected');
      const answers = await probeUntil(lane, a, b.addresses, open);
      expect(answers.map(({ answeredBy }) => answeredBy)).to.deep.equal(
        b.addresses.map(() => `${b.namespace}/${b.name}`),
      );
      expect(answers.map(({ sourceSeen }) => sourceSeen)).to.deep.equal(a.addresses);
    });

    it('has hosts outside the cluster whose address the policies meet, on both ways', async () => {
      const host = { namespace: 'external', name: 'a' };
      const addresses = ['203.0.113.10', '2001:db8:113::10'];
      await lane.createExternalHost({ ...host, addresses, ports: externalPorts });
      const a = await findPod(lane, 'x/a');
      const open = addresses.map(() => 'connected');
      const out = await probeUntil(lane, a, addresses, open);
      expect(out.map(({ answeredBy }) => answeredBy)).to.deep.equal(['external/a', 'external/a']);
      expect(out.map(({ sourceSeen }) => sourceSeen)).to.deep.equal(a.addresses);
      const back = await probeUntil(lane, host, a.addresses, open);
      expect(back.map(({ sourceSeen }) => sourceSeen)).to.deep.equal(addresses);
      expect((await lane.world()).pods.filter(({ external }) => external)).to.have.length(1);
      const ingress = [{ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.10/32'] } }] }];
      await lane.applyPolicy({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'from-outside', namespace: a.namespace },
        spec: { podSelector: { matchLabels: { pod: 'a' } }, ingress },
      });
      await probeUntil(lane, host, a.addresses, ['dropped', 'dropped']);
      await lane.deletePolicy({ kind: 'NetworkPolicy', namespace: a.namespace, name: 'from-outside' });
      await probeUntil(lane, host, a.addresses, open);
      await lane.deleteExternalHost(host);
      expect((await lane.world()).pods.filter(({ external }) => external)).to.deep.equal([]);
    });

    it('has pods in the network of a node, in namespaces that stay restricted, and node ports', async () => {
      expect(await lane.hostNetworkFlaw()).to.equal(undefined);
      const { nodes = [] } = await lane.world();
      const a = await findPod(lane, 'x/a');
      const ports = (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, port: 18_090 }));
      const host = { namespace: a.namespace, labels: {}, ports, node: 0, hostNetwork: true } as const;
      await lane.createPod({ ...host, name: 'h' });
      const h = (await lane.world()).pods.find((pod) => pod.name === 'h');
      expect(h).to.deep.include({ hostNetwork: true, node: a.node, addresses: nodes[0]?.addresses });
      const open = a.addresses.map(() => 'connected');
      await probeUntil(lane, { ...host, name: 'h' }, a.addresses, open);
      const error = await thrownBy(() => lane.createPod({ ...host, name: 'i' }));
      expect(error.message).to.include('free ports').and.include('give the pod another one');
      for (const name of ['h', 'i']) await lane.deletePod({ namespace: a.namespace, name });
      expect((await lane.evidence())['namespaces.yaml'])
        .to.include('enforce: restricted')
        .and.not.include('enforce: privileged');
      const service = {
        namespace: a.namespace,
        name: 'web',
        type: 'NodePort',
        selector: { pod: 'a' },
      } as const;
      await lane.createService({ ...service, ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }] });
      const [found] = (await lane.world()).services;
      expect(found?.type).to.equal('NodePort');
      expect(found?.ports[0]?.nodePort).to.be.within(30_000, 32_767);
      await lane.deleteService(service);
    });

    it('collects objects, logs and rules as evidence', async () => {
      const evidence = await lane.evidence();
      expect(evidence['pods.yaml']).to.include('name: agent');
      expect(evidence['agents.log']).to.include('"hello"');
      expect(evidence['plugin.log']).to.include('"applied"');
      const rules = Object.keys(evidence).filter((file) => file.endsWith('.nft'));
      expect(rules).to.have.length(2);
      expect(evidence[rules[0] ?? '']).to.include('table inet netpol-reference');
    });

    it('cleans what a dead run left beside it, and nothing of a live one', async () => {
      const gone = execa('true');
      const { pid } = gone;
      await gone;
      const dead = join(tmpdir(), `netpol-kind-${run}dead`);
      const record = { run: `${run}dead`, pid, started: '1', cluster: `${name}absent`, removeCluster: true };
      await execa('mkdir', [dead]);
      writeFileSync(join(dead, 'netpol-owner.json'), JSON.stringify(record));
      const labels = [`netpol-conformance/run=${run}dead`, `netpol-conformance/owner=${hostname()}/${pid}`];
      const image = await readNodeImage();
      await execa('docker', [
        'create',
        `--name=netpol-${run}dead-host-1`,
        ...labels.map((label) => `--label=${label}`),
        image,
      ]);
      const lines = (await clean()).filter((line) => line.includes(run));
      expect(lines).to.include(`removed folder ${dead}`);
      expect(lines).to.include(`removed container netpol-${run}dead-host-1`);
      expect(lines.filter((line) => line.startsWith('left: run'))).to.deep.equal([
        `left: run ${run} on kind cluster ${name}, which process ${process.pid} still uses`,
      ]);
      expect(await listClusters()).to.include(name);
    });

    const readNodeImage = async (): Promise<string> => cluster.environment.versions['node image'] ?? '';
  });
});

const listClusters = async (): Promise<string[]> =>
  (await execa('kind', ['get', 'clusters'])).stdout.split('\n');

const ownFolders = (run: string): string[] =>
  readdirSync(tmpdir()).filter((file) => file.startsWith('netpol-kind-') && file.includes(run));
