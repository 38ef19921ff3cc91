import type { Protocol } from '../kube/types.ts';
import { isRunning } from '../kube/world.ts';
import type { Family, World } from '../kube/world.ts';
import type { Matrix, ProbeProtocol } from '../matrix/matrix.ts';
import { hasBit } from './bits.ts';
import { judgeLookup } from './lookup.ts';
import { readPolicy } from './network-policy.ts';
import type { Direction } from './network-policy.ts';
import { judgeNodePort } from './node-port.ts';
import { createPopulation, type Population } from './population.ts';
import { computeReach, selectSubjects } from './reach.ts';
import type { Reach, Selections } from './reach.ts';
import type { Judgement, PolicyPart, SideExplanation, Verdict } from './reason.ts';
import { judgeService } from './service.ts';
import type { AskService, Parts } from './service.ts';
import { listStages } from './stages.ts';
import type { Stage } from './stages.ts';
import { readTierPolicy } from './tier-policy.ts';
import { explainEnd } from './tier-reason.ts';
import { selectTierSubjects } from './tiers.ts';
import type { Connection, Traffic } from './tiers.ts';

/** A verdict and why, both ends apart. `reason` is one line that names policies, rules and what did not match. */
export type Explanation = Judgement & {
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
  serviceVerdict: AskService;
  /** The same for a Service that is asked at a node, where it is not specified whose address policies see. */
  nodePortVerdict: AskService;
  /** Whether a pod can look up names: it, as nobody knows where the DNS server is, is judged by its egress alone. */
  lookupVerdict(from: string): Judgement;
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

  const reachOf = rememberReach(population, selections);
  const numberOf = (id: string, family: Family): number => findNumber(population, id, family);

  const askEnds = <Asked extends Omit<Traffic, 'direction'>, Said>(
    from: string,
    to: string,
    asked: Asked,
    ask: (connection: Connection & Asked) => Said,
  ): Record<Direction, Said> => {
    const [source, destination] = [numberOf(from, asked.family), numberOf(to, asked.family)];
    return {
      egress: ask({ ...asked, direction: 'egress', subject: source, peer: destination }),
      ingress: ask({ ...asked, direction: 'ingress', subject: destination, peer: source }),
    };
  };

  const explain = (from: string, to: string, asked: Omit<Traffic, 'direction'>): Explanation => {
    const ends = askEnds(from, to, asked, (connection) => explainEnd(population, selections, connection));
    return { ...conclude(from, to, ends), ...ends };
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
    stages: (from, to, protocol, port, family) =>
      askEnds(from, to, { protocol, port, family }, (connection) =>
        listStages(population, selections, connection),
      ),
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
    serviceVerdict: judgeService(parts),
    nodePortVerdict: judgeNodePort(parts),
    lookupVerdict: (from) => judgeLookup(parts, from),
  };
};

type ReachOf = (protocol: ProbeProtocol, port: number, family: Family) => Reach;

const rememberReach = (population: Population, selections: Selections): ReachOf => {
  const known = new Map<number, Reach>();
  return (protocol, port, family) => {
    const key = (port * 4 + protocols.indexOf(protocol)) * 2 + (family === 'IPv6' ? 1 : 0);
    const before = known.get(key);
    if (before !== undefined) return before;
    const reach = computeReach(population, selections, protocol, port, family);
    known.set(key, reach);
    return reach;
  };
};

const protocols: readonly ProbeProtocol[] = ['TCP', 'UDP', 'SCTP', 'ICMP'];

const findNumber = (population: Population, id: string, family: Family): number => {
  const index = population.indexOf(id);
  if (index === undefined) throw new RangeError(`no pod ${id} in this world`);
  if (population.addressOf(index, family) === undefined)
    throw new RangeError(`${id} has no ${family} address`);
  return index;
};

const verdictAt = ({ sure, possible }: Reach, offset: number, to: number): Verdict => {
  if (hasBit(sure, offset, to)) return 'allow';
  return hasBit(possible, offset, to) ? 'undefined' : 'deny';
};

const conclude = (
  from: string,
  to: string,
  ends: Record<Direction, SideExplanation>,
): Pick<Explanation, 'verdict' | 'reason' | 'decidedBy'> => {
  const verdict =
    (['deny', 'undefined'] as const).find(
      (each) => ends.egress.verdict === each || ends.ingress.verdict === each,
    ) ?? 'allow';
  const speaking = (['egress', 'ingress'] as const).filter(
    (direction) => ends[direction].verdict === verdict,
  );
  const decidedBy = speaking.flatMap((direction) =>
    ends[direction].decidedBy.map((part) => ({ ...part, direction })),
  );
  const reasons = new Set(
    speaking.map((direction) => ends[direction].reason).filter((reason) => reason !== ''),
  );
  if (reasons.size > 0) return { verdict, reason: [...reasons].join('; '), decidedBy };
  const ofBoth = from === to ? from : `${from} for egress or ${to} for ingress`;
  return { verdict: 'allow', decidedBy, reason: `no policy isolates ${ofBoth}` };
};
