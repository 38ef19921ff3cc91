import { expect } from 'chai';
import type { AdminPeer, AdminPolicy, AdminSubject } from '../../../helpers/kube/types.ts';
import type { World } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { adminPolicy } from './tier-worlds.ts';
import { expectGrid, podOf, policyOf } from './worlds.ts';

describe('the tenants of the AdminNetworkPolicy post', () => {
  // Restricted tenants are never monitored, internal ones where they say so, all others always.
  const namespaces = Object.entries({
    monitoring: undefined,
    secret: 'restricted',
    foo: 'internal',
    bar: 'internal',
    open: undefined,
  }).map(([name, security]) => ({ name, labels: security === undefined ? {} : { security } }));
  const pods = namespaces.map(({ name }) => podOf(`${name}/a`));
  const monitoring: AdminPeer = {
    namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
  };
  const secure = (security: string): AdminSubject => ({ namespaces: { matchLabels: { security } } });
  const steps: AdminPolicy[] = [
    adminPolicy('allow-monitoring', 9, {
      subject: { namespaces: {} },
      ingress: [{ action: 'Allow', from: [monitoring] }],
    }),
    adminPolicy('block-monitoring', 5, {
      subject: secure('restricted'),
      ingress: [{ action: 'Deny', from: [monitoring] }],
    }),
    adminPolicy('pass-monitoring', 7, {
      subject: secure('internal'),
      ingress: [{ action: 'Pass', from: [monitoring] }],
    }),
    {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'BaselineAdminNetworkPolicy',
      metadata: { name: 'default' },
      spec: { subject: secure('internal'), ingress: [{ action: 'Deny', from: [monitoring] }] },
    },
  ];
  const allowMonitoring = policyOf('foo/allow-monitoring', {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }] },
    ],
  });
  const seen = (count: number, policies: World['policies'] = []): string =>
    ['secret/a', 'foo/a', 'bar/a', 'open/a']
      .map((target) =>
        createOracle({
          ...{ namespaces, pods, services: [], policies },
          adminPolicies: steps.slice(0, count),
        }).verdict('monitoring/a', target, 'TCP', 80, 'IPv4'),
      )
      .map((verdict) => (verdict === 'allow' ? '.' : 'X'))
      .join(' ');

  it('are monitored as the post says, policy by policy', () => {
    expect(seen(1)).to.equal('. . . .');
    expect(seen(2)).to.equal('X . . .');
    expect(seen(3)).to.equal('X . . .');
    expect(seen(4)).to.equal('X X X .');
    expect(seen(4, [allowMonitoring])).to.equal('X . X .');
  });

  it('cannot overrule the administrator', () => {
    const denial = policyOf('open/deny-all', { podSelector: {}, policyTypes: ['Ingress'] });
    expect(seen(4, [denial])).to.equal('X X X .');
    const world = { namespaces, pods, services: [], policies: [denial], adminPolicies: steps };
    expectGrid(
      world,
      'TCP/80',
      `
                     open/a foo/a
      monitoring/a     .      X
      foo/a            X      .`,
    );
  });
});
