import type { Labels, LabelSelector, NetworkPolicyPeer, NetworkPolicyPort, Protocol } from '../kube/types.ts';
import type { Family, Pod, World } from '../kube/world.ts';
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
  const addresses = { IPv4: [] as (Address | undefined)[], IPv6: [] as (Address | undefined)[] };
  const members = new Map<string, number[]>();
  for (const [index, pod] of pods.entries()) {
    for (const family of ['IPv4', 'IPv6'] as const) {
      const address = addressOf(pod, family);
      addresses[family].push(address === undefined ? undefined : parseAddress(address));
    }
    if (pod.external === true) continue;
    const list = members.get(pod.namespace);
    if (list === undefined) members.set(pod.namespace, [index]);
    else list.push(index);
  }
  const labels = new Map<string, Labels>();
  for (const name of members.keys()) labels.set(name, { [namespaceNameLabel]: name });
  for (const namespace of world.namespaces)
    labels.set(namespace.name, { ...namespace.labels, [namespaceNameLabel]: namespace.name });

  const everybody = new Uint32Array(words);
  fillAll(everybody, 0, pods.length);
  const hosts = new Uint32Array(words);
  for (const [index, pod] of pods.entries()) if (pod.hostNetwork === true) addBit(hosts, 0, index);

  const select = memoize((namespace: string, selector: LabelSelector): Bits => {
    const found = new Uint32Array(words);
    for (const index of members.get(namespace) ?? [])
      if (matchesSelector(selector, pods[index]!.labels)) addBit(found, 0, index);
    return found;
  });

  const namespacesOf = memoize((_: string, selector: LabelSelector): string[] =>
    [...members.keys()].filter((name) => matchesSelector(selector, labels.get(name) ?? {})),
  );

  const matchSelectors = memoize((namespace: string, peer: NetworkPolicyPeer): Matched => {
    const selector = peer.podSelector ?? {};
    const possible = new Uint32Array(words);
    const names = peer.namespaceSelector ? namespacesOf('', peer.namespaceSelector) : [namespace];
    for (const name of names) addAll(possible, 0, select(name, selector));
    return { sure: possible.map((word, at) => word & ~hosts[at]!), possible };
  });

  const matchBlock = memoize((family: Family, { ipBlock }: NetworkPolicyPeer): Matched => {
    const found = { sure: new Uint32Array(words), possible: new Uint32Array(words) };
    if (!ipBlock) return found;
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
      peer.ipBlock ? matchBlock(family, peer) : matchSelectors(namespace, peer),
    );
    return union(each, words);
  };

  const resolve = memoize((name: string, [protocol, port]: readonly [Protocol, number]): Matched => {
    const found = { sure: new Uint32Array(words), possible: new Uint32Array(words) };
    for (const [index, pod] of pods.entries()) {
      const names = (candidate: Pod['ports'][number]): boolean =>
        candidate.name === name && candidate.protocol === protocol && candidate.port === port;
      if (pod.external === true || !pod.ports.some(names)) continue;
      addBit(found.possible, 0, index);
      if (pod.hostNetwork !== true) addBit(found.sure, 0, index);
    }
    return found;
  });

  return {
    pods,
    ids,
    words,
    indexOf: (id) => numbers.get(id),
    addressOf: (index, family) => addresses[family][index],
    nodeLabels: (name) => world.nodes?.find((node) => node.name === name)?.labels,
    namespaceLabels: (name) => labels.get(name) ?? { [namespaceNameLabel]: name },
    select,
    podsNamed: (domainName) => {
      const named = readServiceName(domainName);
      const services = world.services.filter(
        ({ namespace, name }) =>
          namespace === named?.namespace && (named.name === '*' || name === named.name),
      );
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
    matchPorts: (ports, protocol, port) => {
      if (ports.length === 0) return 'all';
      const named: Matched[] = [];
      for (const entry of ports) {
        const match = matchPort(entry, protocol, port);
        if (match === true) return 'all';
        if (match !== false) named.push(resolve(match.name, [protocol, port]));
      }
      return named.length === 0 ? 'none' : union(named, words);
    },
  };
};

const union = (sets: readonly Matched[], words: number): Matched => {
  if (sets.length === 1) return sets[0]!;
  const all = { sure: new Uint32Array(words), possible: new Uint32Array(words) };
  for (const { sure, possible } of sets) {
    addAll(all.sure, 0, sure);
    addAll(all.possible, 0, possible);
  }
  return all;
};

/** Remembers by the text of both arguments: many policies share few selectors. */
const memoize = <Name extends string, Value, Result>(
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
