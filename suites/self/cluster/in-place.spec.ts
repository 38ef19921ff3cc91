import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openPodsInPlace } from '../../../helpers/cluster/in-place.ts';
import { UsageError } from '../../../helpers/errors.ts';
import type { KubeClient } from '../../../helpers/kube/client.ts';
import { startExisting } from '../../../helpers/cluster/existing.ts';
import { longest, nameFlow, type MonitorRecord } from '../../../helpers/report/monitor-record.ts';
import { poll } from '../../../helpers/wait.ts';
import { kindImages, images, needKind } from './kind-probes.ts';
import { dnsLabels, dnsService, startLiveSystem, type LiveSystem } from './live-system.ts';
import { readRecord, runNetpol, type Ended, startNetpol, temporaryFolder } from '../netpol.ts';
import { thrownBy } from '../thrown.ts';

const run = `place${process.pid}`;
describe('probe pods in place', () => {
  it('are not brought where policies may be out of sight', async () => {
    const unread = ['no permission to list clusternetworkpolicies'];
    // Nothing is asked of the server before.
    const nowhere = { client: {} as KubeClient, run, image: '', nodes: [] };
    const error = await thrownBy(() => openPodsInPlace({ ...nowhere, admin: { readable: [], unread } }, []));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('out of sight').and.include(unread[0]);
  });
});

describe('probe pods in the namespaces of a live system', function () {
  this.timeout(300_000);
  let system: LiveSystem;
  let policies: string;

  const readPolicies = (): Promise<string> =>
    system.kubectl(
      'get networkpolicies --all-namespaces --output=jsonpath={.items[*].metadata.uid}{.items[*].spec}',
    );
  const ours = '--all-namespaces --selector=netpol-conformance/run';

  /** The garbage collector comes some seconds after. */
  const expectNothingLeft = async (): Promise<void> => {
    let left: string[] = [];
    await poll(
      async () => {
        const [pods, namespaces, agents] = await Promise.all([
          system.list(`pods ${ours}`),
          system.list('namespaces --selector=netpol-conformance/run'),
          system.list('configmaps --all-namespaces --field-selector=metadata.name!=kube-root-ca.crt'),
        ]);
        left = [...pods, ...namespaces, ...agents.filter((name) => name.endsWith('-agent'))];
        return left.length === 0 || undefined;
      },
      { deadline: 40_000, interval: 500, failure: () => new Error(`left: ${left.join(', ')}`) },
    );
  };

  const prove = async (...more: string[]) => {
    await using results = await temporaryFolder();
    const words = ['system', 'restricted', '--system', 'kubernetes-addons', '--release', 'default-deny'];
    const place = ['--kubeconfig', system.kubeconfig, '--output', results.path, '--settle-budget', '3000'];
    const flags = ['--in-place', '--mode', 'restricted'];
    const ended = await runNetpol([...words, ...flags, ...place, ...more], { env: kindImages });
    const record = await readRecord(results.path).catch(() => undefined);
    return { ...ended, status: record?.cases[0]?.status, message: record?.cases[0]?.message ?? '' };
  };

  before('start a cluster with a system', async function () {
    await needKind.call(this);
    system = await startLiveSystem(run);
    policies = await readPolicies();
  });
  after('stop the cluster', () => system?.[Symbol.asyncDispose]());

  it('are no endpoints, belong to no ReplicaSet, and go without a trace', async () => {
    await using existing = await startExisting({
      run: 'inplace',
      plugin: 'default',
      log: () => {},
      kubeconfig: system.kubeconfig,
      ...images,
    });
    const [own] = await system.list('pods --namespace=addon-dns');
    const pod = { labels: dnsLabels, ports: [{ protocol: 'TCP' as const, port: 9153 }], node: 0 };
    {
      await using place = await existing.live!.openPods([
        { ...pod, namespace: 'addon-dns', name: 'dns' },
        { ...pod, namespace: '', name: 'visitor' },
      ]);
      const { pods } = await place.world();
      expect(pods.map(({ namespace, name }) => `${namespace}/${name}`)).to.have.members([
        'addon-dns/netpol-inplace-dns',
        'netpol-inplace-0-tenant/visitor',
      ]);
      // Long enough for the controllers to look at a pod that has their labels.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await system.list('pods --namespace=addon-dns')).to.have.members([
        own,
        'pod/netpol-inplace-dns',
      ]);
      const ready =
        'get endpointslices --namespace=addon-dns --output=jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].targetRef.name}';
      expect(`pod/${await system.kubectl(ready)}`).to.equal(own);
      expect(Object.keys(await place.evidence())).to.include('policies.yaml');
      expect((await place.evidence())['pods.yaml']).not.to.include(own?.replace('pod/', 'name: '));
    }
    await expectNothingLeft();
    expect(await system.list('pods --namespace=addon-dns')).to.deep.equal([own]);
  });

  it('prove the system as it is, and change no policy of it', async () => {
    const { exitCode, output, status } = await prove();
    expect(exitCode, output).to.equal(0);
    expect(status).to.equal('pass');
    expect(output).to.include('system/kubernetes-addons/default-deny/in-place/restricted');
    expect(await readPolicies()).to.equal(policies);
    await expectNothingLeft();
  });

  const monitor = async (...words: string[]): Promise<Ended & { record: MonitorRecord }> => {
    await using results = await temporaryFolder();
    const place = ['--kubeconfig', system.kubeconfig, '--output', results.path];
    const ended = await runNetpol(['monitor', ...place, ...words], { env: kindImages });
    const record = JSON.parse(await readFile(join(results.path, 'monitor.json'), 'utf8')) as MonitorRecord;
    return { ...ended, record };
  };

  it('are watched as their release says while something happens', async () => {
    const words = ['--system', 'kubernetes-addons', '--release', 'default-deny', '--in-place', '--for', '3s'];
    const { exitCode, output, record } = await monitor(...words, '--max-loss', '300ms', '--max-blind', '3s');
    expect(exitCode, output).to.equal(0);
    expect(record.source).to.equal('system/kubernetes-addons/default-deny/in-place/restricted');
    expect(record.flows.filter(({ want }) => want === 'deny').length).to.be.greaterThan(40);
    expect(record.intervalMs).to.equal(Math.ceil(record.flows.length / 2));
  });

  it('are taken away by `netpol clean` where the run was killed', async () => {
    await using results = await temporaryFolder();
    const words = ['system', 'restricted', '--system', 'kubernetes-addons', '--release', 'default-deny'];
    const flags = [
      '--in-place',
      '--mode',
      'restricted',
      '--kubeconfig',
      system.kubeconfig,
      '--output',
      results.path,
    ];
    const killed = startNetpol([...words, ...flags], { env: kindImages });
    await poll(async () => (await system.list(`pods ${ours}`)).length > 5 || undefined, {
      deadline: 60_000,
      interval: 200,
      failure: () => new Error('no pods came'),
    });
    killed.kill('SIGKILL');
    await killed;
    const { output } = await runNetpol(['clean', '--kubeconfig', system.kubeconfig]);
    expect(output).to.match(/removed namespace netpol-\w+-0-tenant/);
    await expectNothingLeft();
  });

  it('are watched as the live policies said at the beginning: a policy that goes meanwhile is a loss', async () => {
    const removal = [
      ...system.kubectlWords,
      'delete',
      'networkpolicy',
      'allow-queries',
      '--namespace=addon-dns',
    ];
    const waiting = ['sh', '-c', 'sleep 1; "$@"; sleep 2', 'sh', ...removal];
    const { exitCode, output, record } = await monitor(
      '--live',
      '--selector',
      'addon-*',
      '--until-exit',
      '--',
      ...waiting,
    );
    expect(exitCode, output).to.equal(1);
    expect(output).to.match(/standing in for addon-dns\/dns\n/);
    expect(record.source).to.equal('the policies of addon-*');
    const told = record.flows.map(
      (flow) => `${flow.want} ${nameFlow(flow)} ${longest(flow, 'loss') > 500 ? 'lost' : 'as wanted'}`,
    );
    expect(told).to.have.members(
      ['v4', 'v6'].flatMap((family) => [
        // TCP is declared nowhere, but let in by a policy.
        ...['UDP/53', 'TCP/53'].flatMap((port) => [
          `allow tenant/visitor -> addon-dns/dns ${family} ${port} lost`,
          // What was accepted before stays so in the reference plugin.
          `allow tenant/visitor -> addon-dns/dns ${family} ${port} lasting as wanted`,
        ]),
        `deny tenant/visitor -> addon-dns/dns ${family} TCP/9153 as wanted`,
      ]),
    );
    await expectNothingLeft();
  });

  it('are red where a needed policy is gone, and say that it is the policies', async () => {
    const { exitCode, message, output } = await prove();
    expect(exitCode, output).to.equal(1);
    expect(message).to.include('are not what the release says, whatever the plugin is');
    expect(output).to.match(/replay: npm start -- system restricted .* --in-place --mode restricted/);
  });

  it('are not brought where a namespace is missing or a Service sends to what is not ready', async () => {
    await system.kubectl('delete namespace addon-registry');
    const missing = await prove();
    expect(missing.exitCode, missing.output).to.equal(2);
    expect(missing.stderr).to.include('no addon-registry').and.include('1 of ');
    await system.kubectl('create namespace addon-registry');
    const taker = { ...dnsService.spec, publishNotReadyAddresses: true };
    await system.apply([{ ...dnsService, spec: taker }]);
    const taking = await prove();
    expect(taking.exitCode, taking.output).to.equal(2);
    expect(taking.stderr).to.include('addon-dns/dns').and.include('publishNotReadyAddresses');
    expect(await system.list(`pods ${ours}`)).to.deep.equal([]);
  });
});
