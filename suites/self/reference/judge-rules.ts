import { BlockList, isIPv4 } from 'node:net';
import { tierSemantics } from '../../../helpers/reference/tier-semantics.ts';
import type { ProbeProtocol } from '../../../helpers/matrix/matrix.ts';
import type { Decision, PodRules, Side } from '../../../helpers/reference/rules.ts';
import type { PortMatch } from '../../../helpers/reference/semantics.ts';

export type Packet = { source: string; destination: string; protocol: ProbeProtocol; port: number };

/** What compiled rules do to the first packet of a connection, told without nft: both ends must let it pass. */
export const passes = (rules: readonly PodRules[], packet: Packet): boolean =>
  (['egress', 'ingress'] as const).every((side) => {
    const own = side === 'egress' ? packet.source : packet.destination;
    return rules
      .filter(({ addresses }) => addresses.includes(own))
      .every((pod) => passesEnd(pod, side, packet));
  });

const passesEnd = (pod: PodRules, side: Side, packet: Packet): boolean => {
  const { admin, baseline } = pod.tiers?.[side] ?? { admin: [], baseline: [] };
  const allows = pod[side];
  const policies = allows && [
    ...allows.map((allow) => ({ ...allow, action: 'accept' as const })),
    { action: 'deny' as const },
  ];
  for (const stage of tierSemantics.stages({ admin, baseline, ...(policies && { policies }) })) {
    const decision = stage.find((each) => matches(each, side, packet));
    if (decision !== undefined && decision.action !== 'pass') return decision.action === 'accept';
  }
  return true;
};

const matches = ({ addresses, block, ports }: Decision, side: Side, packet: Packet): boolean => {
  const other = side === 'egress' ? packet.destination : packet.source;
  if (addresses?.includes(other) === false) return false;
  if (
    block !== undefined &&
    (!isInside(other, block.cidr) || block.except?.some((cidr) => isInside(other, cidr)))
  )
    return false;
  return ports === undefined || ports.some((port) => matchesPort(port, packet));
};

const matchesPort = ({ protocol, range }: PortMatch, packet: Packet): boolean =>
  protocol === packet.protocol &&
  (range === undefined || (range.first <= packet.port && packet.port <= range.last));

const isInside = (address: string, cidr: string): boolean => {
  const [base = '', length = ''] = cidr.split('/');
  if (isIPv4(address) !== isIPv4(base)) return false;
  const family = isIPv4(base) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(length), family);
  return list.check(address, family);
};
