import {
  changeAllows,
  changePolicies,
  changePortLists,
  changePorts,
  changeRules,
  withAddresses,
} from './mutant.ts';
import type { NetworkPolicy, NetworkPolicyPort } from '../kube/types.ts';
import type { Allow } from './rules.ts';
import type { Mutant } from './mutant.ts';

const isSctp = ({ protocol }: NetworkPolicyPort): boolean => protocol === 'SCTP';

const speaksOfSctpOnly = ({ spec }: NetworkPolicy): boolean => {
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  return rules.length > 0 && rules.every(({ ports = [] }) => ports.length > 0 && ports.every(isSctp));
};

const isRange = ({ endPort }: NetworkPolicyPort): boolean => endPort !== undefined;
const firstOf = ({ port }: NetworkPolicyPort): number => Number(port);
const lastOf = ({ port, endPort }: NetworkPolicyPort): number => endPort ?? Number(port);

const overlaps = (one: NetworkPolicyPort, other: NetworkPolicyPort): boolean =>
  firstOf(one) <= lastOf(other) && firstOf(other) <= lastOf(one);

/** Leaves each address in the last of the rules that name it. */
const lastNaming = (allows: Allow[]): Allow[] =>
  allows.map((allow, index) => {
    const later = new Set(allows.slice(index + 1).flatMap(({ addresses = [] }) => addresses));
    return withAddresses(allow, (own) => own.filter((address) => !later.has(address)));
  });

/** Bugs in numbered ports, ranges and protocols. */
export const portMutants: readonly Mutant[] = [
  {
    name: 'sctp-as-tcp',
    sentence: 'A rule for SCTP opens the TCP port of that number.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'the security hole that Kubernetes e2e describes for plugins without SCTP',
    killedBy: 'network-policy/protocols/sctp-opens-nothing-else',
    follow: changePorts((port) => [isSctp(port) ? { ...port, protocol: 'TCP' } : port]),
  },
  {
    name: 'sctp-policy-ignored',
    sentence: 'A policy that speaks of SCTP only isolates nothing.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'the security hole that Kubernetes e2e describes for plugins without SCTP',
    killedBy: 'network-policy/protocols/sctp-opens-nothing-else',
    follow: changePolicies((policies) => policies.filter((policy) => !speaksOfSctpOnly(policy))),
  },
  {
    name: 'sctp-port-dropped',
    sentence: 'An SCTP port is left out of its rule, and a rule that has no port left admits all.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'skipping what is not supported without looking at what remains',
    killedBy: 'network-policy/protocols/sctp-opens-nothing-else',
    follow: changePortLists((ports) => ports.filter((port) => !isSctp(port))),
  },
  {
    name: 'end-port-ignored',
    sentence: 'Of a range of ports only the first is opened.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'plugins older than endPort; Kubernetes e2e and the default cases of Cyclonus do not notice',
    killedBy: 'network-policy/ports/end-port',
    follow: changePorts((port) => [typeof port.port === 'number' ? { ...port, endPort: port.port } : port]),
  },
  {
    name: 'end-port-exclusive',
    sentence: 'The last port of a range is left out.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'a half-open interval; Kubernetes e2e and the default cases of Cyclonus do not notice',
    killedBy: 'network-policy/ports/end-port',
    follow: changePorts((port) => [
      port.endPort === undefined || port.endPort === port.port
        ? port
        : { ...port, endPort: port.endPort - 1 },
    ]),
  },
  {
    name: 'end-port-opens-all-above',
    sentence: 'A range of ports has no end.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'a range read as "from this port on"; Kubernetes e2e does not notice',
    killedBy: 'network-policy/ports/end-port',
    follow: changePorts((port) => [port.endPort === undefined ? port : { ...port, endPort: 65_535 }]),
  },
  {
    name: 'protocol-ignored',
    sentence: 'A numbered port is opened for TCP and UDP, whatever its protocol is.',
    feature: 'NetworkPolicyUDP',
    imitates: 'a suite that probes one protocol at a time does not notice',
    killedBy: 'network-policy/protocols/udp-only',
    follow: changePorts((port) => [
      { ...port, protocol: 'TCP' },
      { ...port, protocol: 'UDP' },
    ]),
  },
  {
    name: 'protocol-default-any',
    sentence: 'A port without a protocol is opened for UDP as well.',
    feature: 'NetworkPolicyUDP',
    imitates: 'an absent field taken for "any" instead of its default, TCP',
    killedBy: 'network-policy/protocols/default-is-tcp',
    follow: changePorts((port) =>
      port.protocol === undefined ? [port, { ...port, protocol: 'UDP' }] : [port],
    ),
  },
  {
    name: 'protocol-without-port-opens-all',
    sentence: 'A rule with a protocol and no port admits every protocol.',
    feature: 'NetworkPolicyUDP',
    imitates: 'the absence of a port taken for the absence of the whole entry',
    killedBy: 'network-policy/protocols/protocol-without-port',
    follow: changeRules((rules) =>
      rules.map(({ ports, ...rule }) =>
        ports === undefined || ports.some(({ port }) => port === undefined) ? rule : { ...rule, ports },
      ),
    ),
  },
  {
    name: 'ports-ignored',
    sentence: 'A rule admits its peers on every port.',
    feature: 'NetworkPolicy',
    imitates: 'a suite that probes only the allowed port does not notice',
    killedBy: 'network-policy/ports/numeric-port',
    follow: changeRules((rules) => rules.map((rule) => ({ ...rule, ports: [] }))),
  },
  {
    name: 'first-port-only',
    sentence: 'Of several ports of a rule only the first is opened.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head',
    killedBy: 'network-policy/ports/several-ports',
    follow: changePortLists((ports) => ports.slice(0, 1)),
  },
  {
    name: 'range-overlap-lost',
    sentence: 'A range of ports that overlaps an earlier one of its rule is left out.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'interval sets that refuse what overlaps; Kubernetes e2e has no range, Cyclonus one at a time',
    killedBy: 'network-policy/ports/end-port-overlap',
    follow: changeRules((rules) =>
      rules.map(({ ports = [], ...rule }) => ({
        ...rule,
        ports: ports.filter(
          (port, index) =>
            !isRange(port) || !ports.slice(0, index).some((other) => isRange(other) && overlaps(port, other)),
        ),
      })),
    ),
  },
  {
    name: 'ranges-joined',
    sentence: 'Several ranges of a rule are opened from the lowest port to the highest.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'one minimum and one maximum for a rule; Kubernetes e2e has no range, Cyclonus one at a time',
    killedBy: 'network-policy/ports/end-port-two-ranges',
    follow: changePortLists((ports) => {
      const ranges = ports.filter(isRange);
      const port = Math.min(...ranges.map(firstOf));
      const endPort = Math.max(...ranges.map(lastOf));
      return ports.map((entry) => (isRange(entry) ? { ...entry, port, endPort } : entry));
    }),
  },
  {
    name: 'range-to-the-end-lost',
    sentence: 'A range of ports that ends with 65535 admits nothing.',
    feature: 'NetworkPolicyEndPort',
    imitates:
      'a half-open interval in 16 bits, whose end is 0; no case of Kubernetes e2e and Cyclonus ends there',
    killedBy: 'network-policy/ports/end-port-all',
    follow: changePorts((port) => (port.endPort === 65_535 ? [] : [port])),
  },
  {
    name: 'udp-range-first-port',
    sentence: 'Of a range of UDP ports only the first is opened.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'ranges made for TCP only; Kubernetes e2e has no range at all',
    killedBy: 'network-policy/ports/end-port-udp',
    follow: changePorts((port) => [
      isRange(port) && port.protocol === 'UDP' ? { ...port, endPort: firstOf(port) } : port,
    ]),
  },
  {
    name: 'last-rule-of-a-peer',
    sentence: 'Of several rules that name a pod only the last counts.',
    feature: 'NetworkPolicy',
    imitates: 'a map from peer to ports; a suite with one rule at a time does not notice',
    killedBy: 'network-policy/ports/two-rules-one-peer',
    rules: changeAllows(lastNaming),
  },
  {
    name: 'number-has-one-protocol',
    sentence: 'A port number means the protocol of the last entry of its policy that has it.',
    feature: 'NetworkPolicyUDP',
    imitates: 'a map from number to protocol; no case of Kubernetes e2e has TCP and UDP of one number',
    killedBy: 'network-policy/ports/same-number-two-protocols',
    follow: changeRules((rules) => {
      const protocols = new Map(
        rules.flatMap(({ ports = [] }) => ports.map(({ port, protocol }) => [port, protocol])),
      );
      return rules.map((rule) =>
        rule.ports === undefined
          ? rule
          : {
              ...rule,
              ports: rule.ports.map(({ protocol, ...entry }) => {
                const last = protocols.get(entry.port) ?? protocol;
                return last === undefined ? entry : { ...entry, protocol: last };
              }),
            },
      );
    }),
  },
];
