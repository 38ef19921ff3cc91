import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Protocol,
} from '../kube/types.ts';

export type Direction = 'ingress' | 'egress';

/** A rule of either direction. No peers: everybody; no ports: every port. */
export type Rule = { peers: readonly NetworkPolicyPeer[]; ports: readonly NetworkPolicyPort[] };

/** What one policy says. A direction that is absent is not isolated by it. */
export type PolicyRules = {
  /** `namespace/name` */
  id: string;
  namespace: string;
  podSelector: LabelSelector;
  ingress?: readonly Rule[];
  egress?: readonly Rule[];
};

/**
 * Reads a policy with the API server's defaults filled in: without `policyTypes` it isolates for ingress, and
 * for egress only where it has an egress rule. A null stands for an absent field, as it does in the API.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
 */
export const readPolicy = ({ metadata, spec }: NetworkPolicy): PolicyRules => {
  const namespace = metadata.namespace ?? 'default';
  const ingress = (spec.ingress ?? []).map((rule) => ruleOf(rule?.from, rule?.ports));
  const egress = (spec.egress ?? []).map((rule) => ruleOf(rule?.to, rule?.ports));
  const types = spec.policyTypes ?? [];
  const isolates = (type: 'Ingress' | 'Egress', byDefault: boolean): boolean =>
    types.length === 0 ? byDefault : types.includes(type);
  return {
    id: `${namespace}/${metadata.name}`,
    namespace,
    podSelector: spec.podSelector ?? {},
    ...(isolates('Ingress', true) ? { ingress } : {}),
    ...(isolates('Egress', egress.length > 0) ? { egress } : {}),
  };
};

/**
 * Whether an entry of `ports` admits a protocol and port: surely, never, or where the destination calls the
 * port by this name.
 */
export const matchPort = (
  entry: NetworkPolicyPort,
  protocol: Protocol,
  port: number,
): boolean | { name: string } => {
  const wanted = entry?.port ?? undefined;
  if ((entry?.protocol ?? 'TCP') !== protocol) return false;
  if (typeof wanted === 'string') return { name: wanted };
  return wanted === undefined || (port >= wanted && port <= (entry.endPort ?? wanted));
};

/** `TCP`, `TCP/80`, `UDP/32000-32768`, `TCP/http` */
export const describePort = (entry: NetworkPolicyPort): string => {
  const protocol = entry?.protocol ?? 'TCP';
  if (entry?.port === undefined || entry.port === null) return protocol;
  const { port, endPort } = entry;
  return `${protocol}/${port}${endPort === undefined || endPort === null ? '' : `-${endPort}`}`;
};

const ruleOf = (
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
): Rule => ({ peers: peers ?? [], ports: ports ?? [] });
