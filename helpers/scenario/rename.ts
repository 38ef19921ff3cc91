import { isAdminPolicy, readServiceName } from '../kube/world.ts';
import { namespaceNameLabel } from './default-world.ts';
import type {
  AdminPeer,
  AdminPolicy,
  AdminSubject,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  Policy,
} from '../kube/types.ts';

/** The real names that stand for a scenario's: of each namespace, and before the name of what is cluster-scoped. */
type RealNames = { namespaceNames: Readonly<Record<string, string>>; prefix: string };

type Rename = (name: string) => string;

/**
 * The policy with real names in all places where a namespace's name can stand: its own namespace and the values of
 * `kubernetes.io/metadata.name` in its namespace selectors, and in the DNS names of Services. Names that are no scenario's stay as they are. A policy of an
 * admin tier gets a name that no other lane has, but for the one that can only be called `default`.
 */
export const renamePolicy = (policy: Policy, { namespaceNames, prefix }: RealNames): Policy => {
  const rename = (name: string): string => namespaceNames[name] ?? name;
  return isAdminPolicy(policy) ? renameAdmin(policy, rename, prefix) : renameNetworkPolicy(policy, rename);
};

const renameNetworkPolicy = (policy: NetworkPolicy, rename: Rename): NetworkPolicy => {
  const renamePeers = (peers: NetworkPolicyPeer[]): NetworkPolicyPeer[] =>
    peers.map((peer) =>
      peer.namespaceSelector
        ? { ...peer, namespaceSelector: renameSelector(peer.namespaceSelector, rename) }
        : peer,
    );
  const { metadata, spec } = policy;
  return {
    ...policy,
    metadata: {
      ...metadata,
      ...(metadata.namespace !== undefined && { namespace: rename(metadata.namespace) }),
    },
    spec: {
      ...spec,
      ...(spec.ingress && {
        ingress: spec.ingress.map((rule) => ({
          ...rule,
          ...(rule.from && { from: renamePeers(rule.from) }),
        })),
      }),
      ...(spec.egress && {
        egress: spec.egress.map((rule) => ({ ...rule, ...(rule.to && { to: renamePeers(rule.to) }) })),
      }),
    },
  };
};

const renameAdmin = (policy: AdminPolicy, rename: Rename, prefix: string): AdminPolicy => {
  const renameRules = <Rule extends { from?: AdminPeer[]; to?: AdminPeer[] }>(rules: Rule[]): Rule[] =>
    rules.map((rule) => ({
      ...rule,
      ...(rule.from && { from: rule.from.map((peer) => renameSelection(peer, rename)) }),
      ...(rule.to && { to: rule.to.map((peer) => renameSelection(peer, rename)) }),
    }));
  const { kind, metadata, spec } = policy;
  const name = kind === 'BaselineAdminNetworkPolicy' ? metadata.name : `${prefix}${metadata.name}`;
  const { subject, ingress, egress } = spec;
  // The rules keep the type that goes with the kind, which TypeScript cannot follow through a union.
  return {
    ...policy,
    metadata: { ...metadata, name },
    spec: {
      ...spec,
      subject: renameSelection(subject, rename),
      ...(ingress && { ingress: renameRules<(typeof ingress)[number]>(ingress) }),
      ...(egress && { egress: renameRules<(typeof egress)[number]>(egress) }),
    },
  } as AdminPolicy;
};

const renameSelection = <Selection extends AdminSubject>(selection: Selection, rename: Rename): Selection => {
  const { namespaces, pods } = selection;
  const { domainNames }: AdminPeer = selection;
  return {
    ...selection,
    ...(namespaces && { namespaces: renameSelector(namespaces, rename) }),
    ...(pods?.namespaceSelector && {
      pods: { ...pods, namespaceSelector: renameSelector(pods.namespaceSelector, rename) },
    }),
    ...(domainNames && { domainNames: domainNames.map((name) => renameService(name, rename)) }),
  };
};

const renameService = (domainName: string, rename: Rename): string => {
  const service = readServiceName(domainName);
  if (service === undefined) return domainName;
  const [name, , ...domain] = domainName.split('.');
  return [name, rename(service.namespace), ...domain].join('.');
};

const renameSelector = (selector: LabelSelector, rename: Rename): LabelSelector => {
  const { matchLabels, matchExpressions } = selector;
  const name = matchLabels?.[namespaceNameLabel];
  return {
    ...selector,
    ...(name !== undefined && { matchLabels: { ...matchLabels, [namespaceNameLabel]: rename(name) } }),
    ...(matchExpressions && {
      matchExpressions: matchExpressions.map((requirement) =>
        requirement.key === namespaceNameLabel && requirement.values
          ? { ...requirement, values: requirement.values.map(rename) }
          : requirement,
      ),
    }),
  };
};
