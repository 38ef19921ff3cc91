import { changePolicies, changePorts, changeRules } from './mutant.ts';
import { networkPolicySemantics } from './semantics.ts';
import type { NetworkPolicy, NetworkPolicyPort } from '../kube/types.ts';
import type { Mutant } from './mutant.ts';

const { resolve } = networkPolicySemantics;

const isSctp = ({ protocol }: NetworkPolicyPort): boolean => protocol === 'SCTP';

const speaksOfSctpOnly = ({ spec }: NetworkPolicy): boolean => {
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  return rules.length > 0 && rules.every(({ ports = [] }) => ports.length > 0 && ports.every(isSctp));
};

/** Bugs in ports and protocols. */
export const portMutants: readonly Mutant[] = [
  {
    name: 'named-port-any-protocol',
    sentence: 'A named port is looked up by its name alone and opened for the protocol of the rule.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'a map of port names without the protocol; no suite gives the same name another protocol',
    semantics: {
      resolve: (name, protocol, { ports }) =>
        ports
          .filter((port) => port.name === name)
          .map(({ port }) => ({ protocol, range: { first: port, last: port } })),
    },
  },
  {
    name: 'named-port-of-the-source',
    sentence: 'A named port of an egress rule is looked up on the pod that sends.',
    feature: 'NetworkPolicyNamedPort',
    imitates:
      'a suite in which each name has one number in all pods (Kubernetes e2e, Cyclonus) does not notice',
    semantics: {
      resolve: (name, protocol, _destination, subject) => resolve(name, protocol, subject, subject),
    },
  },
  {
    name: 'named-port-unresolved-opens-all',
    sentence: 'A named port that the pod does not have opens all its ports of that protocol.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'plugins that turn named ports into allow-all rules (openshift/origin#31375)',
    semantics: {
      resolve: (name, protocol, ...pods) => {
        const found = resolve(name, protocol, ...pods);
        return found.length === 0 ? [{ protocol }] : found;
      },
    },
  },
  {
    name: 'named-port-closed',
    sentence: 'A rule with a named port admits nothing.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'plugins without named ports (ovn-kubernetes#1225)',
    semantics: { resolve: () => [] },
  },
  {
    name: 'sctp-as-tcp',
    sentence: 'A rule for SCTP opens the TCP port of that number.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'the security hole that Kubernetes e2e describes for plugins without SCTP',
    follow: changePorts((port) => [isSctp(port) ? { ...port, protocol: 'TCP' } : port]),
  },
  {
    name: 'sctp-policy-ignored',
    sentence: 'A policy that speaks of SCTP only isolates nothing.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'the security hole that Kubernetes e2e describes for plugins without SCTP',
    follow: changePolicies((policies) => policies.filter((policy) => !speaksOfSctpOnly(policy))),
  },
  {
    name: 'sctp-port-dropped',
    sentence: 'An SCTP port is left out of its rule, and a rule that has no port left admits all.',
    feature: 'NetworkPolicySCTPFailClosed',
    imitates: 'skipping what is not supported without looking at what remains',
    follow: changeRules((rules) =>
      rules.map((rule) =>
        rule.ports === undefined ? rule : { ...rule, ports: rule.ports.filter((port) => !isSctp(port)) },
      ),
    ),
  },
  {
    name: 'end-port-ignored',
    sentence: 'Of a range of ports only the first is opened.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'plugins older than endPort; Kubernetes e2e and the default cases of Cyclonus do not notice',
    follow: changePorts((port) => [typeof port.port === 'number' ? { ...port, endPort: port.port } : port]),
  },
  {
    name: 'end-port-exclusive',
    sentence: 'The last port of a range is left out.',
    feature: 'NetworkPolicyEndPort',
    imitates: 'a half-open interval; Kubernetes e2e and the default cases of Cyclonus do not notice',
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
    follow: changePorts((port) => [port.endPort === undefined ? port : { ...port, endPort: 65_535 }]),
  },
  {
    name: 'protocol-ignored',
    sentence: 'A numbered port is opened for TCP and UDP, whatever its protocol is.',
    feature: 'NetworkPolicyUDP',
    imitates: 'a suite that probes one protocol at a time does not notice',
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
    follow: changePorts((port) =>
      port.protocol === undefined ? [port, { ...port, protocol: 'UDP' }] : [port],
    ),
  },
  {
    name: 'protocol-without-port-opens-all',
    sentence: 'A rule with a protocol and no port admits every protocol.',
    feature: 'NetworkPolicyUDP',
    imitates: 'the absence of a port taken for the absence of the whole entry',
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
    follow: changeRules((rules) => rules.map((rule) => ({ ...rule, ports: [] }))),
  },
  {
    name: 'first-port-only',
    sentence: 'Of several ports of a rule only the first is opened.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head',
    follow: changeRules((rules) =>
      rules.map((rule) => (rule.ports === undefined ? rule : { ...rule, ports: rule.ports.slice(0, 1) })),
    ),
  },
];
