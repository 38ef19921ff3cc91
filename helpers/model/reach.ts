import type { Family, Pod } from '../kube/world.ts';
import type { ProbeProtocol } from '../matrix/matrix.ts';
import { addAll, addBit, fillAll, hasBit, listBits, transposeBits } from './bits.ts';
import type { Bits } from './bits.ts';
import type { Direction, PolicyRules } from './network-policy.ts';
import type { Matched, Population } from './population.ts';

/** A policy together with the numbers of the pods that it selects. */
export type Selection = { policy: PolicyRules; subjects: readonly number[] };

/** Who reaches whom by any reading of the API (`sure`) and by at least one. Rows are sources, bits destinations. */
export type Reach = Matched;

export const selectSubjects = (policies: readonly PolicyRules[], population: Population): Selection[] =>
  policies.map((policy) => ({
    policy,
    subjects: listBits(population.select(policy.namespace, policy.podSelector)),
  }));

/** Computes who reaches whom on one protocol, port and family: both ends must admit. */
export const computeReach = (
  population: Population,
  selections: readonly Selection[],
  protocol: ProbeProtocol,
  port: number,
  family: Family,
): Reach => {
  const size = population.pods.length;
  const egress = admit(population, selections, 'egress', protocol, port, family);
  const ingress = admit(population, selections, 'ingress', protocol, port, family);
  if (protocol === 'ICMP') return reachByICMP(intersect(egress.sure, ingress.sure), size);
  const possible = intersect(egress.possible, transposeBits(ingress.possible, size));
  for (let index = 0; index < size; index += 1) addBit(possible, index * population.words, index);
  return { sure: intersect(egress.sure, transposeBits(ingress.sure, size)), possible };
};

/**
 * "For other protocols, such as ARP or ICMP, the behaviour is undefined": isolation of either end in either direction
 * may stop an echo or its reply, and no rule surely admits it. Rows of `free` are full where nothing isolates the pod.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#network-traffic-filtering
 */
const reachByICMP = (free: Bits, size: number): Reach => ({
  sure: intersect(free, transposeBits(free, size)),
  possible: new Uint32Array(free.length).fill(0xffffffff),
});

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

/** For each pod as the subject: the peers that it admits in one direction. */
const admit = (
  { pods, words, matchRule, matchPorts }: Population,
  selections: readonly Selection[],
  direction: Direction,
  protocol: ProbeProtocol,
  port: number,
  family: Family,
): Matched => {
  const admitted = {
    sure: new Uint32Array(pods.length * words),
    possible: new Uint32Array(pods.length * words),
  };
  const isolated = new Uint32Array(words);
  for (const { policy, subjects } of selections) {
    const rules = policy[direction];
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
    if (!isIsolated || pods[index]?.hostNetwork === true)
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
  return admitted;
};

const intersect = (one: Bits, other: Bits): Bits => {
  const both = new Uint32Array(one.length);
  for (let word = 0; word < both.length; word += 1) both[word] = one[word]! & other[word]!;
  return both;
};
