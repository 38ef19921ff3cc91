import type { NetworkPolicyPeer, Protocol } from '../kube/types.ts';
import type { Family, Pod } from '../kube/world.ts';
import { addressOf, idOf } from '../kube/world.ts';
import { hasBit } from './bits.ts';
import type { Bits } from './bits.ts';
import { contains, parseBlock } from './cidr.ts';
import { describeSelector, matchesSelector } from './matching.ts';
import { describePort } from './network-policy.ts';
import type { Direction, PolicyRules, Rule } from './network-policy.ts';
import type { Matched, Population } from './population.ts';
import { isOwnNode, mayBypass } from './reach.ts';
import type { Selection } from './reach.ts';
import type { Connection } from './tiers.ts';

export type Verdict = 'allow' | 'deny' | 'undefined';

/** A verdict and why, in words. */
export type Judgement = { verdict: Verdict; reason: string };

/** A policy, `NetworkPolicy x/allow-y`, or a rule of it: `ingress[0].from[1]`; one of a tier with its own name, if it has one. */
export type PolicyPart = { policy: string; rule?: string };

/** What one end of a connection says to it. */
export type SideExplanation = {
  verdict: Verdict;
  /** `namespace/name` of the policies that isolate this end. */
  isolatedBy: string[];
  /** Rules that admit the connection by at least one reading of the API: `x/allow-y ingress[0].from[1]`. */
  admittedBy: string[];
  /** Rules of the tiers around NetworkPolicy that may decide: `AdminNetworkPolicy block ingress[0]`. */
  matchedBy: string[];
  /** What the verdict follows from: rules, or the policies none of whose rules admits. Empty where nobody had to decide. */
  decidedBy: PolicyPart[];
  /** Whether ICMP errors surely pass with the connection, whatever else is said about the pod. */
  acceptsErrors: boolean;
  /** In words; empty where no policy is about this end. */
  reason: string;
};

/** Says why one end admits a connection or does not. */
export const explainSide = (
  population: Population,
  selections: readonly Selection[],
  connection: Connection,
): SideExplanation => {
  const { direction, subject, peer, protocol } = connection;
  // Echo needs both directions, and it is not specified that a reply passes as one.
  const directions = protocol === 'ICMP' ? (['ingress', 'egress'] as const) : [direction];
  const isolating = selections.filter(
    ({ policy, subjects }) =>
      directions.some((each) => policy[each] !== undefined) && subjects.includes(subject),
  );
  if (isolating.length === 0) return { verdict: 'allow', ...nothing, isolatedBy: [], reason: '' };
  const isolatedBy = isolating.map(({ policy }) => policy.id);
  const isolatingParts = isolatedBy.map(partOf);
  if (protocol === 'ICMP') {
    const reason = `${population.ids[subject]} is isolated by ${listSome(isolatedBy)}${wordsOfICMP}`;
    return { verdict: 'undefined', ...nothing, isolatedBy, decidedBy: isolatingParts, reason };
  }
  const isolation = `${population.ids[subject]} is isolated for ${direction} by ${listSome(isolatedBy)}`;
  const trials = isolating.flatMap(({ policy }) =>
    (policy[direction] ?? []).flatMap((rule, index) =>
      tryRule(population, { ...connection, protocol }, rule, policy, `${direction}[${index}]`),
    ),
  );
  const best = trials.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0];
  const subjectPod = population.pods[subject]!;
  const peerPod = population.pods[peer]!;
  const ownNode = direction === 'ingress' && isOwnNode(subjectPod, peerPod);
  const bypass = best?.verdict !== 'allow' && mayBypass(subjectPod, peerPod);
  const words = bypass
    ? wordsOfBypass(subjectPod, peerPod, direction)
    : wordsOf(trials, best, direction, population.ids[peer] ?? '');
  const verdict = bypass ? (ownNode ? 'allow' : 'undefined') : (best?.verdict ?? 'deny');
  const deciding = trials.filter((trial) => !bypass && trial.verdict === verdict && verdict !== 'deny');
  return {
    ...nothing,
    verdict,
    isolatedBy,
    // What comes from the own node needs no rule.
    decidedBy:
      deciding.length > 0
        ? deciding.map(({ policy, rule }) => ({ ...partOf(policy), rule }))
        : verdict === 'allow'
          ? []
          : isolatingParts,
    admittedBy: trials.filter((trial) => trial.verdict !== 'deny').map(placeOf),
    reason: isolation + words,
  };
};

const nothing = { admittedBy: [], matchedBy: [], decidedBy: [], acceptsErrors: false };

const partOf = (id: string): PolicyPart => ({ policy: `NetworkPolicy ${id}` });

/** The policies that select a pod, for whatever direction. */
export const partsSelecting = (policies: readonly Selection[], subject: number): PolicyPart[] =>
  policies.filter(({ subjects }) => subjects.includes(subject)).map(({ policy }) => partOf(policy.id));

/** What a rule, or one peer of it, says to the connection. */
type Trial = { policy: string; rule: string; verdict: Verdict; words: string };

const placeOf = ({ policy, rule }: Trial): string => `${policy} ${rule}`;

const order: readonly Verdict[] = ['allow', 'undefined', 'deny'];

// https://kubernetes.io/docs/concepts/services-networking/network-policies/#network-traffic-filtering
const wordsOfICMP = '; what isolation does to ICMP is not specified';

const tryRule = (
  population: Population,
  connection: Connection & { protocol: Protocol },
  rule: Rule,
  { id: policy, namespace }: PolicyRules,
  place: string,
): Trial[] => {
  const { direction, subject, peer, protocol, port, family } = connection;
  const destination = direction === 'ingress' ? subject : peer;
  const ports = population.matchPorts(rule.ports, protocol, port);
  const byPort = ports === 'all' ? 'allow' : ports === 'none' ? 'deny' : levelOf(ports, destination);
  if (byPort === 'deny') {
    const wanted = rule.ports.map(describePort).join(', ');
    return [
      { policy, rule: place, verdict: 'deny', words: `ports ${wanted} do not include ${protocol}/${port}` },
    ];
  }
  if (rule.peers.length === 0) return [{ policy, rule: place, verdict: byPort, words: 'any peer' }];
  return rule.peers.map((item, index) => {
    const byPeer = levelOf(population.match([item], namespace, family), peer);
    const verdict = byPeer === 'allow' ? byPort : byPeer;
    return {
      policy,
      rule: `${place}.${direction === 'ingress' ? 'from' : 'to'}[${index}]`,
      verdict,
      words: wordsOfPeer(population, item, peer, namespace, family, verdict),
    };
  });
};

const levelOf = ({ sure, possible }: Matched, index: number): Verdict => {
  const has = (bits: Bits): boolean => hasBit(bits, 0, index);
  return has(sure) ? 'allow' : has(possible) ? 'undefined' : 'deny';
};

const wordsOf = (
  trials: readonly Trial[],
  best: Trial | undefined,
  direction: Direction,
  peer: string,
): string => {
  if (best === undefined) return `, without any ${direction} rule`;
  if (best.verdict === 'allow') return `; ${placeOf(best)} admits ${peer} (${best.words})`;
  if (best.verdict === 'undefined') return `; ${placeOf(best)}: ${best.words}`;
  if (trials.length === 1) return `; ${peer}: ${best.words}`;
  return `; ${peer}: ${listSome(
    trials.map((trial) => `${placeOf(trial)} ${trial.words}`),
    '; ',
  )}`;
};

const wordsOfBypass = (subject: Pod, peer: Pod, direction: Direction): string => {
  if (subject === peer) return '; whether policies apply to a pod that connects to itself is not specified';
  if (subject.hostNetwork === true)
    return `; ${idOf(subject)} is in the host network, for which policies are not specified`;
  if (subject.node === '' || subject.node !== peer.node)
    return `; ${idOf(peer)} is in the host network, perhaps on the same node, whose traffic is special`;
  return direction === 'ingress'
    ? `, but a pod always admits its own node, in whose network ${idOf(peer)} is`
    : `; ${idOf(peer)} is in the network of the same node, and whether isolation for egress holds for the own node is not specified`;
};

const wordsOfPeer = (
  population: Population,
  peer: NetworkPolicyPeer,
  index: number,
  namespace: string,
  family: Family,
  verdict: Verdict,
): string => {
  const pod = population.pods[index]!;
  if (peer.ipBlock) return wordsOfBlock(population, peer.ipBlock, index, family, verdict);
  if (pod.external === true) return 'selectors match pods, this host is outside the cluster';
  const podSelector = peer.podSelector ?? undefined;
  const podWords = podSelector === undefined ? [] : [wordsOfSelector('podSelector', podSelector, pod.labels)];
  const labels = population.namespaceLabels(pod.namespace);
  const namespaceWords = peer.namespaceSelector
    ? [
        matchesSelector(peer.namespaceSelector, labels)
          ? `namespace ${pod.namespace} matches`
          : `namespace ${pod.namespace} does not match ${describeSelector(peer.namespaceSelector)}`,
      ]
    : pod.namespace === namespace
      ? []
      : [`namespace ${pod.namespace} is not ${namespace}`];
  const words = [...namespaceWords, ...podWords].join(', ');
  return verdict === 'undefined' ? `${words}, but whether it matches here is not specified` : words;
};

const wordsOfSelector = (
  name: string,
  selector: Parameters<typeof matchesSelector>[0],
  labels: Record<string, string>,
): string =>
  `${name} ${describeSelector(selector)} ${matchesSelector(selector, labels) ? 'matches' : 'does not match'}`;

const wordsOfBlock = (
  population: Population,
  ipBlock: NonNullable<NetworkPolicyPeer['ipBlock']>,
  index: number,
  family: Family,
  verdict: Verdict,
): string => {
  const address = population.addressOf(index, family);
  const text = addressOf(population.pods[index]!, family) ?? `no ${family} address`;
  const { cidr, except } = parseBlock(ipBlock);
  const name = `ipBlock ${ipBlock.cidr}`;
  if (address === undefined || !contains(cidr, address)) return `${name} does not contain ${text}`;
  const hole = except.findIndex((range) => contains(range, address));
  if (hole >= 0) return `${name} excepts ${ipBlock.except?.[hole]} with ${text}`;
  if (verdict !== 'undefined') return `${name} contains ${text}`;
  return `${name} contains ${text}, but whether an ipBlock matches the address of a pod is not specified`;
};

const listSome = (items: readonly string[], separator = ', '): string => {
  const shown = items.slice(0, 4);
  return [...shown, ...(items.length > shown.length ? [`${items.length - shown.length} more`] : [])].join(
    separator,
  );
};
