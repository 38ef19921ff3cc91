import { expect } from 'chai';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { openSession } from '../../../helpers/run/session.ts';
import { loadScenarios } from '../../../helpers/scenario/load.ts';

describe('a session', function () {
  this.timeout(60_000);

  it('runs scenarios that take ports of the nodes one at a time, and others beside them', async function () {
    if (process.platform !== 'linux') this.skip();
    const load = async (name: string) => (await loadScenarios(`network-policy/${name}.yaml`))[0]!;
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
});
