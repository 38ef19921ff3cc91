import { changeAllows, isIPv6, withAddresses, type Mutant, type Place } from './mutant.ts';
import type { Allow } from './rules.ts';
import type { Pod, State } from './state.ts';

/** Adds to each isolated direction of each pod what `extra` says. */
const leaveOpen = (extra: (place: Place) => Allow): NonNullable<Mutant['rules']> =>
  changeAllows((allows, place) => [...allows, extra(place)]);

const addressesWhere = ({ pods }: State, matches: (pod: Pod) => boolean): string[] =>
  pods.filter(matches).flatMap(({ addresses }) => addresses);

/** Bugs in how right rules meet packets. */
export const dataplaneMutants: readonly Mutant[] = [
  {
    name: 'ingress-ignored',
    sentence: 'Policies are enforced for egress only.',
    feature: 'NetworkPolicy',
    imitates: 'a hook that never sees the packets of one direction',
    killedBy: 'network-policy/isolation/default-deny-ingress',
    rules: (pods) =>
      pods.map(({ name, addresses, egress }) => ({ name, addresses, ...(egress && { egress }) })),
  },
  {
    name: 'egress-ignored',
    sentence: 'Policies are enforced for ingress only.',
    feature: 'NetworkPolicyEgress',
    imitates: 'plugins that support ingress only, as before Kubernetes 1.8',
    killedBy: 'network-policy/isolation/default-deny-egress',
    rules: (pods) =>
      pods.map(({ name, addresses, ingress }) => ({ name, addresses, ...(ingress && { ingress }) })),
  },
  {
    name: 'ipv6-open',
    sentence: 'IPv6 is not filtered.',
    feature: 'NetworkPolicy',
    imitates:
      'plugins that filter with iptables and forget ip6tables; no peer probes the second family of a pod',
    killedBy: 'network-policy/isolation/selected-pods-only',
    rules: (pods) => pods.map((pod) => ({ ...pod, addresses: pod.addresses.filter((one) => !isIPv6(one)) })),
  },
  {
    name: 'ipv6-peers-ignored',
    sentence: 'Rules admit pods over IPv4 only; over IPv6 they stay closed.',
    feature: 'NetworkPolicy',
    imitates: 'status.podIP read instead of status.podIPs; no peer probes the second family of a pod',
    killedBy: 'network-policy/families/selectors-mean-all-addresses',
    rules: changeAllows((allows) =>
      allows.map((allow) => withAddresses(allow, (addresses) => addresses.filter((one) => !isIPv6(one)))),
    ),
  },
  {
    name: 'udp-open',
    sentence: 'UDP is not filtered.',
    feature: 'NetworkPolicyUDP',
    imitates: 'a suite that probes TCP only does not notice',
    killedBy: 'network-policy/ports/several-ports',
    rules: leaveOpen(() => ({ ports: [{ protocol: 'UDP' }] })),
  },
  {
    name: 'cross-node-open',
    sentence: 'Traffic between pods of different nodes is not filtered.',
    feature: 'NetworkPolicy',
    imitates: 'a tunnel that the filter does not see; a suite on one node does not notice',
    killedBy: 'network-policy/isolation/same-node-and-other-node',
    rules: leaveOpen(({ state, node }) => ({ addresses: addressesWhere(state, (pod) => pod.node !== node) })),
  },
  {
    name: 'same-node-open',
    sentence: 'Traffic between pods of one node is not filtered.',
    feature: 'NetworkPolicy',
    imitates: 'bridged traffic that netfilter does not see (bridge-nf-call-iptables off)',
    killedBy: 'network-policy/isolation/same-node-and-other-node',
    rules: leaveOpen(({ state, node }) => ({ addresses: addressesWhere(state, (pod) => pod.node === node) })),
  },
  {
    name: 'same-namespace-open',
    sentence: 'Traffic inside a namespace is not filtered.',
    feature: 'NetworkPolicy',
    imitates: 'namespace isolation taken for NetworkPolicy, as in the multitenant plugins of old',
    killedBy: 'network-policy/isolation/default-deny-ingress',
    rules: leaveOpen(({ pod, state }) => ({
      addresses: addressesWhere(state, ({ namespace }) => pod.name.startsWith(`${namespace}/`)),
    })),
  },
  {
    name: 'egress-overrules-ingress',
    sentence:
      'What the egress rules of the source admit by address is not checked at the destination of the same node.',
    feature: 'NetworkPolicyEgress',
    imitates: 'a filter that ends at the first verdict; both ends must allow',
    killedBy: 'network-policy/isolation/egress-rule-opens-no-ingress',
    text: (text) => text.replaceAll(/^(.* daddr .*) return$/gm, '$1 accept'),
  },
  {
    name: 'replies-dropped',
    sentence: 'Replies are filtered like connections of their own.',
    feature: 'NetworkPolicy',
    imitates: 'a stateless filter',
    killedBy: 'network-policy/isolation/replies-pass',
    text: (text) => text.replaceAll(/^.*ct state established,related accept\n/gm, ''),
  },
  {
    name: 'reject-instead-of-drop',
    sentence: 'Denied packets are answered with an ICMP error.',
    feature: 'NetworkPolicy',
    imitates: 'plugins that reject; ClusterNetworkPolicy conformance fails them',
    survives: 'NetworkPolicy v1 does not say how a connection is denied',
    text: (text) => text.replaceAll(/^(\t+)drop$/gm, '$1reject'),
  },
];
