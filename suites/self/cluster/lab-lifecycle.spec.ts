import { expect } from 'chai';
import type { Cluster, Lane } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { ClusterError } from '../../../helpers/errors.ts';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { Links } from '../../../helpers/probe/pods.ts';
import { findProcess, linkAll, podOf, ports, requestsFor, runInLab, standing, until } from './lab-probes.ts';
import { thrownBy } from '../thrown.ts';

const x = 'lane0-x';
const w = 'lane0-w';
const request = (name: string, more: object = {}, namespace = x) => ({
  ...{ namespace, name, labels: { pod: name }, ports, node: 0 },
  ...more,
});
const policy = (namespace: string): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace, name: 'p' },
  spec: {},
});
const outcomesOf = (observations: readonly Observation[]): string[] =>
  observations.map(({ outcome }) => outcome);
const all = (outcome: string): string[] => Array<string>(4).fill(outcome);

describe('What comes and goes in the lab', function () {
  this.timeout(30_000);
  let lab: Cluster;
  let lane: Lane;
  let links: Links;

  beforeEach(async function () {
    if (process.platform !== 'linux') this.skip();
    lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    lane = await lab.openLane(0, standing('x/a', 'x/b'));
    links = await linkAll(lane);
  });
  afterEach(async () => {
    await links?.[Symbol.asyncDispose]();
    await lane?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const addressesOf = async (name: string): Promise<string[]> =>
    (await podOf(lane, { namespace: x, name })).addresses;
  const namespaces = async (): Promise<string[]> => (await lane.world()).namespaces.map(({ name }) => name);

  it('is a namespace that has a name before it exists, and its labels from the first moment on', async () => {
    expect(lane.namespaceNames['w']).to.equal(w);
    expect(await namespaces()).to.deep.equal([x]);
    await lane.createNamespace(w, { ns: 'w', team: 'blue' });
    expect((await lane.world()).namespaces.at(-1)).to.deep.equal({
      name: w,
      labels: { ns: 'w', team: 'blue', 'kubernetes.io/metadata.name': w },
    });
  });

  it('is a namespace that takes all with it, and nothing of others', async () => {
    await lane.createNamespace(w, {});
    await lane.createPod(request('d', {}, w));
    await lane.applyPolicy(policy(w));
    await lane.applyPolicy(policy(x));
    const service = { name: 's', type: 'ClusterIP' as const, selector: { pod: 'a' }, ports: [] };
    await lane.createService({ ...service, namespace: w });
    await lane.createService({ ...service, namespace: x });
    const { gone } = await lane.deleteNamespace(w);
    await gone;
    const world = await lane.world();
    expect(await namespaces()).to.deep.equal([x]);
    expect(world.pods.map(({ namespace, name }) => `${namespace}/${name}`)).to.deep.equal([
      `${x}/a`,
      `${x}/b`,
    ]);
    expect(world.policies).to.deep.equal([policy(x)]);
    expect(world.services.map(({ namespace }) => namespace)).to.deep.equal([x]);
    expect(await runInLab('ip netns list')).to.not.include(w);
  });

  it('may be there again under the same name, and be told to go twice', async () => {
    for (let round = 0; round < 2; round += 1) {
      await lane.createNamespace(w, { round: String(round) });
      await lane.createPod(request('d', {}, w));
      expect((await lane.world()).namespaces.at(-1)?.labels).to.include({ round: String(round) });
      await (
        await lane.deleteNamespace(w)
      ).gone;
    }
    await (
      await lane.deleteNamespace(w)
    ).gone;
    expect(await namespaces()).to.deep.equal([x]);
  });

  it('is refused as a cluster refuses it', async () => {
    await lane.createNamespace(w, {});
    await lane.createPod(request('d'));
    const refusals = [
      () => lane.createNamespace(w, {}),
      () => lane.createNamespace('elsewhere', {}),
      () => lane.completePod({ namespace: x, name: 'd' }),
      () => lane.completePod({ namespace: x, name: 'nobody' }),
      () => lane.offerPolicy(policy(x)),
    ];
    for (const refusal of refusals)
      expect(await thrownBy(refusal), String(refusal)).to.be.instanceOf(ClusterError);
    expect(lab.lacks).to.have.property('api', 'the lab has no API server');
  });

  it('is a pod that completes: no process and no network are left, but the pod is', async () => {
    await lane.createPod(request('job', { completes: true }));
    await links.refresh((await lane.world()).pods);
    const addresses = await addressesOf('job');
    expect(outcomesOf(await links.probe(`${x}/a`, requestsFor(addresses)))).to.deep.equal(all('connected'));
    await lane.completePod({ namespace: x, name: 'job' });
    const pod = await podOf(lane, { namespace: x, name: 'job' });
    expect(pod).to.deep.include({ labels: { pod: 'job' }, addresses, phase: 'Succeeded' });
    expect(await runInLab('ip netns list')).to.not.include(`${x}.job`);
    expect(() => findProcess(/--name lane0-x\/job/)).to.throw('no process');
    const seen = await links.probe(`${x}/a`, requestsFor(addresses, 200));
    expect(outcomesOf(seen)).to.not.include('connected');
    expect(await thrownBy(() => lane.completePod({ namespace: x, name: 'job' }))).to.be.instanceOf(
      ClusterError,
    );
    await lane.deletePod({ namespace: x, name: 'job' });
    expect((await lane.world()).pods).to.have.length(2);
  });

  it('is behind no Service any more when it has completed', async () => {
    await lane.createPod(request('job', { completes: true, labels: { app: 'web' } }));
    const service = { namespace: x, name: 's', type: 'ClusterIP' as const, selector: { app: 'web' } };
    await lane.createService({ ...service, ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }] });
    const [address = ''] = (await lane.world()).services[0]?.addresses ?? [];
    const ask = async (): Promise<string> => {
      const probe = { protocol: 'TCP' as const, host: address, port: 80, deadline: 1_000 };
      return (await links.probe(`${x}/a`, [probe]))[0]?.outcome ?? '';
    };
    expect(await ask()).to.equal('connected');
    await lane.completePod({ namespace: x, name: 'job' });
    expect(await ask()).to.equal('refused');
  });

  for (const end of ['completePod', 'deletePod'] as const)
    it(`is an address that another pod is given after ${end}, and that is free again after that one`, async () => {
      await lane.createPod(request('first', { completes: true, node: 1 }));
      const addresses = await addressesOf('first');
      const heir = request('second', { node: 1, addresses });
      expect(await thrownBy(() => lane.createPod(heir))).to.be.instanceOf(ClusterError);
      await lane[end]({ namespace: x, name: 'first' });
      await lane.createPod(heir);
      await links.refresh((await lane.world()).pods.filter(({ phase }) => phase === undefined));
      expect(await addressesOf('second')).to.deep.equal(addresses);
      const seen = await links.probe(`${x}/a`, requestsFor(addresses));
      expect(seen.map(({ answeredBy }) => answeredBy)).to.deep.equal(all(`${x}/second`));
      const back = await links.probe(`${x}/second`, requestsFor(await addressesOf('b')));
      expect(back.map(({ sourceSeen }) => sourceSeen)).to.deep.equal(addresses.flatMap((own) => [own, own]));
      // The first one's end must not free what the second one has.
      await lane.deletePod({ namespace: x, name: 'first' });
      expect(await thrownBy(() => lane.createPod({ ...heir, name: 'third' }))).to.be.instanceOf(ClusterError);
      await lane.deletePod({ namespace: x, name: 'second' });
      await lane.createPod({ ...heir, name: 'third' });
    });

  it('is no address of another node or of nobody', async () => {
    const addresses = await addressesOf('b');
    await lane.deletePod({ namespace: x, name: 'b' });
    const wrong = [{ addresses, node: 0 }, { addresses: ['10.9.9.9'] }, { addresses: [] }];
    for (const more of wrong)
      expect(await thrownBy(() => lane.createPod(request('d', more)))).to.be.instanceOf(ClusterError);
    await lane.createPod(request('d', { addresses, node: 1 }));
  });
});

describe('Changes in the lab', function () {
  this.timeout(30_000);

  it('are told to the plugin one after the other, each as a state of its own', async function () {
    if (process.platform !== 'linux') this.skip();
    await using lab = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using lane = await lab.openLane(0, standing('x/a'));
    const applied = async (): Promise<number> =>
      Math.max(
        0,
        ...Object.values(await lane.evidence()).flatMap((text) =>
          [...text.matchAll(/"applied":(\d+)/g)].map(([, number]) => Number(number)),
        ),
      );
    await until('the first state is applied', async () => (await applied()) > 0);
    const before = await applied();
    await lane.applyPolicy(policy(x));
    await lane.applyPolicy({ ...policy(x), spec: { policyTypes: ['Egress'] } });
    await lane.labelPod({ namespace: x, name: 'a' }, { app: 'web' });
    await lane.deletePolicy({ kind: 'NetworkPolicy', namespace: x, name: 'p' });
    // The plugin skips states while it is busy, but it counts them.
    await until('four more states are applied', async () => (await applied()) >= before + 4);
  });
});
