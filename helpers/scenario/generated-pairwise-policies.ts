import {
  apply,
  buildPolicy,
  laterPod,
  outsideHost,
  outsideRanges,
  withAnyOf,
  withLabel,
  type GeneratedCase,
  type Rule,
} from './generated-case.ts';
import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../kube/types.ts';
import type { PairwiseRow } from './generated-pairwise.ts';
import type { Action } from './scenario.ts';

/** The policies and steps of one row of axes. */
export const describeRow = (row: PairwiseRow): Pick<GeneratedCase, 'actions' | 'pods'> => ({
  actions: listActions(row),
  pods: [
    ...(row.peers.startsWith('ip-block') ? [outsideHost('a'), outsideHost('b')] : []),
    ...(row.action === 'create-pod' ? [laterPod(`${namespaceOf(row)}/d`, { pod: subjectOf(row) })] : []),
  ],
});

const namespaceOf = ({ target }: PairwiseRow): 'x' | 'y' => (target === 'other-namespace' ? 'y' : 'x');
const subjectOf = ({ target }: PairwiseRow): 'a' | 'b' => (target === 'other-namespace' ? 'b' : 'a');
/** A pod beside the subject. */
const mateOf = ({ target }: PairwiseRow): 'a' | 'b' => (target === 'other-namespace' ? 'a' : 'b');

/** What a pod or namespace has only from a later step on, in the cases that relabel it. */
const badge = { inner: 'yes' };
const withBadge = (selector: LabelSelector = {}): LabelSelector => ({
  ...selector,
  matchLabels: { ...selector.matchLabels, ...badge },
});

const listActions = (row: PairwiseRow): Action[] => {
  const policy = mainPolicy(row, rulesOf(row));
  const others = otherPolicies(row);
  const namespace = namespaceOf(row);
  // What allows all shows only above a denial that was seen.
  const isLate = row.rules === 'empty';
  const create = (first: NetworkPolicy): Action[] => [
    ...(isLate ? [apply(...others)] : []),
    apply(first, ...(isLate ? [] : others)),
  ];
  switch (row.action) {
    case 'create':
      return create(policy);
    case 'update':
      return [
        ...create(mainPolicy(row, row.rules === 'none' ? [{}] : [])),
        { verb: 'update', policies: [policy] },
      ];
    case 'delete':
      return [...create(policy), { verb: 'delete', policies: [policy] }];
    case 'relabel-subject':
      return [...create(policy), label(`${namespace}/${subjectOf(row)}`)];
    case 'relabel-peer':
      return [...create(policy), label(peerPod(row))];
    case 'relabel-namespace':
      return [...create(policy), label('z')];
    case 'create-pod':
      return [...create(policy), { verb: 'create', pods: [`${namespace}/d`] }];
  }
};

const label = (id: string): Action => ({ verb: 'label', labels: { [id]: badge } });

/** A policy of this target, with these rules in each direction of the row. */
const buildFor = (
  row: PairwiseRow,
  name: string,
  podSelector: LabelSelector,
  rules: readonly Rule[],
): NetworkPolicy =>
  buildPolicy({
    name,
    namespace: namespaceOf(row),
    podSelector,
    ...(row.direction !== 'egress' && { ingress: rules }),
    ...(row.direction !== 'ingress' && { egress: rules }),
  });

const mainPolicy = (row: PairwiseRow, rules: readonly Rule[]): NetworkPolicy =>
  buildFor(row, 'main', targetOf(row), rules);

const targetOf = (row: PairwiseRow): LabelSelector => {
  const selectors: Record<PairwiseRow['target'], LabelSelector> = {
    pod: withLabel('pod', subjectOf(row)),
    expression: { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['b'] }] },
    namespace: {},
    'other-namespace': withLabel('pod', subjectOf(row)),
  };
  const selector = selectors[row.target];
  return row.action === 'relabel-subject' ? withBadge(selector) : selector;
};

/** Policies that stand beside the main one. */
const otherPolicies = (row: PairwiseRow): NetworkPolicy[] => {
  const elsewhere = withLabel('ns', namespaceOf(row) === 'x' ? 'y' : 'x');
  switch (row.stacking) {
    case 'alone':
      return [];
    case 'deny-all':
      return [buildFor(row, 'deny-all', {}, [])];
    case 'allow-elsewhere':
      return [
        buildFor(row, 'allow-elsewhere', withLabel('pod', 'c'), [
          { peers: [{ namespaceSelector: elsewhere }] },
        ]),
      ];
    case 'two-on-one-pod':
      return [
        buildFor(row, 'allow-more', targetOf(row), [
          { peers: [{ namespaceSelector: elsewhere }], ports: [{ protocol: 'UDP', port: 81 }] },
        ]),
      ];
  }
};

const rulesOf = (row: PairwiseRow): Rule[] => {
  const [peers, ports] = [peersOf(row), portsOf(row)];
  const first: Rule = { ...(peers && { peers }), ...(ports && { ports }) };
  switch (row.rules) {
    case 'none':
      return [];
    case 'empty':
      return [{}];
    case 'one':
      return [first];
    case 'two':
      // Its peers and ports are others, so that rules which mix would show.
      return [first, { peers: [{ podSelector: withLabel('pod', 'c') }], ports: [{ port: 81 }] }];
  }
};

const peersOf = (row: PairwiseRow): NetworkPolicyPeer[] | undefined => {
  const mate = withLabel('pod', mateOf(row));
  const zone = withLabel('ns', 'z');
  const [inPods, inNamespaces] = [row.action === 'relabel-peer', row.action === 'relabel-namespace'];
  const pods = (selector: LabelSelector): LabelSelector => (inPods ? withBadge(selector) : selector);
  const namespaces = (selector: LabelSelector): LabelSelector =>
    inNamespaces ? withBadge(selector) : selector;
  switch (row.peers) {
    case 'all':
      return undefined;
    case 'pod':
      return [{ podSelector: pods(mate) }];
    case 'namespace':
      return [{ namespaceSelector: namespaces(zone) }];
    case 'namespace+pod':
      return [{ namespaceSelector: namespaces(zone), podSelector: pods(withLabel('pod', 'b')) }];
    case 'expressions':
      return [
        {
          namespaceSelector: namespaces(withAnyOf('ns', 'x', 'z')),
          podSelector: pods({
            matchExpressions: [
              { key: 'pod', operator: 'Exists' },
              { key: 'pod', operator: 'NotIn', values: ['a'] },
            ],
          }),
        },
      ];
    case 'ip-block':
      return outsideRanges.a.map((cidr) => ({ ipBlock: { cidr } }));
    case 'ip-block-except':
      return outsideRanges.all.map((cidr, family) => ({
        ipBlock: { cidr, except: [outsideRanges.b[family] ?? ''] },
      }));
    case 'several':
      return [{ podSelector: pods(mate) }, { namespaceSelector: namespaces(zone) }];
  }
};

/** The pod that gets the label that the row's peers ask for. */
const peerPod = (row: PairwiseRow): string =>
  row.peers === 'pod' || row.peers === 'several' ? `${namespaceOf(row)}/${mateOf(row)}` : 'z/b';

const portsOf = ({ ports, protocols }: PairwiseRow): NetworkPolicyPort[] | undefined => {
  const protocol = protocols === 'absent' ? {} : { protocol: protocols };
  // Nothing serves SCTP, so this name has no port of that protocol: the rule opens nothing.
  const name = protocols === 'UDP' ? 'serve-81-udp' : 'serve-81';
  switch (ports) {
    case 'none':
      return protocols === 'absent' ? undefined : [protocol];
    case 'number':
      return [{ ...protocol, port: 80 }];
    case 'name':
      return [{ ...protocol, port: name }];
    case 'range':
      return [{ ...protocol, port: 79, endPort: 80 }];
    case 'two':
      return [
        { ...protocol, port: 80 },
        { ...protocol, port: name },
      ];
  }
};
