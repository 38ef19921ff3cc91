import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parseAllDocuments, parse, stringify } from 'yaml';
import { clean } from '../../../helpers/cluster/clean.ts';
import type { Cluster } from '../../../helpers/cluster/cluster.ts';
import { startExisting, type ExistingOptions } from '../../../helpers/cluster/existing.ts';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { adminPermissions, installPermissions, permissions } from '../../../helpers/cluster/permissions.ts';
import { ClusterError, EnvironmentError, UsageError } from '../../../helpers/errors.ts';
import { adminKinds } from '../../../helpers/kube/policy-kinds.ts';
import { always, testAdminTiers } from './admin-tiers.ts';
import { engine } from './engine.ts';
import { comeAndGo } from './kind-lifecycle.ts';
import { findPod, images, needKind, openStanding, probeUntil, standing } from './kind-probes.ts';
import { testLiveAudit } from './live-audit.ts';
import { thrownBy } from '../thrown.ts';

const run = `exist${process.pid}`;
const rbacFile = new URL('../../../manifests/run/rbac.yaml', import.meta.url);
/** Without it no kind of the admin tiers is found. */
const readingDefinitions = {
  group: 'apiextensions.k8s.io',
  resource: 'customresourcedefinitions',
  verbs: ['get', 'list'],
};
type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };

describe('existing provider', () => {
  it('asks for exactly the permissions that its manifest grants', async () => {
    const objects = parseAllDocuments(await readFile(rbacFile, 'utf8')).map(
      (document) => document.toJS() as { kind: string; rules?: Rule[] },
    );
    const granted = objects.flatMap(({ kind, rules }) => (kind === 'ClusterRole' ? [rules] : []));
    const asked = [
      [...permissions, ...Object.values(adminPermissions), readingDefinitions],
      installPermissions,
    ].map((role) =>
      role.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs })),
    );
    expect(granted).to.deep.equal(asked);
  });

  it('says that a kubeconfig is missing', async () => {
    const error = await thrownBy(() => start({ kubeconfig: '/nowhere/config' }));
    expect(error).to.be.instanceOf(EnvironmentError);
    expect(error.message).to.include('/nowhere/config').and.include('no such file');
  });

  it('installs no plugin', async () => {
    const error = await thrownBy(() => start({ plugin: 'reference' }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('--plugin reference').and.include('--provider kind');
  });

  describe('on a cluster with an account that has only the shipped role', function () {
    this.timeout(240_000);
    let host: Cluster;
    let folder: string;
    let admin: string;
    let restricted: string;

    before('start a cluster and make the account', async function () {
      await needKind.call(this);
      folder = await mkdtemp(join(tmpdir(), 'netpol-existing-'));
      host = await startKind({ run, plugin: 'default', log: () => {}, ...images });
      admin = join(folder, 'admin');
      restricted = join(folder, 'restricted');
      await execa('kind', ['export', 'kubeconfig', '--name', `netpol-${run}`, '--kubeconfig', admin]);
      await kubectl(['apply', '--filename=-'], await readFile(rbacFile, 'utf8'));
      const account = ['create', 'token', 'netpol-conformance', '--namespace=netpol-conformance'];
      await writeKubeconfig(restricted, await kubectl(account));
    });
    after('stop the cluster', async () => {
      await host?.[Symbol.asyncDispose]();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    const kubectl = async (parameters: string[], input = ''): Promise<string> => {
      const node = `netpol-${run}-control-plane`;
      const command = ['exec', '-i', node, 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'];
      return (await execa('docker', [...command, ...parameters], { input })).stdout;
    };
    const writeKubeconfig = async (file: string, token: string): Promise<void> => {
      const config = parse(await readFile(admin, 'utf8')) as { users: { user: unknown }[] };
      for (const entry of config.users) entry.user = { token };
      await writeFile(file, stringify(config), { mode: 0o600 });
    };

    it('does all that a scenario asks for, and leaves only what was there', async () => {
      const before = await kubectl(['get', 'namespaces', '--output=name']);
      await useLane();
      expect(await kubectl(['get', 'namespaces', '--output=name'])).to.equal(before);
    });

    it('lets namespaces and pods come and go, and leaves none of those that were still there', async () => {
      const before = await kubectl(['get', 'namespaces', '--output=name']);
      const owned = () => kubectl(['get', 'namespaces', `--selector=netpol-conformance/run=${run}e`]);
      await using stack = new AsyncDisposableStack();
      const cluster = stack.use(await start({ kubeconfig: restricted }));
      await comeAndGo(stack.use(await openStanding(cluster)), owned);
      await stack.disposeAsync();
      expect(await kubectl(['get', 'namespaces', '--output=name'])).to.equal(before);
    });

    it('tells commands the context too, without a copy of the keys', async () => {
      const kubeconfig = join(folder, 'contexts');
      const config = parse(await readFile(admin, 'utf8')) as { 'current-context': string };
      const context = config['current-context'];
      await writeFile(kubeconfig, stringify({ ...config, 'current-context': '' }), { mode: 0o600 });
      await using cluster = await start({ kubeconfig, context });
      const nodes = await execa('kubectl', ['get', 'nodes'], { env: cluster.commandEnvironment });
      expect(nodes.stdout).to.include(`netpol-${run}-control-plane`);
    });

    it('is no cluster for a plugin that would connect its pods a second time', async () => {
      const second = startKind({
        run: `${run}b`,
        cluster: `netpol-${run}`,
        plugin: 'none',
        log: () => {},
        ...images,
      });
      const error = await thrownBy(() => second);
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include('has a network already').and.include('--plugin default');
    });

    it('says when two engines may enforce on one cluster', async () => {
      for (const name of ['kube-router', 'calico-node'])
        await kubectl(['apply', '--filename=-'], engine(name));
      const lines: string[] = [];
      await using cluster = await start({ kubeconfig: admin, log: (line) => lines.push(line) });
      expect(cluster.environment.versions['engines']).to.match(/calico-node and kube-router/);
      expect(lines.join('\n')).to.match(/warning: calico-node and kube-router.* run here/);
    });

    const useLane = async (): Promise<void> => {
      await using cluster = await start({ kubeconfig: restricted });
      expect(cluster.environment).to.include({ provider: 'existing', plugin: 'default', nodes: 2 });
      expect(Object.keys(cluster.lacks)).to.have.members([...always, ...adminKinds]);
      expect(cluster.lacks.ClusterNetworkPolicy).to.equal(
        'the cluster has no CRD clusternetworkpolicies.policy.networking.k8s.io',
      );
      await using lane = await openStanding(cluster);
      const [a, b] = [await findPod(lane, 'x/a'), await findPod(lane, 'y/a')];
      const { namespace } = a;
      const open = b.addresses.map(() => 'connected');
      const answers = await probeUntil(lane, a, b.addresses, open);
      expect(answers.map(({ answeredBy }) => answeredBy)).to.deep.equal(
        b.addresses.map(() => `${b.namespace}/a`),
      );
      await lane.applyPolicy({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'p', namespace },
        spec: { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }] },
      });
      await lane.labelPod({ namespace, name: 'a' }, { other: 'label' });
      await lane.labelNamespace(namespace, { ns: 'renamed' });
      await lane.createPod({ ...standing[0]!, namespace, name: 'late' });
      await lane.deletePod({ namespace, name: 'b' });
      const service = { namespace, name: 's', selector: { pod: 'a' } };
      const ports = [{ protocol: 'TCP' as const, port: 8080, targetPort: 'serve-80' }];
      await lane.createService({ ...service, type: 'ClusterIP', ports });
      const world = await lane.world();
      const pods = world.pods.filter((pod) => pod.namespace === namespace);
      expect(pods.map(({ name, labels }) => ({ name, labels }))).to.have.deep.members([
        { name: 'a', labels: { other: 'label' } },
        { name: 'late', labels: { pod: 'a' } },
      ]);
      expect(pods[0]?.ports).to.deep.include({ name: 'serve-80-udp', protocol: 'UDP', port: 80 });
      const labels = world.namespaces.find(({ name }) => name === namespace)?.labels;
      expect(labels).to.include({ ns: 'renamed', 'kubernetes.io/metadata.name': namespace });
      expect(world.services).to.have.length(1);
      expect(world.services[0]).to.deep.include({ ...service, type: 'ClusterIP', ports });
      expect(world.services[0]?.addresses).to.have.length(2);
      expect(world.policies.map(({ spec }) => spec.ingress)).to.deep.equal([
        [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }],
      ]);
      const evidence = await lane.evidence();
      expect(Object.values(evidence).join('\n')).to.not.include('not readable');
      await lane.deletePolicy({ kind: 'NetworkPolicy', namespace, name: 'p' });
      await lane.deleteService({ namespace, name: 's' });
      expect(await lane.world()).to.deep.include({ policies: [], services: [] });
    };

    it('names the image and the next step when it cannot be pulled, and takes everything back', async () => {
      const cluster = await start({ kubeconfig: restricted, probeImage: 'localhost/absent:v0' });
      const error = await thrownBy(() => openStanding(cluster));
      expect(error).to.be.instanceOf(ClusterError);
      expect(error.message).to.include('localhost/absent:v0').and.include('--probe-image');
      expect(await kubectl(['get', 'namespaces', `--selector=netpol-conformance/run=${run}e`])).to.equal('');
    });

    it('names every missing permission at once', async () => {
      await kubectl(['create', 'serviceaccount', 'nobody', '--namespace=netpol-conformance']);
      const token = await kubectl(['create', 'token', 'nobody', '--namespace=netpol-conformance']);
      const kubeconfig = join(folder, 'nobody');
      await writeKubeconfig(kubeconfig, token);
      const error = await thrownBy(() => start({ kubeconfig }));
      expect(error).to.be.instanceOf(ClusterError);
      const asked = permissions.flatMap(({ resource, verbs }) => verbs.map((verb) => `${verb} ${resource}`));
      for (const permission of asked) expect(error.message).to.include(permission);
      expect(error.message).to.not.include(token);
    });

    testAdminTiers(() => ({ admin, restricted, kubectl, start }));
    testLiveAudit(() => ({ restricted, kubectl }));

    it('refuses a cluster where another run is active, unless told; clean removes what is dead', async () => {
      const gone = execa('true');
      const { pid } = gone;
      await gone;
      await createRunNamespace('netpol-other-0-x', `${hostname()}/${pid}`);
      await createRunNamespace('netpol-alive-0-x', `${hostname()}/${process.pid}`);
      await createRunNamespace('netpol-remote-0-x', 'elsewhere/1');
      const error = await thrownBy(() => start({ kubeconfig: restricted }));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include('another run').and.include('netpol-other-0-x').and.include('--force');
      await start({ kubeconfig: restricted, force: true });
      const lines = await clean({ kubeconfig: restricted });
      expect(lines).to.include('removed namespace netpol-other-0-x');
      expect(lines.filter((line) => line.startsWith('left: namespace'))).to.have.length(2);
      const left = await kubectl(['get', 'namespaces', '--output=name']);
      expect(left).to.not.include('netpol-other-0-x');
      expect(left).to.include('netpol-alive-0-x').and.include('netpol-remote-0-x');
    });

    const createRunNamespace = async (name: string, owner: string): Promise<void> => {
      const labels = { 'netpol-conformance/run': name.split('-')[1] };
      const annotations = { 'netpol-conformance/owner': owner };
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } };
      await kubectl(['apply', '--filename=-'], stringify(body));
    };
  });
});

const start = (options: Partial<ExistingOptions>): Promise<Cluster> =>
  startExisting({
    run: `${run}e`,
    plugin: 'default',
    log: () => {},
    probeImage: images.probeImage,
    ...options,
  });
