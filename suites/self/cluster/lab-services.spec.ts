import { expect } from 'chai';
import type { Cluster, Lane, ServiceRequest } from '../../../helpers/cluster/cluster.ts';
import { renderServices } from '../../../helpers/cluster/lab/services.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { Links } from '../../../helpers/probe/pods.ts';
import { linkAll, podOf, requestsFor, standing } from './lab-probes.ts';

const service = (selector: Record<string, string>, targetPort: number | string = 80): ServiceRequest => ({
  namespace: 'lane0-x',
  name: 'web',
  type: 'ClusterIP',
  selector,
  ports: [
    { protocol: 'TCP', port: 80, targetPort },
    { protocol: 'UDP', port: 80, targetPort: targetPort === 'serve-80' ? 'serve-80-udp' : targetPort },
  ],
});

const answerers = (seen: Observation[]): unknown[] =>
  [
    ...new Set(seen.map(({ outcome, answeredBy, detail }) => answeredBy ?? `${outcome} ${detail}`)),
  ].toSorted();

describe('Services in the lab', function () {
  this.timeout(30_000);
  let lab: Cluster;
  let lane: Lane;
  let links: Links;

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    lane = await lab.openLane(0, standing('x/a', 'x/b', 'x/c', 'y/a'));
    links = await linkAll(lane);
  });
  after(async () => {
    await links?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    for (const { namespace, name } of (await lane.world()).services)
      await lane.deleteService({ namespace, name });
  });

  const probe = async (from: string, repeat = 1): Promise<Observation[]> => {
    const addresses = (await lane.world()).services[0]?.addresses ?? [];
    const requests = Array.from({ length: repeat }, () => requestsFor(addresses, 300)).flat();
    return links.probe(`lane0-${from}`, requests);
  };
  it('have addresses of both families', async () => {
    await lane.createService(service({ pod: 'a' }));
    const [found] = (await lane.world()).services;
    expect(found?.addresses).to.have.length(2);
    expect(found?.addresses[0]).to.match(/^10\.96\./);
    expect(found?.addresses[1]).to.match(/^fd00:10:96::/);
  });

  it('lead to every pod behind them and to no other, from both nodes, with the true source address', async () => {
    await lane.createService(service({ pod: 'a' }));
    for (const from of ['x/b', 'y/a']) {
      const seen = await probe(from, 3);
      expect(answerers(seen)).to.deep.equal(['lane0-x/a']);
      const { addresses } = await podOf(lane, { namespace: `lane0-${from[0]}`, name: from.slice(2) });
      expect(new Set(seen.map(({ sourceSeen }) => sourceSeen))).to.deep.equal(new Set(addresses));
    }
    await lane.labelPod({ namespace: 'lane0-x', name: 'b' }, { pod: 'a' });
    expect(answerers(await probe('y/a', 20))).to.deep.equal(['lane0-x/a', 'lane0-x/b']);
    await lane.labelPod({ namespace: 'lane0-x', name: 'b' }, { pod: 'b' });
    expect(answerers(await probe('y/a', 5))).to.deep.equal(['lane0-x/a']);
  });

  it('resolve a named target port in each pod by name and protocol', async () => {
    const ports = [
      { name: 'serve-80', protocol: 'TCP' as const, port: 8080 },
      { name: 'serve-80-udp', protocol: 'UDP' as const, port: 8081 },
    ];
    await lane.createPod({ namespace: 'lane0-x', name: 'd', labels: { web: 'yes' }, ports, node: 1 });
    await lane.labelPod({ namespace: 'lane0-x', name: 'c' }, { web: 'yes' });
    await lane.createService(service({ web: 'yes' }, 'serve-80'));
    expect(answerers(await probe('y/a', 20))).to.deep.equal(['lane0-x/c', 'lane0-x/d']);
    await lane.deletePod({ namespace: 'lane0-x', name: 'd' });
    expect(answerers(await probe('y/a', 5))).to.deep.equal(['lane0-x/c']);
    await lane.labelPod({ namespace: 'lane0-x', name: 'c' }, { pod: 'c' });
  });

  it('let a pod reach itself behind one, and only so is its source another', async () => {
    await lane.createService(service({ pod: 'a' }));
    const seen = await probe('x/a');
    expect(answerers(seen)).to.deep.equal(['lane0-x/a']);
    expect(seen.map(({ sourceSeen }) => sourceSeen).join()).to.match(/^172\.30\.0\.10.*,fd00:172:30::10/);
  });

  it('answer with an ICMP error when no pod is behind them, and with silence or an error once they are gone', async () => {
    await lane.createService(service({ pod: 'none' }));
    const seen = await probe('x/a');
    expect(seen[0]).to.include({ outcome: 'refused', detail: 'ECONNREFUSED' });
    expect(seen[1]).to.include({ outcome: 'refused', detail: 'ECONNREFUSED' });
    expect(seen.map(({ outcome }) => outcome))
      .to.not.include('connected')
      .and.not.include('error');
    const addresses = (await lane.world()).services[0]?.addresses ?? [];
    await lane.deleteService({ namespace: 'lane0-x', name: 'web' });
    const gone = await links.probe('lane0-x/a', requestsFor(addresses, 200));
    expect(gone.map(({ outcome }) => outcome)).to.not.include('connected');
  });

  it('have no pods behind them without a selector, and no address where they are headless', () => {
    const pod = {
      namespace: 'x',
      name: 'a',
      labels: { pod: 'a' },
      addresses: ['10.244.0.2'],
      ports: [],
      node: 'node0',
    };
    const rendered = (selector: Record<string, string>, type: 'ClusterIP' | 'Headless'): string =>
      renderServices([{ ...service(selector), namespace: 'x', type, addresses: ['10.96.0.10'] }], [pod], 0);
    expect(rendered({ pod: 'a' }, 'ClusterIP')).to.include('ip daddr 10.96.0.10 tcp dport 80 dnat ip to');
    expect(rendered({}, 'ClusterIP'))
      .to.include('ip daddr 10.96.0.10 tcp dport 80 reject')
      .and.not.include('dnat ip to');
    expect(rendered({ pod: 'a' }, 'Headless')).to.not.include('10.96.0.10');
  });

  it('send nothing to a port whose name is right and whose protocol is not', () => {
    const ports = [{ name: 'serve', protocol: 'UDP' as const, port: 80 }];
    const pod = {
      namespace: 'lane0-x',
      name: 'a',
      labels: { pod: 'a' },
      addresses: ['10.244.0.2'],
      ports,
      node: 'node0',
    };
    const rendered = renderServices(
      [{ ...service({ pod: 'a' }, 'serve'), addresses: ['10.96.0.10'] }],
      [pod],
      0,
    );
    expect(rendered).to.include('tcp dport 80 reject').and.include('udp dport 80 dnat ip to');
  });
});
