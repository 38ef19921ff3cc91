/**
 * The closed list of what a plugin may do either way, because the API leaves it open. A scenario names at most one of
 * them; what its `?` cells are seen to be, open or closed, is told in the word given here and never failed.
 */
export const properties = {
  icmp: { about: 'ICMP echo to and from an isolated pod', open: 'allowed', closed: 'denied' },
  'icmp-with-portless-rule': {
    about: 'ICMP echo that a rule without ports would admit',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-with-port-rule': {
    about: 'ICMP echo between pods that a rule with ports connects',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-errors': { about: 'ICMP errors that answer admitted packets', open: 'pass', closed: 'lost' },
  hairpin: {
    about: 'an isolated pod asks itself through its own Service',
    open: 'allowed',
    closed: 'denied',
  },
  'pod-ip-in-ipBlock': {
    about: 'an ipBlock that holds the address of a pod',
    open: 'matched',
    closed: 'not matched',
  },
  'service-ip-in-ipBlock': {
    about: 'an ipBlock in egress that holds the address of a Service, not those of its pods',
    open: 'matched',
    closed: 'not matched',
  },
  'established-tcp': {
    about: 'a TCP connection that is open when a policy denies it',
    open: 'kept',
    closed: 'cut',
  },
  'established-udp': {
    about: 'a UDP flow that is under way when a policy denies it',
    open: 'kept',
    closed: 'cut',
  },
  'established-tcp-under-admin-deny': {
    about: 'a TCP connection that is open when a rule of the Admin tier denies it',
    open: 'kept',
    closed: 'cut',
  },
  'established-udp-under-admin-deny': {
    about: 'a UDP flow that is under way when a rule of the Admin tier denies it',
    open: 'kept',
    closed: 'cut',
  },
  'established-tcp-under-baseline-deny': {
    about: 'a TCP connection that is open when a rule of the Baseline tier denies it',
    open: 'kept',
    closed: 'cut',
  },
  'host-network-subject': {
    about: 'a host-network pod that a policy selects',
    open: 'not isolated',
    closed: 'isolated',
  },
  'host-network-peer': {
    about: 'a host-network pod that a selector of a rule matches',
    open: 'matched',
    closed: 'not matched',
  },
  'node-address-in-ipBlock': {
    about: 'an ipBlock that holds the address of a node',
    open: 'matched',
    closed: 'not matched',
  },
  'egress-to-own-node': {
    about: 'a pod isolated for egress asks its own node',
    open: 'allowed',
    closed: 'denied',
  },
  'baseline-beside-other-direction': {
    about:
      'what the Baseline tier denies a pod in a direction for which no NetworkPolicy isolates it, but one does for the other',
    open: 'allowed',
    closed: 'denied',
  },
  'node-port-under-deny': {
    about: 'a pod isolated for ingress is asked through a node port',
    open: 'allowed',
    closed: 'denied',
  },
  // The admin tiers: icmp-under-TIER-RULES. A rule "for all traffic" has pods or namespaces for peers, and no protocols.
  'icmp-under-admin-deny': {
    about: 'ICMP echo of a pod of which an Admin rule denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-egress-deny': {
    about: 'ICMP echo to a pod to which an Admin rule denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-accept': {
    about: 'ICMP echo of a pod that is accepted, above a Deny of all pods',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-accept-with-ports': {
    about: 'ICMP echo of a pod that is accepted at a port, above a Deny of all its traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-pass': {
    about: 'ICMP echo of a pod that is passed on, above a Deny of all pods',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-networks': {
    about: 'ICMP echo to networks that an AdminNetworkPolicy denies',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-deny': {
    about: 'ICMP echo of a pod of which a Baseline rule denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-egress-deny': {
    about: 'ICMP echo to a pod to which a Baseline rule denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-accept': {
    about: 'ICMP echo of a pod that the baseline accepts, above a Deny of all pods',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-accept-with-ports': {
    about: 'ICMP echo of a pod that the baseline accepts at a port, above a Deny of all its traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-networks': {
    about: 'ICMP echo to networks that the BaselineAdminNetworkPolicy denies',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-errors-under-admin-deny': {
    about: 'ICMP errors that answer a pod from one of which it denies all traffic',
    open: 'pass',
    closed: 'lost',
  },
  'hairpin-under-admin-deny': {
    about: 'a pod asks itself through its own Service, under an AdminNetworkPolicy that denies it all pods',
    open: 'allowed',
    closed: 'denied',
  },
  'node-port-under-admin-deny': {
    about: 'a pod is asked through a node port by one of which an Admin rule denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
} as const satisfies Record<string, { about: string; open: string; closed: string }>;

export type Property = keyof typeof properties;

export const isProperty = (name: string): name is Property => Object.hasOwn(properties, name);
