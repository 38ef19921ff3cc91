import * as fc from 'fast-check';
import { validatePolicy } from '../kube/validate-policy.ts';
import { anySelector, type Words } from './arbitrary-policy.ts';
import { guestNamespaceNames, namespaceNameLabel, namespaceNames } from './default-world.ts';
import type {
  AdminPeer,
  AdminPolicy,
  AdminPort,
  AdminProtocol,
  AdminSubject,
  LabelSelector,
  NetworkPolicyPort,
} from '../kube/types.ts';
import type { Theme } from './arbitrary-theme.ts';

type Version = Exclude<Theme['tiers'], 'none'>;

/**
 * One to three policies of the admin tiers, of one version of the API, that the API server accepts. Their subjects are
 * pods of the scenario's own namespaces, so that worlds can be tried side by side.
 */
export const anyAdminPolicies = (words: Words, version: Version): fc.Arbitrary<AdminPolicy[]> =>
  fc
    .array(anyAdminPolicy(words, version), { minLength: 1, maxLength: 3 })
    .map((policies) => policies.map(namePolicy).filter(isFirstOfItsName));

/** Mostly other rules; now and then another priority, or the rules in another order. */
export const reviseAdmin = (policy: AdminPolicy, pick: number): AdminPolicy => {
  const { spec } = policy;
  const shift = <Rule>(rules: Rule[] = []): Rule[] => [...rules.slice(1), ...rules.slice(0, 1)];
  const turn = <Rule extends { action: string }>(rules: Rule[] = []): Rule[] =>
    rules.map((rule, index) =>
      index === 0 ? { ...rule, action: rule.action === 'Deny' ? accepting(policy) : 'Deny' } : rule,
    );
  const change = pick % 2 === 0 ? turn : shift;
  const revised = {
    ...spec,
    ...('priority' in spec && {
      priority: pick % 3 === 0 ? priorities[pick % priorities.length] : spec.priority,
    }),
    ...(spec.ingress && { ingress: change<{ action: string }>(spec.ingress) }),
    ...(spec.egress && { egress: change<{ action: string }>(spec.egress) }),
  };
  return { ...policy, spec: revised } as AdminPolicy;
};

const accepting = ({ kind }: AdminPolicy): string => (kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow');

/** Numbers that do not sort like their texts, and the first and last there are. */
const priorities = [0, 9, 10, 100, 1000] as const;

/** `baseline` gets the only name that it may have, so that there is but one. */
const namePolicy = (policy: AdminPolicy, index: number): AdminPolicy =>
  policy.kind === 'BaselineAdminNetworkPolicy'
    ? policy
    : { ...policy, metadata: { name: `admin-${index + 1}` } };

const isFirstOfItsName = ({ metadata }: AdminPolicy, index: number, all: readonly AdminPolicy[]): boolean =>
  all.findIndex((other) => other.metadata.name === metadata.name) === index;

const anyAdminPolicy = (words: Words, version: Version): fc.Arbitrary<AdminPolicy> => {
  const priority = fc.constantFrom(...priorities);
  const subject = anySubject(words);
  const policyOf = (kind: AdminPolicy['kind'], place: fc.Arbitrary<object>, actions: readonly string[]) =>
    fc
      .record({ place, subject: subject.map(confine), rules: anyRules(words, version, actions) })
      .map(({ place, subject, rules }): unknown => ({
        apiVersion: `policy.networking.k8s.io/${version}`,
        kind,
        metadata: { name: 'default' },
        spec: { ...place, subject, ...rules },
      }))
      .filter((policy): policy is AdminPolicy => validatePolicy(policy).length === 0);
  if (version === 'v1alpha2') {
    const tier = fc.constantFrom('Admin', 'Admin', 'Baseline');
    return policyOf('ClusterNetworkPolicy', fc.record({ tier, priority }), ['Accept', 'Deny', 'Pass']);
  }
  return fc.oneof(
    {
      weight: 2,
      arbitrary: policyOf('AdminNetworkPolicy', fc.record({ priority }), ['Allow', 'Deny', 'Pass']),
    },
    { weight: 1, arbitrary: policyOf('BaselineAdminNetworkPolicy', fc.constant({}), ['Allow', 'Deny']) },
  );
};

const anySubject = ({ podLabels, namespaceLabels }: Words): fc.Arbitrary<AdminSubject> => {
  const namespaces = anySelector(namespaceLabels);
  const podSelector = anySelector(podLabels);
  return fc.oneof(
    fc.record({ namespaces }),
    fc.record({ pods: fc.record({ namespaceSelector: namespaces, podSelector }) }),
  );
};

const ownNamespaces = {
  key: namespaceNameLabel,
  operator: 'In' as const,
  values: [...namespaceNames, ...guestNamespaceNames],
};

const confine = ({ namespaces, pods }: AdminSubject): AdminSubject => {
  const within = (selector: LabelSelector): LabelSelector => ({
    ...selector,
    matchExpressions: [...(selector.matchExpressions ?? []), ownNamespaces],
  });
  if (pods === undefined) return { namespaces: within(namespaces ?? {}) };
  return { pods: { ...pods, namespaceSelector: within(pods.namespaceSelector ?? {}) } };
};

const anyRules = (words: Words, version: Version, actions: readonly string[]): fc.Arbitrary<object> => {
  const pods = anySubject(words);
  const ruleOf = (side: 'from' | 'to', peer: fc.Arbitrary<AdminPeer>): fc.Arbitrary<object> =>
    fc
      .record({
        action: fc.constantFrom(...actions),
        peers: fc.array(peer, { minLength: 1, maxLength: 2 }),
        ports: fc.option(fc.array(words.port, { minLength: 1, maxLength: 2 }), { nil: undefined }),
      })
      .map(({ action, peers, ports }) => ({
        action,
        [side]: peers,
        ...(ports && describePorts(ports, version)),
      }));
  const rulesOf = (rule: fc.Arbitrary<object>): fc.Arbitrary<object[] | undefined> =>
    fc.option(fc.array(rule, { minLength: 1, maxLength: 3 }), { nil: undefined });
  const egressPeer = fc.oneof(
    { weight: 5, arbitrary: pods },
    { weight: words.peers.block + 1, arbitrary: anyNetworks(words) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<AdminPeer[]>({ nodes: {} }, { nodes: linux }, { nodes: nobody }),
    },
  );
  return fc
    .record({ ingress: rulesOf(ruleOf('from', pods)), egress: rulesOf(ruleOf('to', egressPeer)) })
    .map(({ ingress, egress }) => ({ ...(ingress && { ingress }), ...(egress && { egress }) }));
};

const linux: LabelSelector = { matchLabels: { 'kubernetes.io/os': 'linux' } };
const nobody: LabelSelector = { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'DoesNotExist' }] };

const anyNetworks = ({ blocks }: Words): fc.Arbitrary<AdminPeer> =>
  fc
    .subarray([...new Set([...blocks.map(({ cidr }) => cidr), '0.0.0.0/0', '::/0'])], {
      minLength: 1,
      maxLength: 2,
    })
    .map((networks) => ({ networks }));

const describePorts = (ports: readonly NetworkPolicyPort[], version: Version): object =>
  version === 'v1alpha1' ? { ports: ports.map(toPort) } : { protocols: ports.map(toProtocol) };

const toPort = ({ protocol, port, endPort }: NetworkPolicyPort): AdminPort => {
  const said = protocol === undefined ? {} : { protocol };
  if (typeof port === 'string') return { namedPort: port };
  if (port === undefined) return { portRange: { ...said, start: 1, end: 65_535 } };
  return endPort === undefined
    ? { portNumber: { ...said, port } }
    : { portRange: { ...said, start: port, end: endPort } };
};

const toProtocol = ({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): AdminProtocol => {
  if (typeof port === 'string') return { destinationNamedPort: port };
  const start = port ?? 1;
  const end = endPort ?? port ?? 65_535;
  const destinationPort = start === end ? { number: start } : { range: { start, end } };
  return { [protocol.toLowerCase()]: { destinationPort } };
};
