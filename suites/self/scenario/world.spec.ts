import { expect } from 'chai';
import type { ClusterNetworkPolicy, NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import { idOf } from '../../../helpers/kube/world.ts';
import { defaultPods, defaultPorts } from '../../../helpers/scenario/default-world.ts';
import { policyTypesOf } from '../../../helpers/scenario/policies.ts';
import { renamePolicy } from '../../../helpers/scenario/rename.ts';
import { formatAction, policiesAt, worldAt } from '../../../helpers/scenario/world.ts';
import { scenarioOf, spoil } from './sample.ts';

const scenario = scenarioOf(
  spoil([
    '---\n',
    '  - label: { x/a: { app: web }, z: { trust: full } }\n  - unlabel: { x/b: role }\n  - remove: x/d\n  - create: x/d\n  - delete: admit\n---\n',
  ]),
);

const podAt = (id: string, step: number) => worldAt(scenario, step).pods.find((pod) => idOf(pod) === id);

const peers = (step: number): unknown =>
  policiesAt(scenario, step).map(({ spec }) => spec.ingress?.[0]?.from?.[0]);

describe('the world of a scenario', () => {
  it('begins without policies and without the pods that come later', () => {
    const world = worldAt(scenario, -1);
    expect(world.policies).to.deep.equal([]);
    expect(world.pods.map(idOf)).to.deep.equal(['x/a', 'x/b', 'y/a']);
    expect(world.namespaces.map(({ name }) => name)).to.deep.equal(['x', 'y', 'z']);
    expect(world.namespaces[1]?.labels).to.deep.equal({ ns: 'y', 'kubernetes.io/metadata.name': 'y' });
  });

  it('gives every pod an address of each family, and none to two pods', () => {
    const addresses = worldAt(scenario, 1).pods.flatMap((pod) => pod.addresses);
    expect(addresses).to.have.length(8);
    expect(new Set(addresses).size).to.equal(8);
    expect(podAt('x/a', 0)?.addresses).to.deep.equal(podAt('x/a', 4)?.addresses);
  });

  it('follows policies through apply, update and delete', () => {
    expect(peers(0)).to.deep.equal([{ podSelector: { matchLabels: { role: 'client' } } }]);
    expect(peers(1)).to.deep.equal(peers(0));
    expect(peers(2)).to.deep.equal([{ namespaceSelector: { matchLabels: { ns: 'y' } } }]);
    expect(peers(7)).to.deep.equal([]);
  });

  it('follows labels of pods and namespaces', () => {
    expect(podAt('x/a', 2)?.labels).to.deep.equal({ pod: 'a' });
    expect(podAt('x/a', 3)?.labels).to.deep.equal({ pod: 'a', app: 'web' });
    expect(worldAt(scenario, 3).namespaces[2]?.labels).to.include({ ns: 'z', trust: 'full' });
    expect(podAt('x/b', 3)?.labels).to.have.property('role');
    expect(podAt('x/b', 4)?.labels).to.deep.equal({ pod: 'b' });
  });

  it('gives a pod that comes back another address', () => {
    expect(podAt('x/d', 0)).to.equal(undefined);
    expect(podAt('x/d', 5)).to.equal(undefined);
    expect(podAt('x/d', 6)?.addresses).to.have.length(2);
    expect(podAt('x/d', 6)?.addresses).to.not.deep.equal(podAt('x/d', 4)?.addresses);
  });

  it('gives hosts outside the cluster their own addresses and no labels', () => {
    const text = spoil()
      .replace(
        '  x/d: {',
        "  external/a: { why: outside, addresses: [203.0.113.1, '2001:db8:113::1'] }\n  x/d: {",
      )
      .replace('y/a\n', 'y/a external/a\n')
      .replace('y/a x/d\n', 'y/a x/d external/a\n')
      .replaceAll(/^( {8}[xy].*)$/gm, '$1   .')
      .replace('   .\n  - create', '   .\n        external/a X . . -\n  - create')
      .replace('   .\n---', '   .\n        external/a X . . . -\n---');
    const host = worldAt(scenarioOf(text), 0).pods.find(({ external }) => external);
    expect(host).to.deep.include({
      namespace: 'external',
      name: 'a',
      labels: {},
      node: '',
      addresses: ['203.0.113.1', '2001:db8:113::1'],
    });
  });

  it('gives nodes the labels that steps give them, beside their own', () => {
    const text = spoil(['---\n', '  - label: { node1: { netpol-conformance/zone: gate } }\n---\n']);
    const { steps } = scenarioOf(text);
    const labels = (index: number) => worldAt(scenarioOf(text), index).nodes?.map((node) => node.labels);
    const own = ['node0', 'node1'].map((name) => ({
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
    }));
    expect(labels(0)).to.deep.equal(own);
    expect(labels(steps.length - 1)).to.deep.equal([
      own[0],
      { ...own[1], 'netpol-conformance/zone': 'gate' },
    ]);
  });

  it('says its steps the way that the file does', () => {
    expect(scenario.steps.map(({ action }) => formatAction(action))).to.deep.equal([
      'apply admit',
      'create x/d',
      'update admit',
      'label x/a app=web, z trust=full',
      'unlabel x/b role',
      'remove x/d',
      'create x/d',
      'delete admit',
    ]);
  });
});

describe('the standing fleet', () => {
  it('has pairs on one node and on two in and between all namespaces', () => {
    for (const from of 'xyz') {
      for (const to of 'xyz') {
        const pairs = defaultPods
          .filter(({ namespace }) => namespace === from)
          .flatMap((one) =>
            defaultPods
              .filter((other) => other.namespace === to && other !== one)
              .map((other) => one.node === other.node),
          );
        expect(pairs, `${from} to ${to}`).to.include.members([true, false]);
      }
    }
  });

  it('calls no two ports of a pod by one name', () => {
    expect(new Set(defaultPorts.map(({ name }) => name)).size).to.equal(defaultPorts.length);
  });
});

describe('the directions that a policy isolates', () => {
  const rows: [claim: string, spec: NetworkPolicySpec, types: string[]][] = [
    ['are those that it names', { policyTypes: ['Egress'], ingress: [{}] }, ['Egress']],
    ['are ingress where it names none', {}, ['Ingress']],
    ['are ingress where its egress rules are none', { egress: [] }, ['Ingress']],
    ['are both where it names none and has egress rules', { egress: [{}] }, ['Ingress', 'Egress']],
    [
      'are those of the default where the list is empty',
      { policyTypes: [], egress: [{}] },
      ['Ingress', 'Egress'],
    ],
  ];
  for (const [claim, spec, types] of rows) {
    it(claim, () => expect(policyTypesOf({ spec } as NetworkPolicy)).to.deep.equal(types));
  }
});

describe('real names of namespaces', () => {
  const name = 'kubernetes.io/metadata.name';
  const policyOf = (x: string, y: string, z: string): NetworkPolicy => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'x', namespace: x },
    spec: {
      podSelector: { matchLabels: { pod: 'x', [name]: 'x' } },
      ingress: [
        { from: [{ namespaceSelector: { matchLabels: { [name]: y, ns: 'y' } } }, { podSelector: {} }] },
      ],
      egress: [
        {
          to: [
            {
              namespaceSelector: {
                matchExpressions: [
                  { key: name, operator: 'In', values: [x, z, 'kube-system'] },
                  { key: 'ns', operator: 'NotIn', values: ['y'] },
                  { key: name, operator: 'Exists' },
                ],
              },
            },
          ],
          ports: [{ port: 'x' }],
        },
      ],
    },
  });

  it('stand wherever a name of a namespace stands, and nowhere else', () => {
    const written = policyOf('x', 'y', 'z');
    const real = renamePolicy(written, {
      namespaceNames: { x: 'run-x', y: 'run-y', z: 'run-z' },
      prefix: 'run-',
    });
    expect(real).to.deep.equal(policyOf('run-x', 'run-y', 'run-z'));
    expect(written).to.deep.equal(policyOf('x', 'y', 'z'));
  });

  it('stand in the DNS names of Services too', () => {
    const policyOn = (name: string, ...domainNames: string[]): ClusterNetworkPolicy => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name },
      spec: {
        tier: 'Admin',
        priority: 1,
        subject: { namespaces: {} },
        egress: [{ action: 'Accept', to: [{ domainNames }] }],
      },
    });
    const written = ['Web.y.svc.cluster.local.', '*.y.svc.cluster.local', 'web.default.svc.cluster.local'];
    const wanted = [
      'Web.run-y.svc.cluster.local.',
      '*.run-y.svc.cluster.local',
      'web.default.svc.cluster.local',
    ];
    const others = ['example.com', 'y.example.com', '*.y.example.com'];
    const names = { namespaceNames: { y: 'run-y' }, prefix: 'run-' };
    expect(renamePolicy(policyOn('p', ...written, ...others), names)).to.deep.equal(
      policyOn('run-p', ...wanted, ...others),
    );
  });
});
