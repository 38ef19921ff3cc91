import { expect } from 'chai';
import type { AdminPolicy } from '../../../helpers/kube/types.ts';
import type { World } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { clusterPolicy } from './tier-worlds.ts';
import { podOf, worldOf } from './worlds.ts';

const few = ['x/a', 'y/a', 'z/a'].map((id) => podOf(id));
const worldWith = (...adminPolicies: AdminPolicy[]): World => worldOf(few, [], { adminPolicies });

describe('domain names in the tiers', () => {
  it('know that names under .invalid have no address, so that nobody is accepted by them', () => {
    const everybody = { action: 'Deny' as const, to: [{ networks: ['0.0.0.0/0'] }] };
    const below = (action: 'Accept' | 'Pass', ...domainNames: string[]) => {
      const policy = clusterPolicy('out', { egress: [{ action, to: [{ domainNames }] }, everybody] });
      return createOracle(worldWith(policy)).verdict('x/a', 'y/a', 'TCP', 80, 'IPv4');
    };
    expect(below('Accept', '*.nowhere.invalid', 'no.INVALID.')).to.equal('deny');
    expect(below('Accept', 'no.invalid', 'a.example')).to.equal('undefined');
    expect(below('Accept', 'invalid.example', 'not-invalid.test')).to.equal('undefined');
    // A rule that fails closed denies everybody, one that matches nobody does not.
    expect(below('Pass', 'no.invalid')).to.equal('undefined');
  });

  it('know who is behind the name of a headless Service, and of no other', () => {
    const policy = (action: 'Accept' | 'Deny', ...domainNames: string[]) =>
      clusterPolicy('out', {
        egress: [
          { action, to: [{ domainNames }] },
          { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
        ],
      });
    const services = (['Headless', 'ClusterIP'] as const).map((type) => ({
      namespace: 'y',
      name: type.toLowerCase(),
      type,
      selector: { pod: 'a' },
      ports: [{ protocol: 'TCP' as const, port: 80, targetPort: 80 }],
      addresses: [],
    }));
    const verdicts = (action: 'Accept' | 'Deny', ...names: string[]) => {
      const oracle = createOracle({ ...worldWith(policy(action, ...names)), services });
      return ['y/a', 'z/a'].map((target) => oracle.verdict('x/a', target, 'TCP', 80, 'IPv4'));
    };
    const named = 'Headless.y.svc.cluster.local.';
    expect(verdicts('Accept', named)).to.deep.equal(['allow', 'deny']);
    expect(verdicts('Accept', 'nobody.invalid', named)).to.deep.equal(['allow', 'deny']);
    for (const other of [
      'clusterip.y.svc.cluster.local',
      'headless.x.svc.cluster.local',
      '*.y.svc.cluster.local',
    ])
      expect(verdicts('Accept', other), other).to.deep.equal(['undefined', 'undefined']);
  });

  it('know whom a pattern for the Services of a namespace means, where all of them are headless', () => {
    const policy = clusterPolicy('out', {
      egress: [
        { action: 'Accept', to: [{ domainNames: ['*.Y.svc.cluster.local'] }] },
        { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
      ],
    });
    const service = (namespace: string, name: string, pod: string) => ({
      ...{ namespace, name, type: 'Headless' as const, selector: { pod }, addresses: [] },
      ports: [{ protocol: 'TCP' as const, port: 80, targetPort: 80 }],
    });
    const pods = ['x/a', 'y/a', 'y/b', 'y/c', 'z/a'].map((id) => podOf(id));
    const services = [service('y', 'first', 'a'), service('y', 'second', 'b'), service('z', 'third', 'a')];
    const oracle = createOracle({ ...worldOf(pods, [], { adminPolicies: [policy] }), services });
    const verdicts = ['y/a', 'y/b', 'y/c', 'z/a'].map((id) => oracle.verdict('x/a', id, 'TCP', 80, 'IPv4'));
    expect(verdicts).to.deep.equal(['allow', 'allow', 'deny', 'deny']);
  });
});
