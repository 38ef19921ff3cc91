import type { Labels } from '../kube/types.ts';
import { listNames, type AuditedPolicy, type View } from './audit-view.ts';
import type { Observation } from './findings.ts';

/** Labels in which deployers leave who they are. */
const ownerLabels = [
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/part-of',
  'app.kubernetes.io/instance',
];

/**
 * Policies that come from a client which they admit, and not from the owner of the namespace that they protect: their
 * file declares the client's namespace and not their own, or they have an owner's label that the client's namespace has
 * as well and their own has otherwise.
 */
export const findMaintainers = (view: View, namespace: string): Observation[] =>
  view.policiesIn(namespace).flatMap((policy): Observation[] => {
    const clients = clientsOf(view, policy);
    const byFile = clients.filter((client) => isFileOf(view, policy, client, namespace));
    const byLabel = clients.filter((client) => sharedOwner(view, policy, client, namespace) !== undefined);
    const found = byFile.length > 0 ? byFile : byLabel;
    const [client] = found;
    if (client === undefined) return [];
    const owner = sharedOwner(view, policy, client, namespace);
    const evidence =
      byFile.length > 0
        ? `its file declares Namespace ${listNames(byFile)} and not ${namespace}`
        : `it has ${owner}, as ${listNames(byLabel)} has and ${namespace} has not`;
    return [
      {
        id: 'client-maintained-policy',
        object: policy.object,
        message: `a client that it admits seems to maintain it: ${evidence}`,
        next: `let the owner of ${namespace} maintain it: they know then who depends on them`,
      },
    ];
  });

/** The other namespaces that a policy admits by a selector which does not mean all. */
const clientsOf = (view: View, { rules }: AuditedPolicy): string[] => {
  const selectors = (rules.ingress ?? []).flatMap(({ peers }) =>
    peers.flatMap((peer) => (peer.namespaceSelector ? [peer.namespaceSelector] : [])),
  );
  const matched = selectors
    .map((selector) => view.matchNamespaces(selector))
    .filter((names) => names.length < view.namespaces.size);
  return [...new Set(matched.flat())].filter((name) => name !== rules.namespace);
};

const isFileOf = ({ sources }: View, policy: AuditedPolicy, client: string, namespace: string): boolean => {
  const file = sources?.get(policy.object)?.file;
  return (
    file !== undefined &&
    sources?.get(`Namespace ${client}`)?.file === file &&
    sources.get(`Namespace ${namespace}`)?.file !== file
  );
};

const sharedOwner = (
  { namespaces }: View,
  { policy }: AuditedPolicy,
  client: string,
  namespace: string,
): string | undefined => {
  const labels: Labels = policy.metadata.labels ?? {};
  const of = (name: string): Labels => namespaces.get(name)?.labels ?? {};
  const key = ownerLabels.find(
    (label) =>
      labels[label] !== undefined &&
      labels[label] === of(client)[label] &&
      of(namespace)[label] !== undefined &&
      of(namespace)[label] !== labels[label],
  );
  return key === undefined ? undefined : `${key}=${labels[key]}`;
};
