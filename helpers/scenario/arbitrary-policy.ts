import * as fc from 'fast-check';
import type {
  IPBlock,
  LabelSelector,
  LabelSelectorRequirement,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
  PolicyType,
} from '../kube/types.ts';
import type { LabelWords, Theme } from './arbitrary-theme.ts';

/** What random policies speak of: few enough that rules often match, with some that nothing answers to. */
export type Words = Pick<Theme, 'podLabels' | 'namespaceLabels' | 'peers'> & {
  blocks: readonly IPBlock[];
  port: fc.Arbitrary<NetworkPolicyPort>;
};

/** A rule of either direction. What is undefined is absent. */
export type AnyRule = { peers: NetworkPolicyPeer[] | undefined; ports: NetworkPolicyPort[] | undefined };

/** A spec that the API server accepts: every combination of types, rules, peers and ports, absent and empty lists among them. */
export const anySpec = (words: Words): fc.Arbitrary<NetworkPolicySpec> => {
  const rules = list(anyRule(words));
  return fc
    .record({ podSelector: anySelector(words.podLabels), types: anyTypes, ingress: rules, egress: rules })
    .map(({ podSelector, types, ingress, egress }) => ({
      podSelector,
      ...(types === undefined ? {} : { policyTypes: types }),
      ...(ingress === undefined ? {} : { ingress: ingress.map(ingressRule) }),
      ...(egress === undefined ? {} : { egress: egress.map(egressRule) }),
    }));
};

export const anyRule = (words: Words): fc.Arbitrary<AnyRule> =>
  fc.record({ peers: list(anyPeer(words)), ports: list(words.port) });

export const ingressRule = ({ peers, ports }: AnyRule): NetworkPolicyIngressRule => ({
  ...(peers === undefined ? {} : { from: peers }),
  ...(ports === undefined ? {} : { ports }),
});

export const egressRule = ({ peers, ports }: AnyRule): NetworkPolicyEgressRule => ({
  ...(peers === undefined ? {} : { to: peers }),
  ...(ports === undefined ? {} : { ports }),
});

const anyTypes = fc.constantFrom<PolicyType[] | undefined>(
  undefined,
  undefined,
  [],
  ['Ingress'],
  ['Egress'],
  ['Ingress', 'Egress'],
  ['Egress', 'Ingress'],
);

const anyPeer = ({ podLabels, namespaceLabels, blocks, peers }: Words): fc.Arbitrary<NetworkPolicyPeer> => {
  const podSelector = anySelector(podLabels);
  const namespaceSelector = anySelector(namespaceLabels);
  return fc.oneof<fc.WeightedArbitrary<NetworkPolicyPeer>[]>(
    { weight: peers.pod, arbitrary: podSelector.map((podSelector) => ({ podSelector })) },
    {
      weight: peers.namespace,
      arbitrary: namespaceSelector.map((namespaceSelector) => ({ namespaceSelector })),
    },
    { weight: peers.both, arbitrary: fc.record({ podSelector, namespaceSelector }) },
    { weight: peers.block, arbitrary: fc.constantFrom(...blocks).map((ipBlock) => ({ ipBlock })) },
  );
};

export const anySelector = (labels: LabelWords): fc.Arbitrary<LabelSelector> => {
  const label = fc.constantFrom(
    ...Object.entries(labels).flatMap(([key, values]) => values.map((value) => ({ [key]: value }))),
  );
  const requirement = anyRequirement(labels);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 4, arbitrary: label.map((matchLabels) => ({ matchLabels })) },
    { weight: 5, arbitrary: requirement.map((one) => ({ matchExpressions: [one] })) },
    {
      weight: 2,
      arbitrary: fc.tuple(requirement, requirement).map((both) => ({ matchExpressions: both })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(label, requirement)
        .map(([matchLabels, one]) => ({ matchLabels, matchExpressions: [one] })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(label, label).map(([one, other]) => ({ matchLabels: { ...one, ...other } })),
    },
    { weight: 1, arbitrary: fc.constant<LabelSelector>({ matchLabels: {}, matchExpressions: [] }) },
  );
};

/** A key that no object has. */
const absentKey = 'nothing';

const anyRequirement = (labels: LabelWords): fc.Arbitrary<LabelSelectorRequirement> =>
  fc.oneof(
    fc
      .constantFrom(...Object.entries(labels), [absentKey, ['none']] as [string, readonly string[]])
      .chain(([key, values]) =>
        fc.record({
          key: fc.constant(key),
          operator: fc.constantFrom('In' as const, 'NotIn' as const),
          values: fc.shuffledSubarray([...values], { minLength: 1 }),
        }),
      ),
    fc.record({
      key: fc.constantFrom(...Object.keys(labels), absentKey),
      operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
    }),
  );

/** Absent, empty, or with one to three items. */
const list = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[] | undefined> => {
  const exactly = (length: number): fc.Arbitrary<Value[]> =>
    fc.array(value, { minLength: length, maxLength: length });
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constant<Value[]>([]) },
    { weight: 6, arbitrary: exactly(1) },
    { weight: 4, arbitrary: exactly(2) },
    { weight: 2, arbitrary: exactly(3) },
  );
};
