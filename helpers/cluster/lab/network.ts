import { familyOf } from '../../kube/world.ts';
import { laneCIDRs, macOf, nextHops, nodes, serviceRanges } from './addresses.ts';

// Shell scripts that build the lab's network. A pod is joined to its node by a veth pair with /32 and /128 routes, as
// by the ptp CNI plugin, so that the node's forward hook sees every packet, also between pods of one node. A bridge
// joins the nodes and the external hosts. All neighbours are permanent: no packet of ours ever waits for ARP or ND.

/** A pod in its network namespace. `number` is unique among the links of the lab. */
export type PodLink = { netns: string; node: number; number: number; addresses: readonly string[] };

/** An external host. The documentation addresses are its own; each lane routes them to its own host. */
export type HostLink = { netns: string; lane: number; number: number; addresses: readonly string[] };

/** The gateway that every pod sees; no interface needs to own it. */
const gateways = { IPv4: '169.254.1.1', IPv6: 'fe80::1' };

/** The fabric and the nodes. */
export const buildNetwork = (): string =>
  script(
    batch(undefined, [
      'link set lo up',
      'netns add fabric',
      ...nodes.flatMap(({ name, mac }) => [
        `netns add ${name}`,
        `link add ${name} netns fabric type veth peer name eth0 address ${mac} netns ${name}`,
      ]),
    ]),
    batch('fabric', [
      'link add bridge type bridge mcast_snooping 0',
      'link set bridge addrgenmode none up',
      ...nodes.map(({ name }) => `link set ${name} master bridge addrgenmode none up`),
    ]),
    ...nodes.flatMap((node) => [
      batch(node.name, [
        'link set lo up',
        'link set eth0 addrgenmode none up',
        `addr add ${node.addresses[0]}/16 dev eth0`,
        `addr add ${node.addresses[1]}/64 dev eth0 nodad`,
        // What the node itself sends to Services is translated on its way out, and needs a way out for that.
        ...serviceRanges.map((range) => `route add ${range} dev eth0`),
        ...nodes
          .filter(({ name }) => name !== node.name)
          .flatMap((other) => [
            ...other.addresses.map(
              (address) => `neigh add ${address} lladdr ${other.mac} dev eth0 nud permanent`,
            ),
            ...other.podCIDRs.map(
              (cidr, family) => `route add ${cidr} via ${other.addresses[family]} dev eth0`,
            ),
          ]),
      ]),
      `ip netns exec ${node.name} sh -e <<'END'
cd /proc/sys/net
echo 1 > ipv4/ip_forward
echo 1 > ipv6/conf/all/forwarding
for interface in all default eth0; do echo 0 > ipv4/conf/$interface/rp_filter; done
${unlimitedErrors}
END`,
    ]),
  );

/** ICMP errors are an outcome that we tell from silence: without this the kernel sends only some of them. */
export const unlimitedErrors =
  'for limit in /proc/sys/net/ipv4/icmp_ratelimit /proc/sys/net/ipv6/icmp/ratelimit; do echo 0 > $limit 2> /dev/null || :; done';

/** Sends what the lane's pods send to external hosts through a routing table of the lane's own. */
export const openLaneRoutes = (lane: number): string => laneRules(lane, 'add');
export const closeLaneRoutes = (lane: number): string => laneRules(lane, 'del');

export const connectPods = (pods: readonly PodLink[]): string =>
  script(
    batch(
      undefined,
      pods.flatMap(({ netns, node, number }) => [
        `netns add ${netns}`,
        `link add v${number} address ${macOf('node-side', number)} netns ${nodeName(node)} type veth` +
          ` peer name eth0 address ${macOf('pod', number)} netns ${netns}`,
      ]),
    ),
    ...nodes.map(({ name }, index) =>
      batch(
        name,
        pods
          .filter(({ node }) => node === index)
          .flatMap(({ number, addresses }) => [
            `link set v${number} addrgenmode none up`,
            ...addresses.flatMap((address) => [
              `neigh add ${address} lladdr ${macOf('pod', number)} dev v${number} nud permanent`,
              // An address may come back before the kernel has finished with the interface that had it.
              `route replace ${address} dev v${number}`,
            ]),
          ]),
      ),
    ),
    ...pods.map(({ netns, number, addresses }) =>
      batch(netns, [
        ...ownInterface(addresses),
        ...addresses.flatMap((address) => {
          const gateway = gateways[familyOf(address)];
          return [
            `neigh add ${gateway} lladdr ${macOf('node-side', number)} dev eth0 nud permanent`,
            `route add default via ${gateway} dev eth0 onlink`,
          ];
        }),
      ]),
    ),
  );

/** Removes the network namespace alone: the kernel removes the interfaces soon after, much faster than we could. */
export const disconnectPod = ({ netns }: PodLink): string => batch(undefined, [`netns del ${netns}`]);

export const connectHost = ({ netns, lane, number, addresses }: HostLink): string =>
  script(
    batch(undefined, [
      `netns add ${netns}`,
      `link add h${number} netns fabric type veth peer name eth0 address ${macOf('external', number)} netns ${netns}`,
    ]),
    batch('fabric', [`link set h${number} master bridge addrgenmode none up`]),
    batch(netns, [
      ...ownInterface(addresses),
      ...nodes.flatMap(({ addresses: hops, podCIDRs, mac }) =>
        hops.flatMap((hop, family) =>
          hasFamily(addresses, hop)
            ? [
                `neigh add ${hop} lladdr ${mac} dev eth0 nud permanent`,
                `route add ${hop} dev eth0`,
                `route add ${podCIDRs[family]} via ${hop} dev eth0`,
              ]
            : [],
        ),
      ),
    ]),
    ...nodes.map(({ name }) => batch(name, hostRoutes({ lane, number, addresses }, 'add'))),
  );

export const disconnectHost = (host: HostLink): string =>
  script(
    ...nodes.map(({ name }) => batch(name, hostRoutes(host, 'del'))),
    batch(undefined, [`netns del ${host.netns}`]),
  );

const hostRoutes = ({ lane, number, addresses }: Omit<HostLink, 'netns'>, action: 'add' | 'del'): string[] =>
  addresses.flatMap((address) => {
    const hop = nextHops(number).find((candidate) => familyOf(candidate) === familyOf(address)) ?? '';
    const lines = [
      `neigh ${action} ${hop} lladdr ${macOf('external', number)} dev eth0 nud permanent`,
      `route ${action} ${address} via ${hop} dev eth0 onlink table ${tableOf(lane)}`,
    ];
    return action === 'add' ? lines : lines.toReversed();
  });

const laneRules = (lane: number, action: 'add' | 'del'): string =>
  script(
    ...nodes.flatMap(({ name }, index) =>
      laneCIDRs(lane, index).map((cidr) => {
        const family = familyOf(cidr) === 'IPv6' ? '-6' : '-4';
        return `ip ${family} -n ${name} rule ${action} from ${cidr} lookup ${tableOf(lane)} pref ${1000 + lane}`;
      }),
    ),
  );

const ownInterface = (addresses: readonly string[]): string[] => [
  'link set lo up',
  'link set eth0 addrgenmode none up',
  ...addresses.map(
    (address) => `addr add ${address} dev eth0${familyOf(address) === 'IPv6' ? ' nodad' : ''}`,
  ),
];

const hasFamily = (addresses: readonly string[], other: string): boolean =>
  addresses.some((address) => familyOf(address) === familyOf(other));

const tableOf = (lane: number): number => 100 + lane;
const nodeName = (node: number): string => `node${node}`;
const script = (...parts: string[]): string => parts.filter((part) => part !== '').join('\n');

/** Lines for one `ip -b -` in a network namespace; `ip` needs a process per namespace, not per line. */
const batch = (netns: string | undefined, lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : `ip ${netns === undefined ? '' : `-n ${netns} `}-b - <<'END'\n${lines.join('\n')}\nEND`;
