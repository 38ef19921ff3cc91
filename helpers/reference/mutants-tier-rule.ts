import { changeTierPorts, changeTierRules } from './mutant-tier.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { AdminPort, AdminProtocol, DestinationPort } from '../kube/types.ts';

type Range = { start: number; end: number };

/** Changes the ranges of ports of both versions. */
const changeRanges = (change: (range: Range) => Range): Follow => {
  const inPort = (port: AdminPort): AdminPort =>
    port.portRange === undefined ? port : { portRange: { ...port.portRange, ...change(port.portRange) } };
  const inProtocol = (protocol: AdminProtocol): AdminProtocol =>
    changeDestination(protocol, (port) => (port.range === undefined ? port : { range: change(port.range) }));
  return changeTierPorts({
    ports: (ports) => ports.map(inPort),
    protocols: (protocols) => protocols.map(inProtocol),
  });
};

const changeDestination = (
  protocol: AdminProtocol,
  change: (port: DestinationPort) => DestinationPort,
): AdminProtocol =>
  Object.fromEntries(
    Object.entries(protocol).map(([word, entry]) => [
      word,
      typeof entry === 'string' || entry.destinationPort === undefined
        ? entry
        : { destinationPort: change(entry.destinationPort) },
    ]),
  );

/** Takes one protocol for another, in both versions. */
const takeFor = (from: 'UDP' | 'SCTP', to: 'TCP'): Follow => {
  const swap = <Port extends { protocol?: string }>(port: Port): Port =>
    port.protocol === from ? { ...port, protocol: to } : port;
  const word = from === 'UDP' ? 'udp' : 'sctp';
  return changeTierPorts({
    ports: (ports) =>
      ports.map(({ portNumber, portRange, ...port }) => ({
        ...port,
        ...(portNumber && { portNumber: swap(portNumber) }),
        ...(portRange && { portRange: swap(portRange) }),
      })),
    protocols: (protocols) =>
      protocols.map((protocol) => {
        const entry = protocol[word];
        return entry === undefined ? protocol : { tcp: entry };
      }),
  });
};

/** Bugs in the rules of a policy, in their order, number and ports. */
export const tierRuleMutants: readonly Mutant[] = [
  {
    name: 'tier-rules-reversed',
    sentence: 'The last rule of a policy is asked first.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'rules that are inserted at the top of a chain one after the other',
    killedBy: 'admin/rules/cluster-ingress-order',
    follow: changeTierRules((rules) => rules.toReversed()),
  },
  {
    name: 'tier-denies-first',
    sentence: 'Of the rules of a policy those that deny are asked first.',
    feature: 'AdminNetworkPolicy',
    imitates: 'Cilium, in whose own policies a deny wins over whatever allows',
    killedBy: 'admin/rules/ingress-order',
    follow: changeTierRules((rules) => [
      ...rules.filter(({ action }) => action === 'Deny'),
      ...rules.filter(({ action }) => action !== 'Deny'),
    ]),
  },
  {
    name: 'tier-first-rule-only',
    sentence: 'Only the first rule of each direction counts.',
    feature: 'BaselineAdminNetworkPolicy',
    imitates: 'a plugin that was only tried with policies of one rule, as in most examples',
    killedBy: 'admin/rules/baseline-order',
    follow: changeTierRules((rules) => rules.slice(0, 1)),
  },
  {
    name: 'tier-twenty-rules-only',
    sentence: 'Only the first 20 rules of a direction count.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'a table of fixed size; 25 rules may be, and no conformance test has more than six',
    killedBy: 'admin/limits/cluster-twenty-five-rules',
    follow: changeTierRules((rules) => rules.slice(0, 20)),
  },
  {
    name: 'tier-first-port-only',
    sentence: 'Only the first port of a rule counts.',
    feature: 'AdminNetworkPolicy',
    imitates: 'one rule of the data path for each rule of the policy; no conformance rule has two ports',
    killedBy: 'admin/limits/hundred-ports',
    follow: changeTierPorts({
      ports: (ports) => ports.slice(0, 1),
      protocols: (protocols) => protocols.slice(0, 1),
    }),
  },
  {
    name: 'tier-range-end-exclusive',
    sentence: 'A range of ports ends before its last port.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'half-open ranges; in the whole conformance suite of v0.2.0 there is a single range',
    killedBy: 'admin/rules/cluster-range',
    follow: changeRanges(({ start, end }) => ({ start, end: end - 1 })),
  },
  {
    name: 'tier-range-start-only',
    sentence: 'Of a range of ports only the first port counts.',
    feature: 'AdminNetworkPolicy',
    imitates: 'plugins older than endPort; in the whole conformance suite of v0.2.0 there is a single range',
    killedBy: 'admin/rules/port-range',
    follow: changeRanges(({ start }) => ({ start, end: start })),
  },
  {
    name: 'tier-range-open-ended',
    sentence: 'A range of ports goes on to the last port that there is.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'ranges by masks that are rounded up; a suite that asks inside the range only does not notice',
    killedBy: 'admin/rules/cluster-range',
    follow: changeRanges(({ start }) => ({ start, end: 65_535 })),
  },
  {
    name: 'tier-ports-ignored',
    sentence: 'A rule with ports means all traffic of its peers.',
    feature: 'AdminNetworkPolicy',
    imitates: 'rules by address alone; a suite that probes the port of the rule only does not notice',
    killedBy: 'admin/rules/at-a-port',
    follow: changeTierRules((rules) =>
      rules.map(({ ports: _ports, protocols: _protocols, ...rule }) => rule),
    ),
  },
  {
    name: 'tier-portless-means-tcp',
    sentence: 'A rule without ports means TCP only.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'the default of a protocol taken for that of a list; a suite that probes TCP only does not notice',
    killedBy: 'admin/families/selectors-mean-all-addresses',
    follow: changeTierRules((rules) =>
      rules.map((rule) =>
        rule.ports === undefined && rule.protocols === undefined
          ? { ...rule, ports: [{ portRange: { start: 1, end: 65_535 } }] }
          : rule,
      ),
    ),
  },
  {
    name: 'tier-udp-ports-as-tcp',
    sentence: 'A rule for a UDP port means that TCP port.',
    feature: 'AdminNetworkPolicy',
    imitates:
      'the protocol lost between the port and the rule; a suite that probes the denied port only does not notice',
    killedBy: 'admin/rules/at-a-port',
    follow: takeFor('UDP', 'TCP'),
  },
  {
    name: 'tier-sctp-ports-as-tcp',
    sentence: 'A rule for an SCTP port means that TCP port.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'plugins without SCTP that take what they do not know for the default',
    killedBy: 'admin/rules/cluster-sctp',
    follow: takeFor('SCTP', 'TCP'),
  },
];
