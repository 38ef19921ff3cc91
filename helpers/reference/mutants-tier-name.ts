import { changeTierPeers } from './mutant-tier.ts';
import { tierSemantics } from './tier-semantics.ts';
import { isIPv6, type Mutant } from './mutant.ts';

/** Bugs in what a domain name means. The lab has no DNS server to show most of them. */
export const tierNameMutants: readonly Mutant[] = [
  {
    name: 'domain-names-unknown',
    sentence: 'No domain name has an address.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates: 'plugins without the experimental fields; the one peer test of names needs the internet',
    killedBy: 'admin/domain-names/headless',
    needs: 'kind',
    semantics: { addressesOfName: () => [] },
  },
  {
    name: 'domain-names-without-ipv6',
    sentence: 'Of the addresses of a domain name only those of IPv4 count.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates: 'resolvers that ask for A records alone',
    killedBy: 'admin/domain-names/headless',
    needs: 'kind',
    semantics: {
      addressesOfName: (name, state) =>
        tierSemantics.addressesOfName(name, state).filter((address) => !isIPv6(address)),
    },
  },
  {
    name: 'domain-name-patterns-unknown',
    sentence: 'No pattern of domain names matches anything.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates: 'plugins that ask DNS servers themselves, which cannot be asked for a pattern',
    killedBy: 'admin/domain-names/pattern',
    needs: 'kind',
    semantics: {
      addressesOfName: (name, state) =>
        name.startsWith('*.') ? [] : tierSemantics.addressesOfName(name, state),
    },
  },
  {
    name: 'domain-name-aliases-unknown',
    sentence: 'A domain name that is an alias of another has no address.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates:
      'resolvers that read the first record of an answer, a CNAME; no peer suite has a name with an alias',
    killedBy: 'admin/domain-names/alias',
    needs: 'kind',
    semantics: {
      addressesOfName: (asked, state) =>
        state.services.some(
          ({ namespace, name, type }) =>
            type === 'ExternalName' && asked.startsWith(`${name}.${namespace}.svc.`),
        )
          ? []
          : tierSemantics.addressesOfName(asked, state),
    },
  },
  {
    name: 'domain-names-asked-once',
    sentence: 'The first addresses of a domain name are its addresses for ever.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates:
      'plugins that resolve a name when its policy comes; no peer suite has a name whose address changes',
    killedBy: 'admin/domain-names/address-follows',
    needs: 'kind',
    follow: () => {
      const first = new Map<string, readonly string[]>();
      return (state) => {
        for (const [name, addresses] of Object.entries(state.domainNames ?? {}))
          if (addresses.length > 0 && !first.has(name)) first.set(name, addresses);
        return { ...state, domainNames: Object.fromEntries(first) };
      };
    },
  },
  {
    name: 'domain-names-mean-everything',
    sentence: 'A domain name means every address.',
    feature: 'ClusterNetworkPolicyDomainNames',
    imitates: 'an absent condition taken for one that holds; no peer suite has a name that nobody has',
    killedBy: 'admin/domain-names/name-without-address',
    follow: changeTierPeers((peers) =>
      peers.map((peer) => (peer.domainNames ? { networks: ['0.0.0.0/0', '::/0'] } : peer)),
    ),
  },
];
