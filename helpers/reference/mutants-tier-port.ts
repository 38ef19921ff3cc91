import { changeDecisions, changeTierRules } from './mutant-tier.ts';
import { tierSemantics } from './tier-semantics.ts';
import type { Mutant } from './mutant.ts';
import type { Decision } from './rules.ts';
import type { Protocol } from '../kube/types.ts';

const { resolveInTier } = tierSemantics;
const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Limits what means all traffic to the three protocols that have ports. */
const toPorts = (decision: Decision): Decision =>
  decision.ports === undefined
    ? { ...decision, ports: protocols.map((protocol) => ({ protocol })) }
    : decision;

/** Bugs in named ports, and in traffic that has no port. */
export const tierPortMutants: readonly Mutant[] = [
  {
    name: 'tier-named-port-of-subject',
    sentence: 'A name of a port stands for the number that it has on the subject, also for egress.',
    feature: 'ClusterNetworkPolicyNamedPorts',
    imitates: 'one lookup for both directions; conformance has pods whose names stand for the same numbers',
    killedBy: 'admin/rules/cluster-named-port-egress',
    semantics: { resolveInTier: (name, _destination, subject) => resolveInTier(name, subject, subject) },
  },
  {
    name: 'tier-named-port-tcp-only',
    sentence: 'A name of a port is looked for among TCP ports only.',
    feature: 'ClusterNetworkPolicyNamedPorts',
    imitates: 'NetworkPolicy, where a port that gives no protocol is one of TCP',
    killedBy: 'admin/rules/cluster-named-port-ingress',
    semantics: {
      resolveInTier: (...asked) => resolveInTier(...asked).filter(({ protocol }) => protocol === 'TCP'),
    },
  },
  {
    name: 'tier-named-port-any-protocol',
    sentence: 'A name of a port stands for its number in every protocol.',
    feature: 'BaselineAdminNetworkPolicyNamedPorts',
    imitates: 'a rule that names no protocol taken for one that means them all',
    killedBy: 'admin/rules/baseline-named-port',
    semantics: {
      resolveInTier: (...asked) =>
        resolveInTier(...asked).flatMap((match) => protocols.map((protocol) => ({ ...match, protocol }))),
    },
  },
  {
    name: 'tier-named-port-ignored',
    sentence: 'Rules with a named port match nothing.',
    feature: 'BaselineAdminNetworkPolicyNamedPorts',
    imitates: 'plugins without named ports (ovn-kubernetes#1225)',
    killedBy: 'admin/rules/baseline-named-port',
    semantics: { resolveInTier: () => [] },
  },
  {
    name: 'tier-named-port-means-all',
    sentence: 'A rule with a named port means all ports.',
    feature: 'AdminNetworkPolicyNamedPorts',
    imitates: 'plugins that turn named ports into rules for everything (openshift/origin#31375)',
    killedBy: 'admin/rules/named-port',
    follow: changeTierRules((rules) =>
      rules.map(({ ports, protocols, ...rule }) => {
        const isNamed =
          ports?.some(({ namedPort }) => namedPort !== undefined) ||
          protocols?.some(({ destinationNamedPort }) => destinationNamedPort !== undefined);
        return isNamed ? rule : { ...rule, ...(ports && { ports }), ...(protocols && { protocols }) };
      }),
    ),
  },
  {
    name: 'tier-networks-ignore-icmp',
    sentence: 'Rules with networks do not match ICMP.',
    feature: 'ClusterNetworkPolicyNetworks',
    imitates:
      'aws-network-policy-agent#207 and others: filters for protocols with ports; no suite sends ICMP',
    killedBy: 'admin/networks/include-icmp',
    rules: changeDecisions((decisions) =>
      decisions.map((decision) => (decision.block === undefined ? decision : toPorts(decision))),
    ),
  },
  {
    name: 'tier-pods-ignore-icmp',
    sentence: 'Rules whose peers are pods do not match ICMP.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'filters for protocols with ports',
    survives: 'only of networks the API says that they match ICMP',
    rules: changeDecisions((decisions, { state }) => {
      const pods = new Set(
        state.pods.filter(({ hostNetwork }) => !hostNetwork).flatMap(({ addresses }) => addresses),
      );
      return decisions.map((decision) =>
        decision.addresses?.some((address) => pods.has(address)) ? toPorts(decision) : decision,
      );
    }),
  },
  {
    name: 'tier-replies-dropped',
    sentence: 'Where a rule of a tier denies something, replies are judged like connections of their own.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'filters of tiers without connection tracking, before those of NetworkPolicy that have it',
    killedBy: 'admin/established/replies-pass',
    text: (text) =>
      /^.+ drop$/m.test(text) ? text.replaceAll(/^.*ct state established,related accept\n/gm, '') : text,
  },
  {
    name: 'tier-deny-rejects',
    sentence: 'What a rule of a tier denies is answered with an ICMP error.',
    feature: 'SilentDeny',
    imitates: 'plugins that reject: "Deny: Drops the traffic" is what the API says',
    killedBy: 'admin/rules/cluster-deny-is-silent',
    text: (text) => text.replaceAll(/^(.+ )drop$/gm, '$1reject'),
  },
];
