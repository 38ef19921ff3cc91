import type { LabelSelector } from '../kube/types.ts';
import type { Action, Decision, TierDecisions } from './rules.ts';
import type { Candidate, NetworkPolicySemantics, PortMatch } from './semantics.ts';
import { ownsAddresses, type Node, type Pod, type State } from './state.ts';
import type { PodPeer, TierPolicy } from './tier-policies.ts';

/** What decides over one direction of a pod. `policies` is absent where no NetworkPolicy isolates. */
export type Parts = TierDecisions & { policies?: Decision[] };

type Selects = NetworkPolicySemantics['selects'];

/** The decisions of the tiers that a deliberate bug may replace. */
export type TierSemantics = {
  /** Whether a pod can be subject or peer at all. */
  isTierPod: (pod: Pod) => boolean;
  isSubject: (subject: PodPeer, candidate: Candidate, selects: Selects) => boolean;
  isPeer: (peer: PodPeer, candidate: Candidate, selects: Selects) => boolean;
  /** `own` is the name of the node whose pods get the rules. */
  isNodePeer: (nodes: LabelSelector, node: Node, own: string, selects: Selects) => boolean;
  /** What is known of a domain name now. */
  addressesOfName: (name: string, state: State) => readonly string[];
  /** The policies of one tier in the order in which they are asked. */
  orderTier: (policies: TierPolicy[]) => TierPolicy[];
  /** What a port's name stands for. `subject` is the pod that the policy selects; ingress: the same as `destination`. */
  resolveInTier: (name: string, destination: Pod, subject: Pod) => PortMatch[];
  /**
   * What a rule does that has a peer or port we do not know: undefined where only that one matches nothing. Otherwise a
   * peer makes the rule do this to all traffic of the direction, a port to all traffic with its peers.
   */
  meetUnknown: (action: Action) => Action | undefined;
  /** Stages that are asked one after the other: each until a rule passes or there are no more. After the last: accept. */
  stages: (parts: Parts) => Decision[][];
};

const selectsPod = (
  { namespaceSelector, podSelector = {} }: PodPeer,
  { pod, namespaceLabels }: Candidate,
  selects: Selects,
): boolean => selects(namespaceSelector, namespaceLabels) && selects(podSelector, pod.labels);

/** https://network-policy-api.sigs.k8s.io/api-overview/ */
export const tierSemantics: TierSemantics = {
  isTierPod: ownsAddresses,
  isSubject: selectsPod,
  isPeer: selectsPod,
  isNodePeer: (nodes, { labels }, _own, selects) => selects(nodes, labels),
  addressesOfName: (name, { domainNames }) => domainNames?.[name] ?? [],

  // Which of equal priorities comes first is not specified, but all must apply, and on all nodes alike.
  orderTier: (policies) => policies.toSorted((a, b) => a.priority - b.priority || compareNames(a, b)),

  resolveInTier: (name, destination) =>
    destination.ports
      .filter((port) => port.name === name)
      .map(({ protocol, port }) => ({ protocol, range: { first: port, last: port } })),

  // Fail closed. The API says so of peers only; ports follow it.
  meetUnknown: (action) => (action === 'accept' ? undefined : 'deny'),

  // NetworkPolicies have the last word on the pods that they isolate.
  stages: ({ admin, policies, baseline }) => [admin, policies ?? baseline],
};

const compareNames = (a: TierPolicy, b: TierPolicy): number =>
  `${a.name}/${a.kind}` < `${b.name}/${b.kind}` ? -1 : 1;
