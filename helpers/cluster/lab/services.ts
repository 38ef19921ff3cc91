import { addressOf, type Family, type Pod, type Service } from '../../kube/world.ts';
import { nodes } from './addresses.ts';

const table = 'inet netpol-services';

/**
 * What kube-proxy does, in few rules, as one transaction for `nft -f -` on the node of this index: a Service's address
 * is translated to one of the pods behind it, chosen at random; a Service without pods answers with an ICMP error.
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */
export const renderServices = (services: readonly Service[], pods: readonly Pod[], node: number): string => {
  const entries = services.flatMap((service) => resolveService(service, pods));
  const hairpins = entries.flatMap(({ family, backends }) =>
    backends.map((backend) => ({ family, backend })),
  );
  const nodeAddress = { IPv4: nodes[node]?.addresses[0], IPv6: nodes[node]?.addresses[1] };
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    chain(
      'refuse',
      'type filter hook prerouting priority dstnat - 1',
      entries.filter(({ backends }) => backends.length === 0).map(({ match }) => `${match} reject`),
    ),
    chain(
      'translate',
      'type nat hook prerouting priority dstnat',
      entries
        .filter(({ backends }) => backends.length > 0)
        .map(({ match, family, backends }) => {
          const targets = backends.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
          const chosen = `numgen random mod ${backends.length} map { ${targets.join(', ')} }`;
          return `${match} dnat ${words[family]} to ${chosen}`;
        }),
    ),
    // A pod that meets itself behind a Service would answer itself directly, from an address that it did not ask.
    chain('hairpin', 'type nat hook postrouting priority srcnat', [
      ...new Set(
        hairpins.map(({ family, backend: { address } }) => {
          const word = words[family];
          return `${word} saddr ${address} ${word} daddr ${address} ct status dnat snat ${word} to ${nodeAddress[family]}`;
        }),
      ),
    ]),
    '}',
    '',
  ].join('\n');
};

type Backend = { address: string; port: number };
type Entry = { match: string; family: Family; backends: Backend[] };

const words = { IPv4: 'ip', IPv6: 'ip6' } as const;

/** One entry for each family and port of the Service. */
const resolveService = (service: Service, pods: readonly Pod[]): Entry[] =>
  (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const address = addressOf(service, family);
    if (address === undefined || service.type === 'Headless') return [];
    return service.ports.map(({ protocol, port, targetPort }) => ({
      family,
      match: `${words[family]} daddr ${address} ${protocol.toLowerCase()} dport ${port}`,
      backends: pods.flatMap((pod) => {
        const own = addressOf(pod, family);
        const target =
          typeof targetPort === 'number'
            ? targetPort
            : pod.ports.find((candidate) => candidate.name === targetPort && candidate.protocol === protocol)
                ?.port;
        if (own === undefined || target === undefined || !isBehind(service, pod)) return [];
        return { address: own, port: target };
      }),
    }));
  });

const isBehind = (service: Service, pod: Pod): boolean => {
  const wanted = Object.entries(service.selector);
  // https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
  if (wanted.length === 0 || pod.external || pod.namespace !== service.namespace) return false;
  return wanted.every(([key, value]) => pod.labels[key] === value);
};

const chain = (name: string, hook: string, rules: readonly string[]): string =>
  [`chain ${name} {`, `${hook}; policy accept;`, ...rules, '}'].join('\n');
