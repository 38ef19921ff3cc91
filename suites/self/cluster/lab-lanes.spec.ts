import { expect } from 'chai';
import type { Cluster, Lane } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { ClusterError } from '../../../helpers/errors.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { Links } from '../../../helpers/probe/pods.ts';
import { linkAll, podOf, ports, probeMesh, requestsFor, runInLab, standing, until } from './lab-probes.ts';

const outcomesOf = (observations: readonly Observation[]): string[] =>
  observations.map(({ outcome }) => outcome);
const all = (outcome: string): string[] => Array<string>(4).fill(outcome);
const realName = (id: string) => {
  const [namespace, name = ''] = id.split('/');
  return { namespace: `lane0-${namespace}`, name };
};
const twice = <Item>(item: Item): Item[] => [item, item];

describe('Lanes of the lab', function () {
  this.timeout(30_000);
  let lab: Cluster;
  let lane: Lane;
  let links: Links;

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    lane = await lab.openLane(0, standing('x/a', 'x/b'));
    links = await linkAll(lane);
  });
  after(async () => {
    await links?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it('reaches external hosts both ways with true addresses, and lanes have their own at one address', async () => {
    const request = {
      namespace: 'external',
      name: 'a',
      addresses: ['203.0.113.10', '2001:DB8:113:0::10'],
      ports,
    };
    await using other = await lab.openLane(1, standing('x/a', 'x/b'));
    await using otherLinks = await linkAll(other);
    await lane.createExternalHost(request);
    await other.createExternalHost({ ...request, ports: [] });
    const host = (await lane.world()).pods.find(({ external }) => external);
    expect(host?.addresses).to.deep.equal(['203.0.113.10', '2001:db8:113::10']);
    await links.refresh((await lane.world()).pods);
    for (const id of ['x/a', 'x/b']) {
      const { addresses } = await podOf(lane, realName(id));
      const out = await links.probe(`lane0-${id}`, requestsFor(host?.addresses ?? []));
      expect(
        out.map(({ outcome, answeredBy, sourceSeen }) => [outcome, answeredBy, sourceSeen]),
      ).to.deep.equal(addresses.flatMap((own) => twice(['connected', 'external/a', own])));
      const back = await links.probe('external/a', requestsFor(addresses));
      expect(back.map(({ outcome, sourceSeen }) => [outcome, sourceSeen])).to.deep.equal(
        (host?.addresses ?? []).flatMap((own) => twice(['connected', own])),
      );
      // The other lane's host of this address serves nothing.
      expect(
        outcomesOf(await otherLinks.probe(`lane1-${id}`, requestsFor(host?.addresses ?? []))),
      ).to.deep.equal(all('refused'));
    }
    await lane.deleteExternalHost({ namespace: 'external', name: 'a' });
    await links.refresh((await lane.world()).pods);
    const gone = await links.probe('lane0-x/a', requestsFor(host?.addresses ?? [], 200));
    expect(outcomesOf(gone)).to.not.include('connected');
  });

  it('opens a lane again after it was closed, and closing leaves nothing of it', async () => {
    for (let round = 0; round < 2; round += 1) {
      await using other = await lab.openLane(2, standing('x/a'));
      await other.createExternalHost({
        namespace: 'external',
        name: 'a',
        addresses: ['203.0.113.10'],
        ports,
      });
      expect((await other.world()).pods.map(({ namespace }) => namespace)).to.deep.equal([
        'lane2-x',
        'external',
      ]);
      expect(await runInLab('ip netns list; ip -n node0 rule'))
        .to.include('lane2-x.a')
        .and.include('lookup 102');
    }
    await until('nothing of lane 2 is left', async () => {
      const left = await runInLab(
        ['ip netns list', 'ip -n fabric link', 'ip -n node0 rule', 'ip -n node0 route show table all'].join(
          '\n',
        ),
      );
      return !/lane2|lookup 102|table 102|^\d+: h\d+@/m.test(left);
    });
  });

  it('rolls a lane back that cannot open, so that it can be opened again', async () => {
    const thrown = await lab.openLane(3, standing('x/a', 'x/b', 'x/a')).catch((error: unknown) => error);
    expect(thrown)
      .to.be.instanceOf(ClusterError)
      .with.property('message')
      .that.includes('lane3-x/a exists already');
    await using other = await lab.openLane(3, standing('x/a'));
    expect((await other.world()).pods).to.have.length(1);
  });

  it('carries the mesh of four lanes at once', async () => {
    const ids = [1, 2, 3];
    const lanes = await Promise.all(ids.map((index) => lab.openLane(index, standing('x/a', 'x/b'))));
    const counts = await Promise.all(
      lanes.map(async (one) => {
        await using own = await linkAll(one);
        return await probeMesh(one, own);
      }),
    );
    expect(counts).to.deep.equal(ids.map(() => ({ connected: 16 })));
    await Promise.all(lanes.map((one) => one[Symbol.asyncDispose]()));
  });
});
