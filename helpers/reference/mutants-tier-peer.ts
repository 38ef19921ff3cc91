import { changeDecisions, changeTierPeers } from './mutant-tier.ts';
import { requirementsOf } from './semantics.ts';
import { tierSemantics } from './tier-semantics.ts';
import type { AdminPeer, LabelSelector } from '../kube/types.ts';
import { isIPv6, type Follow, type Mutant } from './mutant.ts';
import type { State } from './state.ts';

const { isSubject, isPeer, isNodePeer } = tierSemantics;

/** Changes the networks of each peer that has some; without any such a peer means nothing. */
const changeNetworks = (change: (networks: string[]) => string[]): Follow =>
  changeTierPeers((peers) =>
    peers.flatMap((peer): AdminPeer[] => {
      if (peer.networks === undefined) return [peer];
      const networks = change(peer.networks);
      return networks.length === 0 ? [] : [{ networks }];
    }),
  );

/** Takes addresses out of all networks. */
const exceptFromNetworks = (addressesOf: (state: State) => string[]): NonNullable<Mutant['rules']> =>
  changeDecisions((decisions, { state }) =>
    decisions.map((decision) => {
      const { block } = decision;
      if (block === undefined) return decision;
      const isSix = isIPv6(block.cidr);
      const others = addressesOf(state).filter((address) => isIPv6(address) === isSix);
      const except = others.map((address) => `${address}/${isSix ? 128 : 32}`);
      return { ...decision, block: { ...block, except: [...(block.except ?? []), ...except] } };
    }),
  );

const podAddresses = ({ pods }: State): string[] =>
  pods.filter(({ hostNetwork }) => hostNetwork !== true).flatMap(({ addresses }) => addresses);

const labelsOnly = ({ matchLabels = {} }: LabelSelector): LabelSelector => ({ matchLabels });

/** Bugs in whom subjects and peers mean. */
export const tierPeerMutants: readonly Mutant[] = [
  {
    name: 'tier-subject-empty-means-none',
    sentence: 'A subject with an empty selector of namespaces selects no pod.',
    feature: 'AdminNetworkPolicy',
    imitates: 'an empty selector taken for an absent one, which matches nothing',
    killedBy: 'admin/subjects/every-namespace',
    semantics: {
      isSubject: (subject, ...rest) =>
        (subject.podSelector !== undefined || requirementsOf(subject.namespaceSelector).length > 0) &&
        isSubject(subject, ...rest),
    },
  },
  {
    name: 'tier-subject-ignores-pod-selector',
    sentence: 'The subject is every pod of the selected namespaces, whatever its podSelector says.',
    feature: 'AdminNetworkPolicy',
    imitates: 'network-policy-api#104: "all conformance tests are only testing on a namespace level"',
    killedBy: 'admin/subjects/pods-by-label',
    semantics: {
      isSubject: ({ namespaceSelector }, ...rest) => isSubject({ namespaceSelector }, ...rest),
    },
  },
  {
    name: 'tier-subject-ignores-namespace-selector',
    sentence: 'The subject is every pod that its podSelector selects, in whatever namespace.',
    feature: 'AdminNetworkPolicy',
    imitates: 'a cluster-wide policy whose pods are looked up in the whole cluster',
    killedBy: 'admin/subjects/pods-by-label',
    semantics: {
      isSubject: (subject, ...rest) =>
        isSubject(
          subject.podSelector === undefined ? subject : { ...subject, namespaceSelector: {} },
          ...rest,
        ),
    },
  },
  {
    name: 'tier-peer-ignores-pod-selector',
    sentence: 'A peer means every pod of the selected namespaces, whatever its podSelector says.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'network-policy-api#104: "all conformance tests are only testing on a namespace level"',
    killedBy: 'admin/peers/both-selectors-are-anded',
    semantics: { isPeer: ({ namespaceSelector }, ...rest) => isPeer({ namespaceSelector }, ...rest) },
  },
  {
    name: 'tier-peer-either-selector',
    sentence: 'A peer with both selectors means pods that satisfy either of them.',
    feature: 'AdminNetworkPolicy',
    imitates: 'two selectors that are looked up apart and put together',
    killedBy: 'admin/peers/egress-both-selectors',
    semantics: {
      isPeer: ({ namespaceSelector, podSelector }, candidate, selects) =>
        selects(namespaceSelector, candidate.namespaceLabels) ||
        (podSelector !== undefined && selects(podSelector, candidate.pod.labels)),
    },
  },
  {
    name: 'tier-expressions-ignored',
    sentence: 'Of the selectors of subjects and peers only matchLabels counts.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'selectors written again for a new kind; no conformance test of the tiers has an expression',
    killedBy: 'admin/peers/pods-by-expressions',
    semantics: {
      isSubject: (subject, candidate, selects) =>
        isSubject(subject, candidate, (selector, labels) => selects(labelsOnly(selector), labels)),
      isPeer: (peer, candidate, selects) =>
        isPeer(peer, candidate, (selector, labels) => selects(labelsOnly(selector), labels)),
    },
  },
  {
    name: 'tier-host-network-as-peer',
    sentence: 'Peers also mean the pods in the host network, and with them their nodes.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'the leak of node addresses that kube-network-policies tests for; no other suite has such pods',
    killedBy: 'admin/peers/host-network-denied',
    semantics: { isTierPod: ({ phase }) => phase === undefined },
  },
  {
    name: 'tier-first-peer-only',
    sentence: 'Only the first peer of a rule counts.',
    feature: 'AdminNetworkPolicy',
    imitates: 'one rule of the data path for each rule of the policy',
    killedBy: 'admin/peers/several-are-ored',
    follow: changeTierPeers((peers) => peers.slice(0, 1)),
  },
  {
    name: 'tier-networks-forget-ipv6',
    sentence: 'Networks of IPv6 match nothing.',
    feature: 'AdminNetworkPolicyNetworks',
    imitates: 'plugins that were conformant on clusters of IPv4; conformance runs on one family at a time',
    killedBy: 'admin/families/network-per-family',
    follow: changeNetworks((networks) => networks.filter((cidr) => !isIPv6(cidr))),
  },
  {
    name: 'tier-networks-forget-pods',
    sentence: 'Networks match addresses outside the cluster only, as those of an ipBlock.',
    feature: 'ClusterNetworkPolicyNetworks',
    imitates: 'Cilium, which does not match addresses of pods by ranges (cilium#9209)',
    killedBy: 'admin/networks/one-family-only',
    rules: exceptFromNetworks(podAddresses),
  },
  {
    name: 'tier-networks-forget-nodes',
    sentence: 'Networks do not match the addresses of nodes.',
    feature: 'AdminNetworkPolicyNetworks',
    imitates: 'plugins that know nodes by an identity of their own, and no address any more',
    killedBy: 'admin/networks/all-addresses',
    rules: exceptFromNetworks(({ nodes }) => nodes.flatMap(({ addresses }) => addresses)),
  },
  {
    name: 'tier-first-network-only',
    sentence: 'Only the first of the networks of a peer counts.',
    feature: 'AdminNetworkPolicyNetworks',
    imitates: 'an ipBlock, which has a single cidr',
    killedBy: 'admin/networks/several-in-one-peer',
    follow: changeNetworks((networks) => networks.slice(0, 1)),
  },
  {
    name: 'tier-nodes-own-only',
    sentence: 'A peer of nodes means only the own node of the subject.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'an identity for the local host and another one for the rest',
    killedBy: 'admin/nodes/every-node',
    semantics: {
      isNodePeer: (nodes, node, own, selects) => node.name === own && isNodePeer(nodes, node, own, selects),
    },
  },
  {
    name: 'tier-nodes-empty-means-none',
    sentence: 'A peer of nodes with an empty selector means no node.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'an empty selector taken for an absent one; conformance selects nodes by a label that all have',
    killedBy: 'admin/nodes/every-node',
    semantics: {
      isNodePeer: (nodes, ...rest) => requirementsOf(nodes).length > 0 && isNodePeer(nodes, ...rest),
    },
  },
  {
    name: 'tier-nodes-ignore-labels',
    sentence: 'A peer of nodes means every node, whatever its selector says.',
    feature: 'AdminNetworkPolicyEgressNodePeers',
    imitates: 'one set for all nodes; conformance selects nodes by a label that all have',
    killedBy: 'admin/nodes/by-label',
    semantics: { isNodePeer: () => true },
  },
  {
    name: 'tier-nodes-first-address-only',
    sentence: 'A peer of nodes means the first address of each node.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'plugins that know one address of a node; conformance runs on one family at a time',
    killedBy: 'admin/nodes/every-node',
    follow: () => (state) => ({
      ...state,
      nodes: state.nodes.map((node) => ({ ...node, addresses: node.addresses.slice(0, 1) })),
    }),
  },
  {
    name: 'tier-nodes-mean-pods-too',
    sentence: 'A peer of nodes also means the pods on them.',
    feature: 'ClusterNetworkPolicyEgressNodePeers',
    imitates: 'nodes known by the range of addresses that is theirs',
    killedBy: 'admin/nodes/every-node',
    follow: () => (state) => ({
      ...state,
      nodes: state.nodes.map((node) => ({
        ...node,
        addresses: [
          ...node.addresses,
          ...state.pods.filter((pod) => pod.node === node.name).flatMap(({ addresses }) => addresses),
        ],
      })),
    }),
  },
  {
    name: 'tier-unknown-deny-opens',
    sentence: 'A peer or port that the plugin does not know matches nothing, also in a rule that denies.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'kube-network-policies, which skips an unknown peer or protocol whatever the action',
    survives:
      'the API server takes no peer or port that its schema does not know, and who a domain name is no object says',
    semantics: { meetUnknown: () => undefined },
  },
];
