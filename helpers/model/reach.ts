import type { Protocol } from '../kube/types.ts';
import type { Family, Pod } from '../kube/world.ts';
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
  protocol: Protocol,
  port: number,
  family: Family,
): Reach => {
  const size = population.pods.length;
  const egress = admit(population, selections, 'egress', protocol, port, family);
  const ingress = admit(population, selections, 'ingress', protocol, port, family);
  const possible = intersect(egress.possible, transposeBits(ingress.possible, size));
  for (let index = 0; index < size; index += 1) addBit(possible, index * population.words, index);
  return { sure: intersect(egress.sure, transposeBits(ingress.sure, size)), possible };
};

/**
 * Whether one reading of the API lets this traffic pass an isolated subject: a pod's own to itself, all of a
 * pod in the host network, and that of a pod with the host network of its own node.
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
  protocol: Protocol,
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
    if (subjects.length === 0) continue;
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
        if (mayBypass(subject, peer)) addBit(admitted.possible, index * words, host);
  return admitted;
};

const intersect = (one: Bits, other: Bits): Bits => {
  const both = new Uint32Array(one.length);
  for (let word = 0; word < both.length; word += 1) both[word] = one[word]! & other[word]!;
  return both;
};
