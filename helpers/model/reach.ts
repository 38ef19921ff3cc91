import type { Family, Pod } from '../kube/world.ts';
import type { ProbeProtocol } from '../matrix/matrix.ts';
import { addAll, addBit, fillAll, hasBit, listBits, transposeBits } from './bits.ts';
import type { Bits } from './bits.ts';
import type { PolicyRules } from './network-policy.ts';
import type { Matched, Population } from './population.ts';
import { passTier, type TierSelection, type Traffic } from './tiers.ts';

/** A policy together with the numbers of the pods that it selects. */
export type Selection = { policy: PolicyRules; subjects: readonly number[] };

/** Who reaches whom by any reading of the API (`sure`) and by at least one. Rows are sources, bits destinations. */
export type Reach = Matched;

/** All that decides, by kind of policy. */
export type Selections = { policies: readonly Selection[]; tiers: readonly TierSelection[] };

export const selectSubjects = (policies: readonly PolicyRules[], population: Population): Selection[] =>
  policies.map((policy) => ({
    policy,
    subjects: listBits(population.select(policy.namespace, policy.podSelector)),
  }));

/** Computes who reaches whom on one protocol, port and family: both ends must admit. */
export const computeReach = (
  population: Population,
  selections: Selections,
  protocol: ProbeProtocol,
  port: number,
  family: Family,
): Reach => {
  const size = population.pods.length;
  const egress = decide(population, selections, { direction: 'egress', protocol, port, family });
  const ingress = decide(population, selections, { direction: 'ingress', protocol, port, family });
  const sure = intersect(egress.sure, transposeBits(ingress.sure, size));
  const possible = intersect(egress.possible, transposeBits(ingress.possible, size));
  for (let index = 0; index < size; index += 1) addBit(possible, index * population.words, index);
  // It is not specified that the reply to an echo passes as one: both ends must surely admit both directions.
  return { sure: protocol === 'ICMP' ? intersect(sure, transposeBits(sure, size)) : sure, possible };
};

/**
 * Whether a pod admits this peer whatever isolates it for ingress: "the only connections allowed into the pod are those
 * from the pod's node and those allowed by the ingress list". A pod in the host network is its node.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
 */
export const isOwnNode = (subject: Pod, peer: Pod): boolean =>
  peer.hostNetwork === true &&
  subject.hostNetwork !== true &&
  subject.node !== '' &&
  subject.node === peer.node;

/**
 * Whether one reading of the API lets this traffic pass an isolated subject: a pod's own to itself, all of a
 * pod in the host network, and that of a pod with the host network of its own node. For egress to the own node the
 * text says two things: such traffic "is always allowed", and "the only allowed connections from the pod are those
 * allowed by the egress list".
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods
 */
export const mayBypass = (subject: Pod, peer: Pod): boolean =>
  subject === peer ||
  subject.hostNetwork === true ||
  (peer.hostNetwork === true && mayShareNode(subject, peer));

const mayShareNode = (one: Pod, other: Pod): boolean =>
  one.node === other.node || one.node === '' || other.node === '';

/**
 * For each pod as the subject: the peers that it admits in one direction, after all tiers. "v1.NetworkPolicy always makes
 * a final decision for selected pods": whether one for the other direction alone makes it here too is open.
 * @see https://network-policy-api.sigs.k8s.io/reference/spec/
 */
const decide = (population: Population, { policies, tiers }: Selections, traffic: Traffic): Matched => {
  const { isolated, selected, ...admitted } = admit(population, policies, traffic);
  const { words, everybody } = population;
  for (const subject of new Set(tiers.flatMap(({ subjects }) => subjects))) {
    const [from, to] = [subject * words, (subject + 1) * words];
    const admin = passTier(population, tiers, 'Admin', subject, traffic, everybody);
    const isIsolated = hasBit(isolated, 0, subject);
    const mayBeFinal = !isIsolated && hasBit(selected, 0, subject);
    const sure = admitted.sure.slice(from, to);
    const baseline = passTier(
      population,
      tiers,
      'Baseline',
      subject,
      traffic,
      isIsolated ? new Uint32Array(words) : admin.left,
    );
    for (let at = 0; at < words; at += 1) {
      const left = isIsolated ? admin.left[at]! : 0;
      const accepted = admin.accepted[at]! | baseline.accepted[at]! | baseline.left[at]!;
      const denied = admin.denied[at]! | baseline.denied[at]! | (left & ~sure[at]!);
      const final = mayBeFinal ? admin.left[at]! : 0;
      admitted.possible[from + at] = accepted | final | (left & admitted.possible[from + at]!);
      admitted.sure[from + at] = everybody[at]! & ~denied;
    }
  }
  return admitted;
};

/**
 * The same by NetworkPolicy alone. "For other protocols, such as ARP or ICMP, the behaviour is undefined": isolation may
 * stop an echo, and no rule surely admits it.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#network-traffic-filtering
 */
const admit = (
  { pods, words, matchRule, matchPorts }: Population,
  selections: readonly Selection[],
  { direction, protocol, port, family }: Traffic,
): Matched & { isolated: Bits; selected: Bits } => {
  const admitted = {
    sure: new Uint32Array(pods.length * words),
    possible: new Uint32Array(pods.length * words),
  };
  const isolated = new Uint32Array(words);
  const selected = new Uint32Array(words);
  for (const { policy, subjects } of selections) {
    const rules = policy[direction];
    for (const subject of subjects) addBit(selected, 0, subject);
    if (rules === undefined) continue;
    for (const subject of subjects) addBit(isolated, 0, subject);
    if (subjects.length === 0 || protocol === 'ICMP') continue;
    for (const rule of rules) {
      const ports = matchPorts(rule.ports, protocol, port);
      if (ports === 'none') continue;
      const peers = matchRule(rule, policy.namespace, family);
      for (const level of ['sure', 'possible'] as const) {
        const mask = ports === 'all' || direction === 'ingress' ? undefined : ports[level];
        for (const subject of subjects)
          if (direction === 'egress' || ports === 'all' || hasBit(ports[level], 0, subject))
            addAll(admitted[level], subject * words, peers[level], mask);
      }
    }
  }
  for (let index = 0; index < pods.length; index += 1) {
    const isIsolated = hasBit(isolated, 0, index);
    if (!isIsolated) fillAll(admitted.sure, index * words, pods.length);
    if (!isIsolated || pods[index]?.hostNetwork === true || protocol === 'ICMP')
      fillAll(admitted.possible, index * words, pods.length);
  }
  for (const [host, peer] of pods.entries())
    if (peer.hostNetwork === true)
      for (const [index, subject] of pods.entries())
        if (mayBypass(subject, peer)) {
          addBit(admitted.possible, index * words, host);
          if (direction === 'ingress' && protocol !== 'ICMP' && isOwnNode(subject, peer))
            addBit(admitted.sure, index * words, host);
        }
  return { ...admitted, isolated, selected };
};

const intersect = (one: Bits, other: Bits): Bits => {
  const both = new Uint32Array(one.length);
  for (let word = 0; word < both.length; word += 1) both[word] = one[word]! & other[word]!;
  return both;
};
