import { expect } from 'chai';
import type { Lane } from '../../../helpers/cluster/cluster.ts';
import type { AdminNetworkPolicy, BaselineAdminNetworkPolicy } from '../../../helpers/kube/types.ts';
import { thrownBy } from '../thrown.ts';

const apiVersion = 'policy.networking.k8s.io/v1alpha1';
export const anp: AdminNetworkPolicy = {
  apiVersion,
  kind: 'AdminNetworkPolicy',
  metadata: { name: 'p', labels: { of: 'its-author' } },
  spec: {
    priority: 1,
    subject: { namespaces: {} },
    ingress: [{ action: 'Deny', from: [{ namespaces: {} }], ports: [{ portNumber: { port: 80 } }] }],
  },
};
export const banp: BaselineAdminNetworkPolicy = {
  apiVersion,
  kind: 'BaselineAdminNetworkPolicy',
  metadata: { name: 'default' },
  spec: { subject: { namespaces: {} } },
};
const rule = { action: 'Deny', from: [{ namespaces: {} }] };
const bare = { apiVersion: anp.apiVersion, kind: anp.kind, metadata: { name: 'p' } };
/** Has fields that no server knows, and no protocol. */
export const unchecked = {
  ...bare,
  data: {},
  spec: {
    priority: 1,
    subject: { namespaces: { nodes: [] } },
    ingress: [
      { ...rule, sctp: true, ports: [{ portNumber: { port: 80 } }, { portRange: { start: 1, end: 2 } }] },
    ],
  },
};
/** What the server makes of it. */
export const kept = {
  ...bare,
  spec: {
    priority: 1,
    subject: { namespaces: {} },
    ingress: [
      {
        ...rule,
        ports: [
          { portNumber: { port: 80, protocol: 'TCP' } },
          { portRange: { start: 1, end: 2, protocol: 'TCP' } },
        ],
      },
    ],
  },
};
export const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Enforced',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

/** Goes through all that a lane does with policies of the admin tiers; leaves `default` and `offered` there. */
export const holdPolicies = async (lane: Lane): Promise<void> => {
  await lane.applyPolicy(anp);
  await lane.applyPolicy(banp);
  const { adminPolicies = [], nodes = [] } = await lane.world();
  const [rule] = anp.spec.ingress ?? [];
  const ports = [{ portNumber: { port: 80, protocol: 'TCP' } }];
  expect(adminPolicies).to.deep.equal([
    { ...anp, spec: { ...anp.spec, ingress: [{ ...rule, ports }] } },
    banp,
  ]);
  expect(nodes[0]?.labels).to.include.keys('kubernetes.io/hostname');
  await lane.applyPolicy({ ...anp, spec: { priority: 2, subject: anp.spec.subject } });
  expect((await lane.world()).adminPolicies?.[0]?.spec).to.deep.equal({
    priority: 2,
    subject: { namespaces: {} },
  });
  const evidence = await lane.evidence();
  expect(evidence['admin-policies.yaml']).to.include('name: default').and.include('netpol-conformance/owner');

  const egress = [{ action: 'Deny' as const, to: [{ nodes: {} }] }];
  const lost = await thrownBy(() => lane.applyPolicy({ ...anp, spec: { ...anp.spec, egress } }));
  expect(lost.message).to.include('spec.egress[0].to[0].nodes').and.include('the standard channel');
  const offered = { ...anp, metadata: { name: 'offered' } };
  expect(await lane.offerPolicy(offered)).to.deep.equal({ accepted: true });
  expect(await lane.offerPolicy({ ...offered, spec: {} })).to.include({ accepted: false, status: 422 });
  await thrownBy(() => lane.offerPolicy(offered));
  for (let times = 0; times < 2; times += 1)
    await lane.deletePolicy({ kind: 'AdminNetworkPolicy', name: 'p' });
  const left = (await lane.world()).adminPolicies?.map(({ metadata }) => metadata);
  expect(left).to.deep.equal([{ name: 'offered' }, { name: 'default' }]);
};
