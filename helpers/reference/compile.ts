import { addressesOf, namedPortAllows } from './rules.ts';
import { referenceSemantics } from './semantics.ts';
import { nameOf, ownsAddresses } from './state.ts';
import { compileTiers } from './tiers.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  PolicyType,
  Protocol,
} from '../kube/types.ts';
import type { Allow, PodRules } from './rules.ts';
import type { PortMatch, Semantics } from './semantics.ts';
import type { Pod, State } from './state.ts';

type Rule = { peers: NetworkPolicyPeer[]; ports: NetworkPolicyPort[] };
type Context = {
  candidates: Pod[];
  peerPods: (peer: NetworkPolicyPeer, namespace: string) => Pod[];
} & Semantics;

/**
 * The rules for the pods of one node: both ends are checked, each on its own node. Pods that do not own their addresses
 * are neither subjects nor peers.
 */
export const compile = (
  state: State,
  node: string,
  semantics: Semantics = referenceSemantics,
): PodRules[] => {
  const context = createContext(state, semantics);
  const tiersOf = compileTiers(state, node, semantics);
  const policies = Map.groupBy(state.policies, ({ metadata }) => metadata.namespace ?? '');
  return state.pods
    .filter((pod) => ownsAddresses(pod) && pod.node === node && pod.addresses.length > 0)
    .map((pod) => {
      const selecting = (policies.get(pod.namespace) ?? []).filter(({ spec }) =>
        semantics.selects(spec.podSelector ?? {}, pod.labels),
      );
      const ingress = directionOf('Ingress', pod, selecting, context);
      const egress = directionOf('Egress', pod, selecting, context);
      return {
        name: nameOf(pod),
        addresses: pod.addresses,
        ...(ingress === undefined ? {} : { ingress }),
        ...(egress === undefined ? {} : { egress }),
        ...tiersOf(pod),
      };
    })
    .filter(({ ingress, egress, tiers }) => (ingress ?? egress ?? tiers) !== undefined);
};

const createContext = (state: State, semantics: Semantics): Context => {
  const candidates = state.pods.filter(semantics.canBePeer);
  const labels = new Map(state.namespaces.map((namespace) => [namespace.name, namespace.labels]));
  const known = new Map<NetworkPolicyPeer, Pod[]>();
  const find = (peer: NetworkPolicyPeer, policyNamespace: string): Pod[] =>
    candidates.filter((pod) =>
      semantics.matchesPeer(
        peer,
        { pod, namespaceLabels: labels.get(pod.namespace) ?? {} },
        policyNamespace,
        semantics.selects,
      ),
    );
  const peerPods = (peer: NetworkPolicyPeer, policyNamespace: string): Pod[] => {
    const pods = known.get(peer) ?? find(peer, policyNamespace);
    known.set(peer, pods);
    return pods;
  };
  return { ...semantics, candidates, peerPods };
};

const directionOf = (
  direction: PolicyType,
  pod: Pod,
  selecting: NetworkPolicy[],
  context: Context,
): Allow[] | undefined => {
  const isolating = selecting.filter((policy) => context.isolates(policy, direction));
  if (isolating.length === 0) return undefined;
  return context
    .combine(isolating)
    .flatMap((policy) =>
      rulesOf(policy, direction).flatMap((rule) =>
        direction === 'Ingress'
          ? ingressAllows(rule, pod, policy.metadata.namespace ?? '', context)
          : egressAllows(rule, pod, policy.metadata.namespace ?? '', context),
      ),
    );
};

const rulesOf = ({ spec }: NetworkPolicy, direction: PolicyType): Rule[] =>
  direction === 'Ingress'
    ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }))
    : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }));

/** The other ends that a rule admits, without its ports. No peers at all: anybody. */
const otherEnds = (peers: NetworkPolicyPeer[], namespace: string, context: Context): Allow[] => {
  if (peers.length === 0) return [{}];
  const blocks = peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [{ block: ipBlock }]));
  const pods = peers.filter(({ ipBlock }) => ipBlock === undefined);
  return [{ addresses: addressesOf(pods.flatMap((peer) => context.peerPods(peer, namespace))) }, ...blocks];
};

const ingressAllows = (
  { peers, ports }: Rule,
  subject: Pod,
  namespace: string,
  context: Context,
): Allow[] => {
  const ends = otherEnds(peers, namespace, context);
  if (ports.length === 0) return ends;
  const named = namedPorts(ports).flatMap(({ name, protocol }) =>
    context.resolve(name, protocol, subject, subject),
  );
  const matches = [...ports.flatMap(numberedPort), ...named];
  return matches.length === 0 ? [] : ends.map((end) => ({ ...end, ports: matches }));
};

const egressAllows = ({ peers, ports }: Rule, subject: Pod, namespace: string, context: Context): Allow[] => {
  const ends = otherEnds(peers, namespace, context);
  if (ports.length === 0) return ends;
  const numbered = ports.flatMap(numberedPort);
  return [
    ...(numbered.length === 0 ? [] : ends.map((end) => ({ ...end, ports: numbered }))),
    ...namedPorts(ports).flatMap(({ name, protocol }) =>
      ends.flatMap((end) =>
        namedPortAllows(end, context.candidates, (pod) => context.resolve(name, protocol, pod, subject)),
      ),
    ),
  ];
};

const numberedPort = ({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): PortMatch[] => {
  if (typeof port === 'string') return [];
  return [port === undefined ? { protocol } : { protocol, range: { first: port, last: endPort ?? port } }];
};

const namedPorts = (ports: NetworkPolicyPort[]): { name: string; protocol: Protocol }[] =>
  ports.flatMap(({ port, protocol = 'TCP' }) => (typeof port === 'string' ? [{ name: port, protocol }] : []));
