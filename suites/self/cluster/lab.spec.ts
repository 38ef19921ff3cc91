import { expect } from 'chai';
import { noNextPlugin, type Cluster, type Lane } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { ClusterError } from '../../../helpers/errors.ts';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { Links } from '../../../helpers/probe/pods.ts';
import {
  findProcess,
  linkAll,
  nine,
  podOf,
  ports,
  probeMesh,
  requestsFor,
  runInLab,
  until,
} from './lab-probes.ts';
import { thrownBy } from '../thrown.ts';

const outcomesOf = (observations: readonly Observation[]): string[] =>
  observations.map(({ outcome }) => outcome);
const all = (outcome: string): string[] => Array<string>(4).fill(outcome);
const drop = (address: string): string => `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} drop`;
const realName = (id: string) => {
  const [namespace, name = ''] = id.split('/');
  return { namespace: `lane0-${namespace}`, name };
};

describe('The lab', function () {
  this.timeout(30_000);
  let lab: Cluster;
  let lane: Lane;
  let links: Links;

  const probe = async (from: string, to: string, deadline?: number): Promise<Observation[]> => {
    const { addresses } = await podOf(lane, realName(to));
    return links.probe(`lane0-${from}`, requestsFor(addresses, deadline));
  };

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    lane = await lab.openLane(0, nine);
    links = await linkAll(lane);
  });
  after(async () => {
    await links?.[Symbol.asyncDispose]();
    await lane?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it('says what it is and what it lacks', () => {
    expect(lab.environment).to.deep.include({
      provider: 'lab',
      plugin: 'none',
      families: ['IPv4', 'IPv6'],
      nodes: 2,
    });
    const { versions } = lab.environment;
    expect(versions).to.have.all.keys('kernel', 'node', 'nft', 'iproute2');
    for (const version of Object.values(versions)) expect(version).to.match(/^\d/);
    expect(lab.lacks).to.deep.equal({
      kubelet: 'the lab has no kubelet',
      'service-names': 'the lab has no DNS',
      api: 'the lab has no API server',
      'node-operations': 'the nodes of the lab do not boot',
      'api-server-operations': 'the lab has no API server',
      'plugin-upgrade': noNextPlugin,
    });
  });

  it('gives the lane its own namespaces with the labels of any lane', async () => {
    const { namespaces, pods } = await lane.world();
    expect(lane.namespaceNames).to.include({ x: 'lane0-x', y: 'lane0-y', z: 'lane0-z' });
    expect(namespaces[1]).to.deep.equal({
      name: 'lane0-y',
      labels: { ns: 'y', 'kubernetes.io/metadata.name': 'lane0-y' },
    });
    expect(pods.map(({ node }) => node)).to.deep.equal(nine.map(({ node }) => `node${node}`));
  });

  it('carries TCP and UDP of both families from every pod to every pod, with true source addresses', async () => {
    expect(await probeMesh(lane, links)).to.deep.equal({ connected: 9 * 9 * 2 * 2 });
  });

  it('shows every packet of its pods to the forward hook of their node', async () => {
    const { addresses } = await podOf(lane, realName('x/c'));
    const rules = addresses.map(drop).join('\n');
    await runInLab(`ip netns exec node0 nft -f - <<'END'
table inet hand {
chain forward {
type filter hook forward priority 0; policy accept;
${rules}
}
}
END`);
    // x/a and x/c are on one node, x/b on the other.
    expect(outcomesOf(await probe('x/a', 'x/c', 150))).to.deep.equal(all('dropped'));
    expect(outcomesOf(await probe('x/b', 'x/c', 150))).to.deep.equal(all('dropped'));
    expect(outcomesOf(await probe('x/a', 'x/b'))).to.deep.equal(all('connected'));
    await runInLab('ip netns exec node0 nft delete table inet hand');
    expect(outcomesOf(await probe('x/a', 'x/c'))).to.deep.equal(all('connected'));
  });

  it('tells a refusal from a drop', async () => {
    const { addresses } = await podOf(lane, realName('x/b'));
    const [four = '', six = ''] = addresses;
    await runInLab(`ip netns exec node1 nft -f - <<'END'
table inet hand {
chain forward {
type filter hook forward priority 0; policy accept;
ip daddr ${four} tcp dport 80 reject with tcp reset
ip6 daddr ${six} tcp dport 80 reject with tcp reset
ip daddr ${four} udp dport 80 reject
ip6 daddr ${six} udp dport 80 reject
}
}
END`);
    // More than the kernel's usual budget of ICMP errors.
    for (let round = 0; round < 20; round += 1)
      expect(outcomesOf(await probe('x/a', 'x/b', 300))).to.deep.equal(all('refused'));
    await runInLab('ip netns exec node1 nft delete table inet hand');
  });

  it('has no way out', async () => {
    const seen = await links.probe('lane0-x/a', requestsFor(['198.51.100.1', '2001:db8:51::1'], 200));
    expect(outcomesOf(seen)).to.not.include('connected');
    const routes = await runInLab('ip -n node0 route; ip -n node0 -6 route; ip -br link');
    expect(routes).to.not.include('default');
    expect(routes.match(/^\S+/gm)).to.include('lo').and.not.include('eth0');
  });

  it('creates and really removes pods, and gives no address again soon', async () => {
    await lane.createPod({ ...realName('x/new'), labels: { pod: 'new' }, ports, node: 0 });
    await links.refresh((await lane.world()).pods);
    const first = await podOf(lane, realName('x/new'));
    expect(first.node).to.equal('node0');
    expect(outcomesOf(await probe('x/b', 'x/new'))).to.deep.equal(all('connected'));
    expect(outcomesOf(await probe('x/new', 'x/b'))).to.deep.equal(all('connected'));
    await lane.deletePod(realName('x/new'));
    await links.refresh((await lane.world()).pods);
    expect((await lane.world()).pods).to.have.length(9);
    expect(await runInLab('ip netns list')).to.not.include('lane0-x.new');
    expect(() => findProcess(/--name lane0-x\/new/)).to.throw('no process');
    const after = await links.probe('lane0-x/b', requestsFor(first.addresses, 200));
    expect(outcomesOf(after)).to.not.include('connected');
    await lane.createPod({ ...realName('x/new'), labels: {}, ports: [], node: 2 });
    const second = await podOf(lane, realName('x/new'));
    expect(second.node).to.equal('node0');
    expect(second.addresses.filter((address) => first.addresses.includes(address))).to.deep.equal([]);
    await lane.deletePod(realName('x/new'));
  });

  it('keeps labels exactly as they are set, beside the name of the namespace', async () => {
    await lane.labelNamespace('lane0-z', { team: 'red' });
    await lane.labelPod(realName('z/a'), { app: 'web' });
    const { namespaces, pods } = await lane.world();
    const name = { 'kubernetes.io/metadata.name': 'lane0-z' };
    expect(namespaces.find((found) => found.name === 'lane0-z')?.labels).to.deep.equal({
      team: 'red',
      ...name,
    });
    expect(pods.find((found) => found.namespace === 'lane0-z' && found.name === 'a')?.labels).to.deep.equal({
      app: 'web',
    });
    await lane.labelNamespace('lane0-z', { ns: 'z' });
    await lane.labelPod(realName('z/a'), { pod: 'a' });
  });

  it('gives nodes our labels beside their own, and takes them away again', async () => {
    const labelsOf = async () => (await lane.world()).nodes?.map(({ labels }) => labels) ?? [];
    const before = await labelsOf();
    await lane.labelNode(1, { 'netpol-conformance/zone': 'gate' });
    expect(await labelsOf()).to.deep.equal([before[0], { ...before[1], 'netpol-conformance/zone': 'gate' }]);
    await lane.labelNode(1, {});
    expect(await labelsOf()).to.deep.equal(before);
  });

  it('keeps policies whole, and hands out snapshots that nobody can change', async () => {
    const policy: NetworkPolicy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'lane0-x', name: 'one' },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
    };
    await lane.applyPolicy(policy);
    const before = await lane.world();
    before.policies[0]!.spec = {};
    expect((await lane.world()).policies).to.deep.equal([policy]);
    await lane.deletePolicy({ kind: 'NetworkPolicy', namespace: 'lane0-x', name: 'one' });
    expect((await lane.world()).policies).to.deep.equal([]);
  });

  it('refuses what a cluster refuses', async () => {
    const refusals = [
      () => lane.createPod({ ...realName('x/a'), labels: {}, ports: [], node: 0 }),
      () => lane.createPod({ namespace: 'nowhere', name: 'a', labels: {}, ports: [], node: 0 }),
      () => lane.deleteExternalHost(realName('x/a')),
      () => lane.createExternalHost({ namespace: 'external', name: 'a', addresses: ['x'], ports: [] }),
      () => lane.labelPod(realName('x/none'), {}),
      () => lane.labelNamespace('nowhere', {}),
      async () => lane.connect(realName('x/none')),
      () => lab.openLane(0, []),
      () => lab.openLane(4, []),
    ];
    for (const refusal of refusals)
      expect(await thrownBy(refusal), String(refusal)).to.be.instanceOf(ClusterError);
    expect((await lane.world()).pods).to.have.length(9);
  });

  it('takes the deletion of what is not there for done, as a cluster does not mind it either', async () => {
    await lane.deletePod(realName('x/none'));
    await lane.deleteExternalHost(realName('external/none'));
    await lane.deletePolicy({ kind: 'NetworkPolicy', ...realName('x/none') });
    await lane.deleteService(realName('x/none'));
    expect((await lane.world()).pods).to.have.length(9);
  });

  it('calls the probes of a killed agent errors, and starts it again for the next', async () => {
    const silence = links.probe('lane0-y/c', requestsFor(['198.51.100.1'], 20_000));
    process.kill(findProcess(/node\S* \S+agent.mjs serve\+probe --name lane0-y\/c/).pid, 'SIGKILL');
    expect(outcomesOf(await silence)).to.deep.equal(['error', 'error']);
    await until('the agent answers again', async () => {
      const seen = outcomesOf(await probe('y/c', 'x/a'));
      expect(seen).to.satisfy(() => seen.every((outcome) => outcome === 'error' || outcome === 'connected'));
      return seen.every((outcome) => outcome === 'connected');
    });
    expect((await lane.evidence())['agent-lane0-y-c.log']).to.include('SIGKILL');
  });

  it('ends the older of two streams to one agent and leaves the agent alive', async () => {
    const older = await lane.connect(realName('z/c'));
    const newer = await lane.connect(realName('z/c'));
    expect(await older.closed).to.equal('another stream took its place');
    const lines: string[] = [];
    newer.onLine((line) => lines.push(line));
    expect(lines[0]).to.include('"name":"lane0-z/c"');
    newer.send('{"id":1,"probes":[]}');
    await until('the agent answers', () => lines.includes('{"id":1,"results":[]}'));
    newer.close();
    expect(await newer.closed).to.equal('closed');
    expect(outcomesOf(await probe('x/a', 'z/c'))).to.deep.equal(all('connected'));
  });
});
