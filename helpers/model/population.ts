import type {
  IPBlock,
  Labels,
  LabelSelector,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Protocol,
} from '../kube/types.ts';
import type { Family, Pod, Service, World } from '../kube/world.ts';
import { addressOf, idOf, readServiceName } from '../kube/world.ts';
import { addAll, addBit, fillAll, wordsFor } from './bits.ts';
import type { Bits } from './bits.ts';
import { blockContains, parseAddress, parseBlock } from './cidr.ts';
import type { Address } from './cidr.ts';
import { matchesSelector } from './matching.ts';
import { matchPort } from './network-policy.ts';
import type { Rule } from './network-policy.ts';

/** Pods that match by any reading of the API (`sure`) and by at least one reading (`possible`, includes `sure`). */
export type Matched = { sure: Bits; possible: Bits };

/** All pods and external hosts of a world, numbered, with the sets of them that selectors and blocks mean. */
export type Population = {
  readonly pods: readonly Pod[];
  readonly ids: readonly string[];
  readonly words: number;
  /** The set of all; never to be written into. */
  readonly everybody: Bits;
  /** The number of `namespace/name`, or undefined. */
  indexOf: (id: string) => number | undefined;
  addressOf: (index: number, family: Family) => Address | undefined;
  namespaceLabels: (name: string) => Labels;
  /** Undefined where the world does not know the node. */
  nodeLabels: (name: string) => Labels | undefined;
  /** Pods whose addresses a DNS name has: those behind a headless Service. Undefined for names of which no object tells. */
  podsNamed: (domainName: string) => Bits | undefined;
  /** Pods of a namespace, external hosts never. */
  select: (namespace: string, selector: LabelSelector) => Bits;
  /** Whom a list of peers in a policy of this namespace means; the empty list means everybody. */
  match: (peers: readonly NetworkPolicyPeer[], namespace: string, family: Family) => Matched;
  /** The same for all peers of a rule, which belongs to one policy of this namespace. */
  matchRule: (rule: Rule, namespace: string, family: Family) => Matched;
  /** Destinations at which a list of ports admits the port: all, none, or those that name it so. */
  matchPorts: (
    ports: readonly NetworkPolicyPort[],
    protocol: Protocol,
    port: number,
  ) => 'all' | 'none' | Matched;
};

export const namespaceNameLabel = 'kubernetes.io/metadata.name';

export const createPopulation = (world: World): Population => {
  const { pods } = world;
  const ids = pods.map(idOf);
  const words = wordsFor(pods.length);
  const numbers = new Map(ids.map((id, index) => [id, index]));
  const addresses = { IPv4: addressesOf(pods, 'IPv4'), IPv6: addressesOf(pods, 'IPv6') };
  const everybody = new Uint32Array(words);
  fillAll(everybody, 0, pods.length);
  const { namespaceLabels, select, matchSelectors } = createSelection(world, words);

  const matchBlock = memoize((family: Family, ipBlock: IPBlock): Matched => {
    const found = none(words);
    const block = parseBlock(ipBlock);
    for (const [index, address] of addresses[family].entries()) {
      if (address === undefined || !blockContains(block, address)) continue;
      addBit(found.possible, 0, index);
      if (pods[index]?.external === true) addBit(found.sure, 0, index);
    }
    return found;
  });

  const ofRules = { IPv4: new WeakMap<Rule, Matched>(), IPv6: new WeakMap<Rule, Matched>() };
  const match: Population['match'] = (peers, namespace, family) => {
    if (peers.length === 0) return { sure: everybody, possible: everybody };
    const each = peers.map((peer) =>
      peer.ipBlock ? matchBlock(family, peer.ipBlock) : matchSelectors(namespace, peer),
    );
    return unite(each, words);
  };

  return {
    pods,
    ids,
    words,
    everybody,
    indexOf: (id) => numbers.get(id),
    addressOf: (index, family) => addresses[family][index],
    nodeLabels: (name) => world.nodes?.find((node) => node.name === name)?.labels,
    namespaceLabels,
    select,
    podsNamed: (domainName) => {
      const services = servicesNamed(world, domainName);
      // The name of any other kind of Service means an address that is no pod's.
      if (services.length === 0 || services.some(({ type }) => type !== 'Headless')) return undefined;
      const found = new Uint32Array(words);
      for (const { namespace, selector } of services)
        addAll(found, 0, select(namespace, { matchLabels: selector }));
      return found;
    },
    match,
    matchRule: (rule, namespace, family) => {
      const before = ofRules[family].get(rule);
      if (before !== undefined) return before;
      const matched = match(rule.peers, namespace, family);
      ofRules[family].set(rule, matched);
      return matched;
    },
    matchPorts: createPortMatch(pods, words),
  };
};

const addressesOf = (pods: readonly Pod[], family: Family): (Address | undefined)[] =>
  pods.map((pod) => {
    const address = addressOf(pod, family);
    return address === undefined ? undefined : parseAddress(address);
  });

const servicesNamed = ({ services }: World, domainName: string): Service[] => {
  const named = readServiceName(domainName);
  return services.filter(
    ({ namespace, name }) => namespace === named?.namespace && (named.name === '*' || name === named.name),
  );
};

type Selection = Pick<Population, 'namespaceLabels' | 'select'> & {
  matchSelectors: (namespace: string, peer: NetworkPolicyPeer) => Matched;
};

const createSelection = ({ pods, namespaces }: World, words: number): Selection => {
  const numbered = pods.map((pod, index) => ({ pod, index })).filter(({ pod }) => pod.external !== true);
  const members = Map.groupBy(numbered, ({ pod }) => pod.namespace);
  const known = new Map(
    namespaces.map(({ name, labels }): [string, Labels] => [name, { ...labels, [namespaceNameLabel]: name }]),
  );
  const namespaceLabels = (name: string): Labels => known.get(name) ?? { [namespaceNameLabel]: name };
  const hosts = new Uint32Array(words);
  for (const [index, pod] of pods.entries()) if (pod.hostNetwork === true) addBit(hosts, 0, index);

  const select = memoize((namespace: string, selector: LabelSelector): Bits => {
    const found = new Uint32Array(words);
    for (const { pod, index } of members.get(namespace) ?? [])
      if (matchesSelector(selector, pod.labels)) addBit(found, 0, index);
    return found;
  });

  const namespacesOf = memoize((_: string, selector: LabelSelector): string[] =>
    [...members.keys()].filter((name) => matchesSelector(selector, namespaceLabels(name))),
  );

  const matchSelectors = memoize((namespace: string, peer: NetworkPolicyPeer): Matched => {
    const selector = peer.podSelector ?? {};
    const possible = new Uint32Array(words);
    const names = peer.namespaceSelector ? namespacesOf('', peer.namespaceSelector) : [namespace];
    for (const name of names) addAll(possible, 0, select(name, selector));
    return { sure: possible.map((word, at) => word & ~hosts[at]!), possible };
  });

  return { namespaceLabels, select, matchSelectors };
};

const createPortMatch = (pods: readonly Pod[], words: number): Population['matchPorts'] => {
  const resolve = memoize((name: string, [protocol, port]: readonly [Protocol, number]): Matched => {
    const found = none(words);
    for (const [index, pod] of pods.entries()) {
      const names = (candidate: Pod['ports'][number]): boolean =>
        candidate.name === name && candidate.protocol === protocol && candidate.port === port;
      if (pod.external === true || !pod.ports.some(names)) continue;
      addBit(found.possible, 0, index);
      if (pod.hostNetwork !== true) addBit(found.sure, 0, index);
    }
    return found;
  });
  return (ports, protocol, port) => {
    if (ports.length === 0) return 'all';
    const named: Matched[] = [];
    for (const entry of ports) {
      const match = matchPort(entry, protocol, port);
      if (match === true) return 'all';
      if (match !== false) named.push(resolve(match.name, [protocol, port]));
    }
    return named.length === 0 ? 'none' : unite(named, words);
  };
};

export const none = (words: number): Matched => ({
  sure: new Uint32Array(words),
  possible: new Uint32Array(words),
});

/** Not to be written into: of one set it is the very same. */
export const unite = (sets: readonly Matched[], words: number): Matched => {
  if (sets.length === 1) return sets[0]!;
  const all = none(words);
  for (const { sure, possible } of sets) {
    addAll(all.sure, 0, sure);
    addAll(all.possible, 0, possible);
  }
  return all;
};

/** Remembers by the text of both arguments: many policies share few selectors. */
export const memoize = <Name extends string, Value, Result>(
  compute: (name: Name, value: Value) => Result,
): ((name: Name, value: Value) => Result) => {
  const known = new Map<string, Result>();
  return (name, value) => {
    const key = `${name} ${JSON.stringify(value)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = compute(name, value);
    known.set(key, result);
    return result;
  };
};
