import { expect } from 'chai';
import type { Cluster } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import type { AdminPolicy, Labels, LabelSelector } from '../../../helpers/kube/types.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';
import { openSession } from '../../../helpers/run/session.ts';
import { loadScenarios } from '../../../helpers/scenario/load.ts';

const allow = (namespaces: LabelSelector): AdminPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name: 'platform' },
  spec: {
    priority: 10,
    subject: { namespaces },
    ingress: [{ action: 'Allow', from: [{ namespaces: {} }] }],
  },
});

const elsewhere = allow({ matchLabels: { ns: 'elsewhere' } });

/** How a scenario ends with a plugin that does nothing, where others have these policies. */
const proveBeside = async (others: AdminPolicy[], ownLabels: Labels = {}): Promise<CaseRecord> => {
  const [scenario] = await loadScenarios('network-policy/isolation/default-deny-ingress.yaml');
  if (scenario === undefined) throw new Error('the scenario is gone');
  const lab = await startLab({ run: 'self', plugin: 'none', log: () => {} });
  const shared: Cluster = {
    ...lab,
    openLane: async (...lane) => ({
      ...(await lab.openLane(...lane)),
      others: async () => others,
      ownLabels,
    }),
  };
  await using session = await openSession(shared, { lanes: 1, settleBudgetMs: 300 }, () => {});
  session.schedule([scenario]);
  return (await session.result(scenario)).record;
};

describe("somebody else's policies of the admin tiers", function () {
  this.timeout(60_000);

  it('are an error before a plugin is blamed, where they select pods of the run', async () => {
    const { status, message } = await proveBeside([elsewhere, allow({ matchLabels: { ns: 'x' } })]);
    expect(status, message).to.equal('error');
    expect(message).to.include('got:    AdminNetworkPolicy platform\n');
  });

  it('are asked by all labels of the namespaces, as the plugin sees them', async () => {
    const run = 'netpol-conformance/run';
    const others = [allow({ matchExpressions: [{ key: run, operator: 'DoesNotExist' }] })];
    expect((await proveBeside(others, { [run]: '1' })).status).to.equal('fail');
    expect((await proveBeside(others)).status).to.equal('error');
  });

  it('take no blame from it where they select others', async () => {
    expect((await proveBeside([elsewhere])).status).to.equal('fail');
  });
});
