import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import type { Cluster } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { ClusterError, messageOf } from '../../../helpers/errors.ts';
import { chooseLanes } from '../../../helpers/run/lanes.ts';
import { openSession } from '../../../helpers/run/session.ts';
import { loadScenarios, loadShipped } from '../../../helpers/scenario/load.ts';
import type { ScenarioPod } from '../../../helpers/scenario/scenario.ts';

describe('a session', function () {
  this.timeout(60_000);

  const loadFile = async (file: string) => (await loadScenarios(file))[0]!;
  const load = (name: string) => loadFile(`network-policy/${name}.yaml`);

  it('runs scenarios that take ports of the nodes one at a time, and others beside them', async () => {
    const [one, two] = [await load('nodes/egress-to-nodes'), await load('nodes/host-network-subject')];
    const others = [await load('nodes/own-node'), await load('isolation/default-deny-ingress')];
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using session = await openSession(cluster, { lanes: 3, settleBudgetMs: 0 }, () => {});
    session.schedule([one, two, ...others]);
    expect(session.running()).to.deep.equal([one, ...others].map(({ name }) => name));
    await session.result(one);
    for (const scenario of [one, two, ...others])
      expect((await session.result(scenario)).record.status, scenario.name).to.equal('pass');
  });

  it('runs scenarios with different hosts at one address one at a time, and shares equal hosts', async () => {
    const one = await load('ip-block/single-address');
    const other = ({ addresses: [first = ''] = [] }: ScenarioPod) => [first, '2001:db8:113::99'];
    const rival = {
      ...one,
      name: 'rival',
      pods: one.pods.map((pod) => (pod.id === 'external/b' ? { ...pod, addresses: other(pod) } : pod)),
    };
    const sharing = { ...one, name: 'sharing' };
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using session = await openSession(cluster, { lanes: 2, settleBudgetMs: 0 }, () => {});
    session.schedule([one, rival, sharing]);
    expect(session.running()).to.deep.equal([one.name, 'sharing']);
    for (const scenario of [one, rival, sharing])
      expect((await session.result(scenario)).record.status, scenario.name).to.equal('pass');
  });

  it('runs one baseline at a time, with others beside it, and policies about every namespace alone', async () => {
    const admin = (name: string) => loadFile(`admin/${name}.yaml`);
    const [one, two] = [await admin('rules/baseline-order'), await admin('rules/baseline-named-port')];
    const [wide, other] = [await admin('subjects/every-namespace'), await load('nodes/own-node')];
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using session = await openSession(cluster, { lanes: 4, settleBudgetMs: 0 }, () => {});
    session.schedule([wide, one, two, other]);
    expect(session.running()).to.deep.equal([one, other].map(({ name }) => name));
    await session.result(two);
    for (const scenario of [wide, one, two, other])
      expect((await session.result(scenario)).record.status, scenario.name).to.equal('pass');
  });

  it('lets nobody ask for nodes while another relabels them', async () => {
    const admin = (name: string) => loadFile(`admin/nodes/${name}.yaml`);
    const one = await admin('relabel');
    const asking = { ...(await admin('by-label')), pods: one.pods.filter(({ hostNetwork }) => !hostNetwork) };
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using session = await openSession(cluster, { lanes: 2, settleBudgetMs: 0 }, () => {});
    session.schedule([one, asking]);
    expect(session.running()).to.deep.equal([one.name]);
    expect((await session.result(one)).record.status).to.equal('pass');
  });

  it('begins with what has to wait for the end of a namespace', async () => {
    const first = await load('isolation/default-deny-ingress');
    const slow = await load('lifecycle/namespace-comes-back');
    const cluster = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    await using session = await openSession(cluster, { lanes: 1, settleBudgetMs: 0 }, () => {});
    session.schedule([first, slow]);
    expect(session.running()).to.deep.equal([slow.name]);
    expect((await session.result(first)).record.status).to.equal('pass');
  });

  it('gives up after the fourth failure in a row of the cluster, which is a result like the others', async () => {
    const scenarios = (await loadScenarios('network-policy/isolation')).slice(0, 6);
    const lab = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
    const gone: Cluster = {
      ...lab,
      openLane: async (...lane) => ({
        ...(await lab.openLane(...lane)),
        applyPolicy: async () => {
          throw new ClusterError({ subject: 'the cluster went away' });
        },
      }),
    };
    await using session = await openSession(gone, { lanes: 1, settleBudgetMs: 0 }, () => {});
    session.schedule(scenarios);
    const results = await Promise.allSettled(scenarios.map((scenario) => session.result(scenario)));
    expect(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value.record.status : messageOf(result.reason),
      ),
    ).to.deep.equal([
      ...Array<string>(4).fill('error'),
      ...Array<string>(2).fill('the cluster failed 4 times in a row'),
    ]);
  });
});

describe('chooseLanes', () => {
  const kind = { maximumLanes: 4 };
  const small = { maximumLanes: 2 };

  it('opens lanes by processors where nobody asked, and none that few scenarios do not pay for', () => {
    const all = Math.min(4, 2 * availableParallelism());
    expect(chooseLanes(kind, { lanes: 0 })).to.equal(all);
    expect(chooseLanes(kind, { lanes: 0, scenarios: 200 })).to.equal(all);
    expect(chooseLanes(kind, { lanes: 0, scenarios: 9 })).to.equal(2);
    expect(chooseLanes(kind, { lanes: 0, scenarios: 8 })).to.equal(1);
    expect(chooseLanes(kind, { lanes: 0, scenarios: 0 })).to.equal(1);
    expect(chooseLanes(small, { lanes: 0 })).to.equal(2);
  });

  it('opens as many as were asked for, but no more than scenarios and than the cluster bears', () => {
    expect(chooseLanes(kind, { lanes: 3, scenarios: 5 })).to.equal(3);
    expect(chooseLanes(kind, { lanes: 3, scenarios: 2 })).to.equal(2);
    expect(chooseLanes(kind, { lanes: 9, scenarios: 200 })).to.equal(4);
  });
});

describe('the hosts of the shipped scenarios', () => {
  it('have no address in common, so that lanes never wait for each other', async () => {
    const pods = (await loadShipped()).flatMap((scenario) => scenario.pods);
    const hosts = new Map<string, string>();
    for (const { id, addresses = [], ports } of pods)
      for (const address of addresses) {
        const host = JSON.stringify([id, addresses, ports]);
        expect(hosts.get(address) ?? host, address).to.equal(host);
        hosts.set(address, host);
      }
    expect(hosts.size).to.be.greaterThan(20);
  });
});
