import { addressOf, families, isRunning, type Family, type Pod, type Service } from '../../kube/world.ts';
import { nodes } from './addresses.ts';

const table = 'inet netpol-services';

/**
 * What kube-proxy does, in few rules, as one transaction for `nft -f -` on the node of this index: a Service's address
 * is translated to one of the pods behind it, chosen at random, and so is its port of the node, which puts the node's
 * own address in place of the client's (`externalTrafficPolicy: Cluster`); a Service without pods answers with an ICMP
 * error. What the node itself sends is translated as well.
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
export const renderServices = (services: readonly Service[], pods: readonly Pod[], node: number): string => {
  const entries = services.flatMap((service) => resolveService(service, pods, node));
  const hairpins = entries.flatMap(({ family, backends }) =>
    backends.map((backend) => ({ family, backend })),
  );
  const families = new Set(entries.filter(({ isNodePort }) => isNodePort).map(({ family }) => family));
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    chain(
      'refuse',
      entries.filter(({ backends }) => backends.length === 0).map(({ match }) => `${match} reject`),
    ),
    chain('refuse-others', ['type filter hook prerouting priority dstnat - 1;', 'jump refuse']),
    chain('refuse-own', ['type filter hook output priority -101;', 'jump refuse']),
    chain(
      'translate',
      entries
        .filter(({ backends }) => backends.length > 0)
        .map(({ match, family, backends }) => {
          const targets = backends.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
          const chosen = `numgen random mod ${backends.length} map { ${targets.join(', ')} }`;
          return `${match} dnat ${words[family]} to ${chosen}`;
        }),
    ),
    chain('translate-others', ['type nat hook prerouting priority dstnat;', 'jump translate']),
    chain('translate-own', ['type nat hook output priority -100;', 'jump translate']),
    chain('replace-source', [
      'type nat hook postrouting priority srcnat;',
      // What was sent to a port of this node, now on its way to a pod.
      ...[...families].map((family) => {
        const address = addressOfNode(node, family);
        return `ct status dnat ct original ${words[family]} daddr ${address} snat ${words[family]} to ${address}`;
      }),
      // A pod that meets itself behind a Service would answer itself directly, from an address that it did not ask.
      ...new Set(
        hairpins.map(({ family, backend: { address } }) => {
          const word = words[family];
          return `${word} saddr ${address} ${word} daddr ${address} ct status dnat snat ${word} to ${addressOfNode(node, family)}`;
        }),
      ),
    ]),
    '}',
    '',
  ].join('\n');
};

type Backend = { address: string; port: number };
type Entry = { match: string; family: Family; backends: Backend[]; isNodePort: boolean };

const words = { IPv4: 'ip', IPv6: 'ip6' } as const;

/** For each family and port of the Service one entry, and one more for its port of the node. */
const resolveService = (service: Service, pods: readonly Pod[], node: number): Entry[] =>
  families.flatMap((family) => {
    const address = addressOf(service, family);
    if (address === undefined || service.type === 'Headless') return [];
    return service.ports.flatMap(({ protocol, port, targetPort, nodePort }) => {
      const backends = pods.flatMap((pod) => {
        const own = addressOf(pod, family);
        const target =
          typeof targetPort === 'number'
            ? targetPort
            : pod.ports.find((candidate) => candidate.name === targetPort && candidate.protocol === protocol)
                ?.port;
        if (own === undefined || target === undefined || !isBehind(service, pod)) return [];
        return { address: own, port: target };
      });
      const match = (to: string | undefined, number: number): string =>
        `${words[family]} daddr ${to} ${protocol.toLowerCase()} dport ${number}`;
      const entry: Entry = { family, match: match(address, port), backends, isNodePort: false };
      if (nodePort === undefined) return [entry];
      return [entry, { ...entry, match: match(addressOfNode(node, family), nodePort), isNodePort: true }];
    });
  });

const addressOfNode = (node: number, family: Family): string | undefined => {
  const host = nodes[node];
  return host && addressOf({ addresses: [...host.addresses] }, family);
};

const isBehind = (service: Service, pod: Pod): boolean => {
  const wanted = Object.entries(service.selector);
  // https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
  if (wanted.length === 0 || pod.external || !isRunning(pod) || pod.namespace !== service.namespace)
    return false;
  return wanted.every(([key, value]) => pod.labels[key] === value);
};

const chain = (name: string, lines: readonly string[]): string =>
  [`chain ${name} {`, ...lines, '}'].join('\n');
