import { expect } from 'chai';
import { watchCluster } from '../../../helpers/reference/watch.ts';
import { until } from '../waiting.ts';
import { startServer, type Watch } from './api-server.ts';
import type { State } from '../../../helpers/reference/state.ts';

const podPath = '/api/v1/pods';
const createPod = (name: string, phase = 'Running') => ({
  metadata: { namespace: 'x', name, labels: { pod: name }, resourceVersion: '9' },
  spec: { nodeName: 'node0', containers: [{ ports: [{ name: 'web', containerPort: 80 }] }, {}] },
  status: { phase, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
});

describe('reference watch', function () {
  this.timeout(15_000);

  let rig: Awaited<ReturnType<typeof startServer>>;
  let states: State[];
  let failures: string[];
  let stop: AbortController;
  let watching: Promise<void>;

  const podNames = (): string[] | undefined => states.at(-1)?.pods.map(({ name }) => name);
  const podWatches = (): Watch[] => rig.watches.filter(({ path }) => path === podPath);
  const send = (type: string, object: object): void =>
    void podWatches()
      .at(-1)
      ?.response.write(`${JSON.stringify({ type, object })}\n`);
  const begin = (): void => {
    watching = watchCluster({
      server: { url: rig.url, token: () => 'secret', authority: () => undefined },
      signal: stop.signal,
      pauses: { first: 5, longest: 20, absent: 10 },
      onState: (state) => states.push(state),
      onFailure: (message) => failures.push(message),
    });
  };

  beforeEach(async () => {
    rig = await startServer();
    states = [];
    failures = [];
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await watching;
    await rig.stop();
  });

  it('reads whole lists, page by page, with the token', async () => {
    rig.objects[podPath] = ['a', 'b', 'c', 'd', 'e'].map((name) => createPod(name));
    begin();
    await until(() => states.length > 0);
    expect(podNames()).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    expect(states[0]?.pods[0]).to.deep.equal({
      namespace: 'x',
      name: 'a',
      labels: { pod: 'a' },
      addresses: ['10.0.0.1', 'fd00::1'],
      ports: [{ name: 'web', protocol: 'TCP', port: 80 }],
      node: 'node0',
      hostNetwork: false,
    });
    expect(rig.asked).to.include(`Bearer secret ${podPath}`);
  });

  it('follows events, also in pieces, and is silent about those that change nothing for us', async () => {
    begin();
    await until(() => podWatches().length === 1 && states.length === 1);
    expect(podWatches()[0]?.version).to.equal('7');
    send('ADDED', createPod('a'));
    await until(() => states.length === 2);
    send('MODIFIED', { ...createPod('a'), status: { ...createPod('a').status, conditions: ['beat'] } });
    const text = `${JSON.stringify({ type: 'ADDED', object: createPod('b') })}\n`;
    podWatches()[0]?.response.write(text.slice(0, 40));
    await new Promise((resolve) => setImmediate(resolve));
    podWatches()[0]?.response.write(text.slice(40));
    await until(() => podNames()?.length === 2);
    expect(states).to.have.lengthOf(3);
    send('DELETED', createPod('a'));
    await until(() => podNames()?.length === 1);
    expect(podNames()).to.deep.equal(['b']);
  });

  it('says of a pod that it has ended, because its address may be used again', async () => {
    const phases = () => states.at(-1)?.pods.map(({ phase }) => phase);
    rig.objects[podPath] = [createPod('a'), createPod('done', 'Succeeded')];
    begin();
    await until(() => podWatches().length === 1 && states.length === 1);
    expect(podNames()).to.deep.equal(['a', 'done']);
    expect(phases()).to.deep.equal([undefined, 'Succeeded']);
    send('MODIFIED', createPod('a', 'Failed'));
    await until(() => phases()?.includes('Failed') === true);
  });

  it('goes on after a cut connection from where it was, without a new list', async () => {
    begin();
    await until(() => podWatches().length === 1);
    send('BOOKMARK', { metadata: { resourceVersion: '42' } });
    send('ADDED', { ...createPod('a'), metadata: { ...createPod('a').metadata, resourceVersion: '43' } });
    await until(() => podNames()?.length === 1);
    podWatches()[0]?.response.destroy();
    await until(() => podWatches().length === 2);
    expect(podWatches()[1]?.version).to.equal('43');
    expect(rig.asked.filter((line) => line.endsWith(podPath))).to.have.lengthOf(1);
    expect(failures.join()).to.include(`${podPath}?watch=true`).and.to.include('the connection was cut');
  });

  it('lists anew when its version is gone (410), and holds the old state until the list is there', async () => {
    rig.objects[podPath] = [createPod('a')];
    begin();
    await until(() => podWatches().length === 1);
    rig.objects[podPath] = [createPod('b')];
    send('ERROR', { code: 410, metadata: {} });
    await until(() => podNames()?.[0] === 'b');
    expect(states.map(({ pods }) => pods.map(({ name }) => name))).to.deep.equal([['a'], ['b']]);
    await until(() => podWatches().length === 2);
    expect(failures).to.deep.equal([]);
  });

  it('reports nothing while the server refuses, says so, and comes back', async () => {
    rig.status.code = 503;
    begin();
    await until(() => failures.length > 8);
    expect(states).to.deep.equal([]);
    expect(failures.join()).to.include('the API server answered 503');
    expect(failures.join()).to.not.include('secret');
    rig.status.code = 200;
    await until(() => states.length === 1);
  });

  describe('of the policies of tiers', () => {
    const paths = {
      admin: '/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies',
      baseline: '/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies',
      cluster: '/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies',
    };
    const createTierPolicy = (name: string, generation = 1) => ({
      metadata: { name, uid: `uid-${name}`, generation, resourceVersion: '9' },
      spec: { priority: generation, subject: { namespaces: {} } },
      status: { conditions: [] },
    });
    const named = (): string[] | undefined =>
      states.at(-1)?.adminPolicies.map(({ metadata }) => metadata.name);

    it('reads all kinds, with the labels of nodes', async () => {
      rig.objects[paths.admin] = [createTierPolicy('a')];
      rig.objects[paths.baseline] = [createTierPolicy('default')];
      rig.objects[paths.cluster] = [createTierPolicy('c')];
      rig.objects['/api/v1/nodes'] = [{ metadata: { name: 'node0', labels: { zone: 'a' } } }];
      begin();
      await until(() => states.length > 0);
      expect(states[0]?.nodes[0]?.labels).to.deep.equal({ zone: 'a' });
      expect(named()).to.deep.equal(['a', 'default', 'c']);
      expect(states[0]?.adminPolicies[2]).to.deep.equal({
        apiVersion: 'policy.networking.k8s.io/v1alpha2',
        kind: 'ClusterNetworkPolicy',
        metadata: { name: 'c', uid: 'uid-c', generation: 1 },
        spec: { priority: 1, subject: { namespaces: {} } },
      });
    });

    it('takes a kind that is not there for one without objects, silently, and finds it when it comes', async () => {
      for (const path of Object.values(paths)) rig.missing.add(path);
      begin();
      await until(() => states.length === 1);
      expect(named()).to.deep.equal([]);
      rig.objects[paths.cluster] = [createTierPolicy('c')];
      rig.missing.delete(paths.cluster);
      await until(() => named()?.length === 1);
      expect(failures).to.deep.equal([]);
      expect(states).to.have.lengthOf(2);
    });

    it('drops the policies of a kind that goes, but not for one answer', async () => {
      const looks = (): number => rig.asked.filter((line) => line.endsWith(paths.admin)).length;
      rig.objects[paths.admin] = [createTierPolicy('a')];
      begin();
      const watched = () => rig.watches.find(({ path }) => path === paths.admin);
      await until(() => named()?.length === 1 && watched() !== undefined);
      rig.missing.add(paths.admin);
      watched()?.response.end();
      await until(() => named()?.length === 0);
      expect(looks()).to.be.at.least(2);
      expect(failures).to.deep.equal([]);
    });

    it('is silent about a status', async () => {
      rig.objects[paths.cluster] = [createTierPolicy('c')];
      begin();
      const watched = () => rig.watches.find(({ path }) => path === paths.cluster);
      await until(() => states.length === 1 && watched() !== undefined);
      const object = { ...createTierPolicy('c'), status: { conditions: [{ type: 'Ready-In-Zone-node0' }] } };
      const changed = createTierPolicy('c', 2);
      for (const each of [object, changed])
        watched()?.response.write(`${JSON.stringify({ type: 'MODIFIED', object: each })}\n`);
      await until(() => states.at(-1)?.adminPolicies[0]?.metadata.generation === 2);
      expect(states).to.have.lengthOf(2);
    });
  });
});
