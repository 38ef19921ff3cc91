type Alternatives = { about: string; open: string; closed: string };

const verdict = (about: string): Alternatives => ({ about, open: 'allowed', closed: 'denied' });
const match = (about: string): Alternatives => ({ about, open: 'matched', closed: 'not matched' });
const flow = (about: string): Alternatives => ({ about, open: 'kept', closed: 'cut' });
const packets = (about: string): Alternatives => ({ about, open: 'pass', closed: 'lost' });

/**
 * The closed list of what a plugin may do either way, because the API leaves it open. A scenario names at most one of
 * them; what its `?` cells are seen to be, open or closed, is told in the word given here and never failed.
 */
export const properties = {
  icmp: verdict('ICMP echo to and from an isolated pod'),
  'icmp-with-portless-rule': verdict('ICMP echo that a rule without ports would admit'),
  'icmp-with-port-rule': verdict('ICMP echo between pods that a rule with ports connects'),
  'icmp-errors': packets('ICMP errors that answer admitted packets'),
  hairpin: verdict('an isolated pod asks itself through its own Service'),
  'pod-ip-in-ipBlock': match('an ipBlock that holds the address of a pod'),
  'service-ip-in-ipBlock': match(
    'an ipBlock in egress that holds the address of a Service, not those of its pods',
  ),
  'established-tcp': flow('a TCP connection that is open when a policy denies it'),
  'established-udp': flow('a UDP flow that is under way when a policy denies it'),
  'established-tcp-under-admin-deny': flow(
    'a TCP connection that is open when a rule of the Admin tier denies it',
  ),
  'established-udp-under-admin-deny': flow(
    'a UDP flow that is under way when a rule of the Admin tier denies it',
  ),
  'established-tcp-under-baseline-deny': flow(
    'a TCP connection that is open when a rule of the Baseline tier denies it',
  ),
  'host-network-subject': {
    about: 'a host-network pod that a policy selects',
    open: 'not isolated',
    closed: 'isolated',
  },
  'host-network-peer': match('a host-network pod that a selector of a rule matches'),
  'node-address-in-ipBlock': match('an ipBlock that holds the address of a node'),
  'egress-to-own-node': verdict('a pod isolated for egress asks its own node'),
  'baseline-beside-other-direction': verdict(
    'what the Baseline tier denies a pod in a direction for which no NetworkPolicy isolates it, but one does for the other',
  ),
  'node-port-under-deny': verdict('a pod isolated for ingress is asked through a node port'),
  // The admin tiers: icmp-under-TIER-RULES. A rule "for all traffic" has pods or namespaces for peers, and no protocols.
  'icmp-under-admin-deny': verdict('ICMP echo of a pod of which an Admin rule denies all traffic'),
  'icmp-under-admin-egress-deny': verdict('ICMP echo to a pod to which an Admin rule denies all traffic'),
  'icmp-under-admin-accept': verdict('ICMP echo of a pod that is accepted, above a Deny of all pods'),
  'icmp-under-admin-accept-with-ports': verdict(
    'ICMP echo of a pod that is accepted at a port, above a Deny of all its traffic',
  ),
  'icmp-under-admin-pass': verdict('ICMP echo of a pod that is passed on, above a Deny of all pods'),
  'icmp-under-admin-networks': verdict('ICMP echo to networks that an AdminNetworkPolicy denies'),
  'icmp-under-baseline-deny': verdict('ICMP echo of a pod of which a Baseline rule denies all traffic'),
  'icmp-under-baseline-egress-deny': verdict(
    'ICMP echo to a pod to which a Baseline rule denies all traffic',
  ),
  'icmp-under-baseline-accept': verdict(
    'ICMP echo of a pod that the baseline accepts, above a Deny of all pods',
  ),
  'icmp-under-baseline-accept-with-ports': verdict(
    'ICMP echo of a pod that the baseline accepts at a port, above a Deny of all its traffic',
  ),
  'icmp-under-baseline-networks': verdict('ICMP echo to networks that the BaselineAdminNetworkPolicy denies'),
  'icmp-errors-under-admin-deny': packets(
    'ICMP errors that answer a pod from one of which it denies all traffic',
  ),
  'hairpin-under-admin-deny': verdict(
    'a pod asks itself through its own Service, under an AdminNetworkPolicy that denies it all pods',
  ),
  'node-port-under-admin-deny': verdict(
    'a pod is asked through a node port by one of which an Admin rule denies all traffic',
  ),
} as const satisfies Record<string, Alternatives>;

export type Property = keyof typeof properties;

export const isProperty = (name: string): name is Property => Object.hasOwn(properties, name);
