import { expect } from 'chai';
import { compile } from '../../../helpers/reference/compile.ts';
import { mutants, type Mutant } from '../../../helpers/reference/mutants.ts';
import { render } from '../../../helpers/reference/nftables.ts';
import { networkPolicySemantics } from '../../../helpers/reference/semantics.ts';
import { runNft } from './nft.ts';
import { createPod, createPolicy, createState } from './worlds.ts';
import type { NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import type { State } from '../../../helpers/reference/state.ts';

/** What the plugin with this bug gives to nft on both nodes, after each of the states in turn. */
const runThrough = (states: State[], mutant?: Mutant): string[] =>
  ['node0', 'node1'].flatMap((node) => {
    const follow = mutant?.follow?.() ?? ((state: State) => state);
    return states.map((state) => {
      const followed = follow(state);
      const pods = compile(followed, node, { ...networkPolicySemantics, ...mutant?.semantics });
      const text = render(mutant?.rules?.(pods, followed, node) ?? pods);
      return mutant?.text?.(text) ?? text;
    });
  });

const specs: NetworkPolicySpec[] = [
  {},
  { ingress: [{}] },
  { ingress: [{ from: [{ namespaceSelector: {} }] }] },
  {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }],
  },
  { policyTypes: ['Egress'] },
  { egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 'serve-80' }] }] },
  {
    ingress: [
      {
        from: [
          { namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'b' } } },
          { podSelector: { matchLabels: { pod: 'b' } } },
        ],
      },
      { ports: [{ port: 80, endPort: 82 }, { port: 90, protocol: 'UDP' }, { protocol: 'UDP' }] },
    ],
  },
  { ingress: [{ ports: [{ port: 'serve-80', protocol: 'UDP' }, { port: 'serve-80' }] }] },
  { ingress: [{ ports: [{ port: 80, protocol: 'SCTP' }] }] },
  {
    ingress: [
      {
        from: [
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.0.0/16'] } },
          { ipBlock: { cidr: '10.0.0.4/32' } },
          { ipBlock: { cidr: 'fd00::/8', except: ['fd00::/64'] } },
        ],
      },
    ],
  },
  {
    ingress: [
      {
        from: [
          { podSelector: { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['a'] }] } },
          { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['a'] }] } },
        ],
      },
    ],
  },
  {
    ingress: [
      { from: [{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['a', 'b'] }] } }] },
    ],
  },
  { ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }] }] },
  {
    ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'DoesNotExist' }] } }] }],
  },
  {
    ingress: [
      {
        from: [
          {
            podSelector: {
              matchLabels: { pod: 'b' },
              matchExpressions: [{ key: 'tier', operator: 'Exists' }],
            },
          },
        ],
      },
    ],
  },
];

const allowB = createPolicy(
  { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] },
  'allow',
);
const denyAll = createPolicy({ podSelector: {} }, 'deny');
const calm = createState(denyAll, allowB);
const oneName = { name: 'web', protocol: 'TCP' as const };
const withNames = (...ports: number[]): State => {
  const state = createState(createPolicy({ egress: [{ ports: [{ port: 'web' }] }] }));
  return {
    ...state,
    pods: state.pods.map((pod, index) => ({ ...pod, ports: [{ ...oneName, port: ports[index] ?? 1 }] })),
  };
};
const relabelled: State = { ...calm, pods: calm.pods.map((pod) => ({ ...pod, labels: { tier: 'front' } })) };
const renamed = createState(
  createPolicy({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'z' } } }] }] }),
);

/** Stories in which every bug must show. */
const stories: State[][] = [
  ...specs.map((spec) => [createState(createPolicy(spec))]),
  ...specs.map((spec) => [createState(createPolicy(spec, 'one'), denyAll)]),
  [calm, createState(denyAll)],
  [calm, relabelled],
  [renamed, { ...renamed, namespaces: [{ name: 'y', labels: { ns: 'z' } }] }],
  [calm, { ...calm, pods: [...calm.pods, { ...createPod('x/new', 9), node: 'node0' }] }],
  [
    calm,
    { ...calm, pods: calm.pods.slice(1) },
    { ...calm, pods: calm.pods.map((pod) => ({ ...pod, addresses: ['10.0.9.9'] })) },
  ],
  [createState(allowB), createState({ ...allowB, spec: denyAll.spec })],
  [withNames(80, 81, 82, 83)],
];

describe('reference mutants', () => {
  it('are many, with names and sentences of their own', () => {
    expect(mutants.length).to.be.at.least(32);
    expect(new Set(mutants.map(({ name }) => name)).size).to.equal(mutants.length);
    expect(new Set(mutants.map(({ sentence }) => sentence)).size).to.equal(mutants.length);
    for (const { name } of mutants) expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  for (const mutant of mutants) {
    it(`${mutant.name} changes rules, and nft accepts all that it makes`, () => {
      const harmed = stories.map((story) => runThrough(story, mutant));
      const unharmed = stories.map((story) => runThrough(story));
      const different = harmed.flat().filter((text, index) => text !== unharmed.flat()[index]);
      expect(different).to.not.have.lengthOf(0);
      expect(runNft([...new Set(different)].join(''), '-c')).to.equal('');
    });
  }
});
