import type { Protocol } from '../kube/types.ts';
import { isRunning } from '../kube/world.ts';
import type { Family, World } from '../kube/world.ts';
import type { Matrix, ProbeProtocol } from '../matrix/matrix.ts';
import { hasBit } from './bits.ts';
import { judgeLookup } from './lookup.ts';
import { readPolicy } from './network-policy.ts';
import type { Direction } from './network-policy.ts';
import { judgeNodePort } from './node-port.ts';
import { createPopulation } from './population.ts';
import { computeReach, selectSubjects } from './reach.ts';
import type { Reach } from './reach.ts';
import type { Connection, PolicyPart, SideExplanation, Verdict } from './reason.ts';
import { judgeService } from './service.ts';
import type { Parts, ServiceVerdict } from './service.ts';
import { listStages } from './stages.ts';
import type { Stage } from './stages.ts';
import { readTierPolicy } from './tier-policy.ts';
import { explainEnd } from './tier-reason.ts';
import { selectTierSubjects } from './tiers.ts';

/** A verdict and why, both ends apart. `reason` is one line that names policies, rules and what did not match. */
export type Explanation = {
  verdict: Verdict;
  reason: string;
  /** What the verdict follows from, at the ends that say the same. */
  decidedBy: (PolicyPart & { direction: Direction })[];
  egress: SideExplanation;
  ingress: SideExplanation;
};

/**
 * Says who reaches whom. Pods, external hosts and Services are named `namespace/name`. A pod without an
 * address of the family has no cell.
 * @throws RangeError from every method, where there is no such pod, no such Service or no such cell
 */
export type Oracle = {
  verdict(from: string, to: string, protocol: ProbeProtocol, port: number, family: Family): Verdict;
  explain(from: string, to: string, protocol: ProbeProtocol, port: number, family: Family): Explanation;
  /** The way to what `explain` says: who is asked about each end, in the order of the tiers, and what each says. */
  stages(
    from: string,
    to: string,
    protocol: Protocol,
    port: number,
    family: Family,
  ): Record<Direction, Stage[]>;
  /** All cells of one grid. Without names: every pod that has an address of the family, in the world's order. */
  matrix(
    protocol: ProbeProtocol,
    port: number,
    family: Family,
    rows?: readonly string[],
    columns?: readonly string[],
  ): Matrix<Verdict>;
  /**
   * Policies apply to the pods behind a Service: `allow` where all of them can be reached, `deny` where none
   * can or there is none, `undefined` where the luck of load balancing decides.
   */
  serviceVerdict(
    from: string,
    service: string,
    protocol: Protocol,
    port: number,
    family: Family,
  ): ServiceVerdict;
  /** The same for a Service that is asked at a node, where it is not specified whose address policies see. */
  nodePortVerdict(
    from: string,
    service: string,
    protocol: Protocol,
    port: number,
    family: Family,
  ): ServiceVerdict;
  /** Whether a pod can look up names: it, as nobody knows where the DNS server is, is judged by its egress alone. */
  lookupVerdict(from: string): { verdict: Verdict; reason: string };
};

/**
 * An evaluator of networking.k8s.io/v1 NetworkPolicy, and of the tiers around it, over a snapshot. Takes policies that
 * the API server would accept. What the API leaves open is `undefined`, if it makes a difference. Pods that have ended
 * are not there.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * @see https://network-policy-api.sigs.k8s.io/api-overview/
 * @throws RangeError where an address or a CIDR of the world does not parse
 */
export const createOracle = (snapshot: World): Oracle => {
  const world = { ...snapshot, pods: snapshot.pods.filter(isRunning) };
  const population = createPopulation(world);
  const policies = selectSubjects(world.policies.map(readPolicy), population);
  const tiers = selectTierSubjects((world.adminPolicies ?? []).map(readTierPolicy), population);
  const selections = { policies, tiers };
  const known = new Map<number, Reach>();

  const reachOf = (protocol: ProbeProtocol, port: number, family: Family): Reach => {
    const key = (port * 4 + protocols.indexOf(protocol)) * 2 + (family === 'IPv6' ? 1 : 0);
    const before = known.get(key);
    if (before !== undefined) return before;
    const reach = computeReach(population, selections, protocol, port, family);
    known.set(key, reach);
    return reach;
  };

  const numberOf = (id: string, family: Family): number => {
    const index = population.indexOf(id);
    if (index === undefined) throw new RangeError(`no pod ${id} in this world`);
    if (population.addressOf(index, family) === undefined)
      throw new RangeError(`${id} has no ${family} address`);
    return index;
  };

  const explain = (
    from: string,
    to: string,
    asked: Pick<Connection, 'protocol' | 'port' | 'family' | 'isTranslated'>,
  ): Explanation => {
    const source = numberOf(from, asked.family);
    const destination = numberOf(to, asked.family);
    const egress = explainEnd(population, selections, {
      ...{ subject: source, peer: destination, direction: 'egress' },
      ...asked,
    });
    const ingress = explainEnd(population, selections, {
      ...{ subject: destination, peer: source, direction: 'ingress' },
      ...asked,
    });
    return { ...conclude(from, to, egress, ingress), egress, ingress };
  };
  const parts: Parts = {
    world,
    population,
    selections: policies,
    tiers,
    explain: (from, to, protocol, port, family) =>
      explain(from, to, { protocol, port, family, isTranslated: true }),
  };

  return {
    verdict: (from, to, protocol, port, family) =>
      verdictAt(
        reachOf(protocol, port, family),
        numberOf(from, family) * population.words,
        numberOf(to, family),
      ),
    explain: (from, to, protocol, port, family) => explain(from, to, { protocol, port, family }),
    stages: (from, to, protocol, port, family) => {
      const [source, destination] = [numberOf(from, family), numberOf(to, family)];
      const asked = { protocol, port, family };
      const stagesOf = (direction: Direction, subject: number, peer: number): Stage[] =>
        listStages(population, selections, { subject, peer, direction, ...asked });
      return {
        egress: stagesOf('egress', source, destination),
        ingress: stagesOf('ingress', destination, source),
      };
    },
    matrix: (protocol, port, family, rows, columns) => {
      const everybody = (): string[] =>
        population.ids.filter((_, index) => population.addressOf(index, family) !== undefined);
      const sources = rows ?? everybody();
      const targets = columns ?? everybody();
      const numbers = targets.map((id) => numberOf(id, family));
      const reach = reachOf(protocol, port, family);
      const cells: Verdict[] = [];
      for (const source of sources) {
        const offset = numberOf(source, family) * population.words;
        for (const target of numbers) cells.push(verdictAt(reach, offset, target));
      }
      return { rows: sources, columns: targets, cells };
    },
    serviceVerdict: (from, service, protocol, port, family) =>
      judgeService(parts, from, service, protocol, port, family),
    nodePortVerdict: (from, service, protocol, port, family) =>
      judgeNodePort(parts, from, service, protocol, port, family),
    lookupVerdict: (from) => judgeLookup(parts, from),
  };
};

const protocols: readonly ProbeProtocol[] = ['TCP', 'UDP', 'SCTP', 'ICMP'];

const verdictAt = ({ sure, possible }: Reach, offset: number, to: number): Verdict => {
  if (hasBit(sure, offset, to)) return 'allow';
  return hasBit(possible, offset, to) ? 'undefined' : 'deny';
};

const conclude = (
  from: string,
  to: string,
  egress: SideExplanation,
  ingress: SideExplanation,
): Pick<Explanation, 'verdict' | 'reason' | 'decidedBy'> => {
  const ends = [egress, ingress];
  const isSelf = from === to;
  const decisive = (['deny', 'undefined'] as const).find((verdict) =>
    ends.some((end) => end.verdict === verdict),
  );
  const speaking = ends.filter((end) => end.verdict === (decisive ?? 'allow') && end.reason !== '');
  const verdict = decisive ?? 'allow';
  const reason = [...new Set(speaking.map((end) => end.reason))].join('; ');
  const decidedBy = (['egress', 'ingress'] as const).flatMap((direction) => {
    const end = direction === 'egress' ? egress : ingress;
    return end.verdict === verdict ? end.decidedBy.map((part) => ({ ...part, direction })) : [];
  });
  if (reason !== '') return { verdict, reason, decidedBy };
  return {
    verdict: 'allow',
    decidedBy,
    reason: isSelf
      ? `no policy isolates ${from}`
      : `no policy isolates ${from} for egress or ${to} for ingress`,
  };
};
