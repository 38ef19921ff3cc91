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
    about: 'ICMP echo from a pod to which a rule of the Admin tier denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-egress-deny': {
    about: 'ICMP echo of a pod to one of which a rule of the Admin tier denies it all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-accept': {
    about: 'ICMP echo from a pod of which all traffic is accepted, before all traffic of all pods is denied',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-accept-with-ports': {
    about: 'ICMP echo from a pod of which one port is accepted, before all its traffic is denied',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-pass': {
    about: 'ICMP echo from a pod of which all traffic is passed on, before all traffic of all pods is denied',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-admin-networks': {
    about:
      'ICMP echo to addresses that an AdminNetworkPolicy denies, whose API does not say that networks mean ICMP',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-deny': {
    about: 'ICMP echo from a pod to which a rule of the Baseline tier denies all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-egress-deny': {
    about: 'ICMP echo of a pod to one of which a rule of the Baseline tier denies it all traffic',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-accept': {
    about: 'the same as icmp-under-admin-accept, in the Baseline tier',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-accept-with-ports': {
    about: 'the same as icmp-under-admin-accept-with-ports, in the Baseline tier',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-under-baseline-networks': {
    about: 'ICMP echo to addresses that a BaselineAdminNetworkPolicy denies',
    open: 'allowed',
    closed: 'denied',
  },
  'icmp-errors-under-admin-deny': {
    about:
      'ICMP errors that answer what a pod sends, to which the Admin tier denies all traffic of the answering pod',
    open: 'pass',
    closed: 'lost',
  },
  'hairpin-under-admin-deny': {
    about: 'a pod asks itself through its own Service, where an AdminNetworkPolicy denies it all pods',
    open: 'allowed',
    closed: 'denied',
  },
  'node-port-under-admin-deny': {
    about: 'a pod is asked through a node port by a pod of which the Admin tier denies it all traffic',
    open: 'allowed',
    closed: 'denied',
  },
} as const satisfies Record<string, { about: string; open: string; closed: string }>;

export type Property = keyof typeof properties;

export const isProperty = (name: string): name is Property => Object.hasOwn(properties, name);
