import type { LabelSelector, NetworkPolicyPeer } from '../kube/types.ts';
import { describePort, matchPort, type Rule } from './network-policy.ts';
import { namespaceNameLabel } from './population.ts';
import type { Judgement, Verdict } from './reason.ts';
import type { Parts } from './service.ts';

/**
 * Whether a pod can ask the DNS server of the cluster for names. Where that server is no policy API says: as a rule it
 * is pods in a namespace that is none of the world's, behind a Service, but it may also be a process on each node. So
 * `allow` takes rules that admit it wherever it is, `deny` that no rule can mean it, and the rest is `undefined`. That
 * isolation holds for a server on the pod's own node too is taken for granted here, though the text is silent on it.
 * @throws RangeError where there is no such pod
 */
export const judgeLookup = (
  { world, population, selections, tiers }: Omit<Parts, 'explain'>,
  from: string,
): Judgement => {
  const source = population.indexOf(from);
  const pod = source === undefined ? undefined : population.pods[source];
  if (source === undefined || pod === undefined) throw new RangeError(`no pod ${from} in this world`);
  if (pod.external === true)
    throw new RangeError(`${from} is outside the cluster, and asks another DNS server`);
  const above = tiers.filter(
    ({ policy, subjects }) => policy.rules.egress.length > 0 && subjects.includes(source),
  );
  if (above.length > 0) {
    const names = above.map(({ policy }) => policy.id).join(', ');
    return {
      verdict: 'undefined',
      reason: `${names} may be about the DNS server of the cluster: it depends on where that is`,
    };
  }
  const isolating = selections.filter(
    ({ policy, subjects }) => policy.egress !== undefined && subjects.includes(source),
  );
  if (isolating.length === 0) return { verdict: 'allow', reason: `no policy isolates ${from} for egress` };
  const isolation = `${from} is isolated for egress by ${isolating.map(({ policy }) => policy.id).join(', ')}`;
  if (pod.hostNetwork === true)
    return {
      verdict: 'undefined',
      reason: `${isolation}; it is in the host network, for which policies are not specified`,
    };
  const known = knownNamespaces(world);
  const trials = isolating.flatMap(({ policy }) =>
    (policy.egress ?? []).map((rule, index): Trial => ({
      place: `${policy.id} egress[${index}]`,
      peer: rule.peers.length === 0 ? 'allow' : bestOf(rule.peers.map((peer) => judgePeer(peer, known))),
      ports: dnsPorts.map((port) => judgePort(rule, port)),
      words: rule.ports.map(describePort).join(', '),
    })),
  );
  return conclude(isolation, trials);
};

/**
 * Where DNS servers listen behind their Service's port 53: on the same (CoreDNS), or on 5353 (OpenShift). A plugin
 * looks at the port before or after translation.
 */
const dnsPorts = [53, 5353] as const;

/** What a rule says of a DNS server: of its place, and of each port. */
type Trial = { place: string; peer: Verdict; ports: Verdict[]; words: string };

const conclude = (isolation: string, trials: readonly Trial[]): Judgement => {
  const byPort = dnsPorts.map((_, index) =>
    bestOf(trials.map(({ peer, ports }) => worstOf(peer, ports[index] ?? 'deny'))),
  );
  const admitting = trials.filter(({ peer, ports }) => ports.some((port) => worstOf(peer, port) !== 'deny'));
  const listPlaces = (some: readonly Trial[]): string => some.map(({ place }) => place).join(', ');
  const sure = listPlaces(admitting.filter(({ peer }) => peer === 'allow'));
  const wanted = dnsPorts.map((port) => `UDP/${port}`).join(' and ');
  if (byPort.every((verdict) => verdict === 'allow'))
    return { verdict: 'allow', reason: `${isolation}; ${sure} admits everybody on ${wanted}` };
  if (admitting.length > 0)
    return {
      verdict: 'undefined',
      reason: `${isolation}; ${listPlaces(admitting)}: whether the DNS server of the cluster is admitted depends on where it listens`,
    };
  if (trials.length === 0) return { verdict: 'deny', reason: `${isolation}, without any egress rule` };
  const words = trials.map(({ place, peer, words: ports }) =>
    peer === 'deny' ? `${place} admits no pod of the cluster's DNS` : `${place} admits ${ports} only`,
  );
  return { verdict: 'deny', reason: `${isolation}; ${words.join('; ')}` };
};

const order: readonly Verdict[] = ['deny', 'undefined', 'allow'];
const worstOf = (one: Verdict, other: Verdict): Verdict =>
  order[Math.min(order.indexOf(one), order.indexOf(other))] ?? 'deny';
const bestOf = (verdicts: readonly Verdict[]): Verdict =>
  order[Math.max(0, ...verdicts.map((verdict) => order.indexOf(verdict)))] ?? 'deny';

const judgePort = ({ ports }: Rule, port: number): Verdict => {
  const matches = ports.map((entry) => matchPort(entry, 'UDP', port));
  if (ports.length === 0 || matches.includes(true)) return 'allow';
  // What the pods of the DNS server call their ports is not known.
  return matches.every((match) => match === false) ? 'deny' : 'undefined';
};

/** The values by which labels tell the world's own namespaces for certain: `ns` is ours, the other the API server's. */
type Known = Record<string, ReadonlySet<string>>;

const knownNamespaces = (world: Parts['world']): Known => ({
  ns: new Set(world.namespaces.flatMap(({ labels }) => labels['ns'] ?? [])),
  [namespaceNameLabel]: new Set(world.namespaces.map(({ name }) => name)),
});

/** No peer admits a DNS server for certain: one on a node is no pod, and an ipBlock may be compared with many addresses. */
const judgePeer = ({ ipBlock, namespaceSelector }: NetworkPolicyPeer, known: Known): Verdict => {
  if (ipBlock) return 'undefined';
  return namespaceSelector && !meansOnly(namespaceSelector, known) ? 'undefined' : 'deny';
};

const meansOnly = ({ matchLabels, matchExpressions }: LabelSelector, known: Known): boolean =>
  Object.entries(known).some(([key, values]) => {
    const label = matchLabels?.[key];
    if (label !== undefined && values.has(label)) return true;
    return (matchExpressions ?? []).some(
      (requirement) =>
        requirement.key === key &&
        requirement.operator === 'In' &&
        (requirement.values ?? []).every((value) => values.has(value)),
    );
  });
