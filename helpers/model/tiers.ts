import type { Protocol } from '../kube/types.ts';
import type { Family } from '../kube/world.ts';
import type { ProbeProtocol } from '../matrix/matrix.ts';
import { addAll, addBit, hasBit, listBits, removeBit } from './bits.ts';
import type { Bits } from './bits.ts';
import { matchesSelector } from './matching.ts';
import type { Direction } from './network-policy.ts';
import { none, unite, type Matched, type Population } from './population.ts';
import type { Tier, TierPeer, TierPolicy, TierPort, TierRule } from './tier-policy.ts';

/** A policy of a tier together with the numbers of the pods that are its subject. */
export type TierSelection = { policy: TierPolicy; subjects: readonly number[] };

/** The traffic of which a subject's end is judged. `isTranslated`: it was sent to the address of a Service. */
export type Traffic = {
  direction: Direction;
  protocol: ProbeProtocol;
  port: number;
  family: Family;
  isTranslated?: boolean;
};

/** The connection of which one end is judged. Subject and peer are numbers of the population. */
export type Connection = Traffic & { subject: number; peer: number };

/** What becomes of a connection: it is decided, or left to what comes next. */
export type Fate = 'allow' | 'deny' | 'next';

/**
 * What a tier may make of the traffic between one subject and each peer: accept it, deny it, or leave it to what comes
 * next. A peer is in more than one set where the API leaves open which.
 */
type Outcomes = { accepted: Bits; denied: Bits; left: Bits };

/** Told of every rule that may decide about some of the peers that are left. */
export type OnMatch = (policy: TierPolicy, rule: TierRule, matched: Matched) => void;

export const selectTierSubjects = (
  policies: readonly TierPolicy[],
  population: Population,
): TierSelection[] =>
  policies
    .map((policy) => ({ policy, subjects: listBits(matchPods(policy.subject, population)) }))
    .toSorted((one, other) => rankOf(one) - rankOf(other));

const rankOf = ({ policy: { priority } }: TierSelection): number => priority ?? 0;

/**
 * Sends the traffic of `open` peers through one tier. Rules are taken in order of priority, and of the list within a
 * policy; the first that matches ends the tier. Of policies with equal priority any may be the first.
 * @see https://network-policy-api.sigs.k8s.io/reference/spec/
 */
export const passTier = (
  population: Population,
  selections: readonly TierSelection[],
  tier: Tier,
  subject: number,
  traffic: Traffic,
  open: Bits,
  onMatch: OnMatch = () => {},
): Outcomes => {
  const { words } = population;
  const accepted = new Uint32Array(words);
  const denied = new Uint32Array(words);
  const passed = new Uint32Array(words);
  let left = open;
  for (const rivals of Map.groupBy(listActing(selections, tier, subject), rankOf).values()) {
    const before = left;
    left = before.slice();
    for (const { policy } of rivals) {
      const untouched = before.slice();
      const seesItself = hasBit(before, 0, subject);
      // "A Pod connecting to its own Pod IP is not subject to CNP", but it is where a Service leads it back to itself.
      const isExempt = policy.version === 'v1alpha2' && traffic.isTranslated !== true;
      if (isExempt) removeBit(untouched, subject);
      for (const rule of policy.rules[traffic.direction]) {
        const matched = matchTierRule(population, rule, subject, traffic);
        if (matched.possible.some((word, at) => (word & untouched[at]!) !== 0))
          onMatch(policy, rule, matched);
        const decided = { Accept: accepted, Deny: denied, Pass: passed }[rule.action];
        addAll(decided, 0, matched.possible, untouched);
        for (let at = 0; at < words; at += 1) untouched[at] = untouched[at]! & ~matched.sure[at]!;
      }
      // In v1alpha1 nothing says whether a pod's traffic to itself is the policy's business.
      if (seesItself && (isExempt || policy.version === 'v1alpha1')) addBit(untouched, 0, subject);
      for (let at = 0; at < words; at += 1) left[at] = left[at]! & untouched[at]!;
    }
  }
  const next = left.slice();
  addAll(next, 0, passed);
  return { accepted, denied, left: next };
};

/** The policies of a tier that have this pod as their subject. */
export const listActing = (
  selections: readonly TierSelection[],
  tier: Tier,
  subject: number,
): TierSelection[] =>
  selections.filter(({ policy, subjects }) => policy.tier === tier && subjects.includes(subject));

/** What a tier may make of one connection; more than one where the API leaves open which. */
export const passPeer = (
  population: Population,
  selections: readonly TierSelection[],
  tier: Tier,
  connection: Connection,
  onMatch?: OnMatch,
): Fate[] => {
  const { subject, peer } = connection;
  const open = new Uint32Array(population.words);
  addBit(open, 0, peer);
  const outcomes = passTier(population, selections, tier, subject, connection, open, onMatch);
  const fates = { allow: outcomes.accepted, deny: outcomes.denied, next: outcomes.left };
  return (['allow', 'deny', 'next'] as const).filter((fate) => hasBit(fates[fate], 0, peer));
};

/** Whose traffic with the subject a rule means: surely, or by at least one reading of the API. */
const matchTierRule = (
  population: Population,
  rule: TierRule,
  subject: number,
  traffic: Traffic,
): Matched => {
  if (traffic.protocol === 'ICMP') return matchEcho(population, rule, traffic.family);
  const peers = matchPeers(population, rule, traffic.family);
  const ports = matchTierPorts(population, rule, { ...traffic, protocol: traffic.protocol });
  return limitToPorts(population, peers, ports, subject, traffic);
};

/** A rule with ports is not about ICMP. What one without them is about only networks say, and only in v1alpha2. */
const matchEcho = (population: Population, rule: TierRule, family: Family): Matched => {
  if (rule.ports !== undefined) return none(population.words);
  const certain = rule.peers.filter((peer) => peer.kind === 'networks' && peer.hasICMP);
  return {
    sure: matchPeers(population, { ...rule, peers: certain }, family).sure,
    possible: matchPeers(population, rule, family).possible,
  };
};

const matchPeers = (population: Population, rule: TierRule, family: Family): Matched => {
  const { everybody, words } = population;
  // A rule that forbids somebody unknown forbids everybody: https://network-policy-api.sigs.k8s.io/npeps/npep-187/
  if (rule.action !== 'Accept' && rule.peers.some(({ kind }) => kind === 'unknown'))
    return { sure: everybody, possible: everybody };
  return unite(
    rule.peers.map((peer) => matchPeer(population, rule.action, peer, family)),
    words,
  );
};

/** @see https://network-policy-api.sigs.k8s.io/reference/spec/ */
const matchPeer = (
  population: Population,
  action: TierRule['action'],
  peer: TierPeer,
  family: Family,
): Matched => {
  switch (peer.kind) {
    case 'pods': {
      const pods = matchPods(peer, population);
      return { sure: pods, possible: pods };
    }
    case 'networks': {
      const blocks = peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
      // "Cluster-internal traffic" is matched too, so nothing is open here as it is for an ipBlock.
      const { possible } = population.match(blocks, '', family);
      return { sure: possible, possible };
    }
    case 'nodes': {
      const found = new Uint32Array(population.words);
      for (const [index, pod] of population.pods.entries()) {
        const labels = population.nodeLabels(pod.node);
        if (pod.hostNetwork === true && labels !== undefined && matchesSelector(peer.selector, labels))
          addBit(found, 0, index);
      }
      return { sure: found, possible: found };
    }
    case 'domainNames': {
      // A plugin that knows no names lets a rule for those that are nobody's accept nothing either: it fails closed.
      const known = peer.names.filter((name) => !isNobodys(name)).map((name) => population.podsNamed(name));
      // What a Deny of names means is nowhere said: https://network-policy-api.sigs.k8s.io/npeps/npep-133-fqdn-egress-selector/
      if (action === 'Accept' && known.every((pods) => pods !== undefined)) {
        const named = new Uint32Array(population.words);
        for (const pods of known) addAll(named, 0, pods);
        return { sure: named, possible: named };
      }
      // Which addresses another name has, no object says.
      return { sure: new Uint32Array(population.words), possible: population.everybody };
    }
    case 'unknown':
      return none(population.words);
  }
};

/** A name that never has an address. @see https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const isNobodys = (name: string): boolean => /\.invalid\.?$/i.test(name);

/** "Pods of the host network are not included": unlike in a NetworkPolicy, where that is open. */
const matchPods = (
  { namespaceSelector, podSelector }: Extract<TierPeer, { kind: 'pods' }> | TierPolicy['subject'],
  population: Population,
): Bits => population.match([{ namespaceSelector, podSelector }], '', 'IPv4').sure;

/** Destinations at which the ports of a rule mean the traffic. */
const matchTierPorts = (
  population: Population,
  { ports }: TierRule,
  { protocol, port }: Traffic & { protocol: Protocol },
): 'all' | 'none' | Matched => {
  if (ports === undefined) return 'all';
  const isInside = (entry: TierPort): boolean =>
    !('name' in entry) && entry.protocol === protocol && entry.first <= port && port <= entry.last;
  if (ports.some(isInside)) return 'all';
  const names = ports.flatMap((entry) => ('name' in entry ? [{ protocol, port: entry.name }] : []));
  return names.length === 0 ? 'none' : population.matchPorts(names, protocol, port);
};

const limitToPorts = (
  { words }: Population,
  peers: Matched,
  ports: 'all' | 'none' | Matched,
  subject: number,
  { direction }: Traffic,
): Matched => {
  if (ports === 'all') return peers;
  if (ports === 'none') return none(words);
  const limit = (level: 'sure' | 'possible'): Bits => {
    if (direction === 'ingress')
      return hasBit(ports[level], 0, subject) ? peers[level] : new Uint32Array(words);
    return peers[level].map((word, at) => word & ports[level][at]!);
  };
  return { sure: limit('sure'), possible: limit('possible') };
};
