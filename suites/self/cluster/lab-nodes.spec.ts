import { expect } from 'chai';
import type { Cluster, Lane, PodRequest, ServiceRequest } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { ClusterError } from '../../../helpers/errors.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { Links } from '../../../helpers/probe/pods.ts';
import { linkAll, podOf, standing } from './lab-probes.ts';

const x = 'lane0-x';
const ports = [
  { protocol: 'TCP' as const, port: 18_080 },
  { protocol: 'UDP' as const, port: 18_080 },
];
const host = (name: string, node: number): PodRequest => ({
  namespace: x,
  name,
  labels: { pod: name },
  ports,
  node,
  hostNetwork: true,
});
const web = (selector: Record<string, string>): ServiceRequest => ({
  namespace: x,
  name: 'web',
  type: 'NodePort',
  selector,
  ports: [
    { protocol: 'TCP', port: 8080, targetPort: 80 },
    { protocol: 'UDP', port: 8080, targetPort: 'serve-80-udp' },
  ],
});

describe('nodes in the lab', function () {
  this.timeout(30_000);
  let lab: Cluster;
  let lane: Lane;
  let links: Links;

  beforeEach(async function () {
    if (process.platform !== 'linux') this.skip();
    lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    lane = await lab.openLane(0, standing('x/a', 'x/b', 'x/c'));
    links = await linkAll(lane);
  });
  afterEach(async () => {
    await links?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const ask = (from: string, addresses: readonly string[], port: number): Promise<Observation[]> =>
    links.probe(
      `${x}/${from}`,
      addresses.flatMap((address) =>
        (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, host: address, port, deadline: 400 })),
      ),
    );
  const addressesOf = async (name: string): Promise<string[]> =>
    (await podOf(lane, { namespace: x, name })).addresses;
  const nodeAddresses = async (node: number): Promise<string[]> =>
    (await lane.world()).nodes?.[node]?.addresses ?? [];
  const seen = (all: Observation[], key: 'answeredBy' | 'sourceSeen'): unknown[] =>
    all.map((observation) => observation[key] ?? observation.outcome);

  it('are what a pod in the host network is: it has their addresses, asks from them and answers at them', async () => {
    await lane.createPod(host('h', 0));
    await lane.createPod(host('i', 1));
    await links.refresh((await lane.world()).pods);
    const [h, i] = [await nodeAddresses(0), await nodeAddresses(1)];
    expect(await podOf(lane, { namespace: x, name: 'h' })).to.deep.include({
      addresses: h,
      node: 'node0',
      hostNetwork: true,
    });
    expect(seen(await ask('a', [...h, ...i], 18_080), 'answeredBy')).to.deep.equal([
      ...Array<string>(4).fill(`${x}/h`),
      ...Array<string>(4).fill(`${x}/i`),
    ]);
    expect(seen(await ask('h', await addressesOf('b'), 80), 'sourceSeen')).to.deep.equal(
      h.flatMap((address) => [address, address]),
    );
    expect(seen(await ask('h', i, 18_080), 'answeredBy')).to.deep.equal(Array(4).fill(`${x}/i`));
  });

  it('give a port to one pod at a time, and say that it is taken', async () => {
    await lane.createPod(host('h', 0));
    const error = await lane.createPod(host('i', 0)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ClusterError);
    expect(String(error)).to.include('EADDRINUSE').and.include('give the pod another one');
    expect((await lane.world()).pods.map(({ name }) => name)).to.not.include('i');
    // One that is going may take a moment: its successor waits for it.
    await Promise.all([lane.createPod(host('i', 0)), lane.deletePod({ namespace: x, name: 'h' })]);
    await links.refresh((await lane.world()).pods);
    expect(seen(await ask('c', await nodeAddresses(0), 18_080), 'answeredBy')).to.include(`${x}/i`);
  });

  it('lead from their ports to the pods behind a Service, as if they asked themselves', async () => {
    await lane.createService(web({ pod: 'a' }));
    const [service] = (await lane.world()).services;
    const [tcp, udp] = service?.ports ?? [];
    expect([tcp?.nodePort, udp?.nodePort].every((port) => port !== undefined && port >= 30_000)).to.equal(
      true,
    );
    expect(tcp?.nodePort).to.not.equal(udp?.nodePort);
    for (const [node, from] of [0, 1].flatMap((node) =>
      ['a', 'b', 'c'].map((from) => [node, from] as const),
    )) {
      const addresses = await nodeAddresses(node);
      const requests = addresses.flatMap((address) => [
        { protocol: 'TCP' as const, host: address, port: tcp?.nodePort ?? 0, deadline: 400 },
        { protocol: 'UDP' as const, host: address, port: udp?.nodePort ?? 0, deadline: 400 },
      ]);
      const answers = await links.probe(`${x}/${from}`, requests);
      const place = `x/${from} at node${node}`;
      expect(seen(answers, 'answeredBy'), place).to.deep.equal(Array(4).fill(`${x}/a`));
      expect(seen(answers, 'sourceSeen'), place).to.deep.equal(
        addresses.flatMap((address) => [address, address]),
      );
    }
    await lane.labelPod({ namespace: x, name: 'a' }, { pod: 'none' });
    const refused = await ask('b', await nodeAddresses(0), tcp?.nodePort ?? 0);
    expect(refused[0]).to.include({ outcome: 'refused' });
    expect(seen(refused, 'answeredBy')).to.not.include(`${x}/a`);
    await lane.deleteService({ namespace: x, name: 'web' });
    await lane.createService(web({ pod: 'b' }));
    expect((await lane.world()).services[0]?.ports[0]?.nodePort).to.not.equal(tcp?.nodePort);
  });

  it('ask Services themselves, by their address and at both nodes', async () => {
    await lane.createPod(host('h', 0));
    await links.refresh((await lane.world()).pods);
    await lane.createService(web({ pod: 'b' }));
    const [service] = (await lane.world()).services;
    const own = await nodeAddresses(0);
    const byAddress = await ask('h', service?.addresses ?? [], 8080);
    expect(seen(byAddress, 'answeredBy')).to.deep.equal(Array(4).fill(`${x}/b`));
    expect(seen(byAddress, 'sourceSeen')).to.deep.equal(own.flatMap((address) => [address, address]));
    for (const node of [0, 1]) {
      const requests = (await nodeAddresses(node)).map((address) => ({
        protocol: 'TCP' as const,
        host: address,
        port: service?.ports[0]?.nodePort ?? 0,
        deadline: 400,
      }));
      const answers = await links.probe(`${x}/h`, requests);
      expect(seen(answers, 'answeredBy'), `node${node}`).to.deep.equal(Array(2).fill(`${x}/b`));
    }
  });
});
