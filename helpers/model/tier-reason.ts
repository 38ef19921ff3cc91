import { hasBit } from './bits.ts';
import type { Population } from './population.ts';
import { explainSide, partsSelecting } from './reason.ts';
import type { PolicyPart, SideExplanation, Verdict } from './reason.ts';
import type { Selections } from './reach.ts';
import type { Action, Tier, TierPolicy } from './tier-policy.ts';
import { passPeer, type Connection } from './tiers.ts';

/** Says why one end admits a connection or does not, tier by tier. */
export const explainEnd = (
  population: Population,
  selections: Selections,
  connection: Connection,
): SideExplanation => {
  const side = explainSide(population, selections.policies, connection);
  if (selections.tiers.length === 0) return side;
  const here = explainTiers(population, selections, connection, side);
  if (connection.protocol !== 'ICMP' || here.verdict !== 'allow') return here;
  const direction = connection.direction === 'egress' ? 'ingress' : 'egress';
  const back = explainTiers(population, selections, { ...connection, direction }, side);
  if (back.verdict === 'allow') return here;
  const reason = `${back.reason}; whether the reply to an echo passes as one is not specified`;
  const decidedBy = [...here.decidedBy, ...back.decidedBy];
  return {
    ...here,
    verdict: 'undefined',
    matchedBy: [...here.matchedBy, ...back.matchedBy],
    decidedBy,
    reason,
  };
};

const explainTiers = (
  population: Population,
  selections: Selections,
  connection: Connection,
  side: SideExplanation,
): SideExplanation => {
  const admin = walk(population, selections, 'Admin', connection);
  const ends: Ending[] = [admin];
  if (admin.isLeft) {
    if (side.isolatedBy.length > 0) ends.push({ ...side, verdicts: [side.verdict], places: [] });
    else {
      const baseline = walk(population, selections, 'Baseline', connection);
      ends.push(baseline);
      if (baseline.isLeft) ends.push({ verdicts: ['allow'], reason: '', places: [], decidedBy: [] });
      if (baseline.verdicts.includes('deny'))
        ends.push(...finalElsewhere(population, selections, connection));
    }
  }
  const verdicts = new Set(ends.flatMap((end) => end.verdicts));
  return {
    ...side,
    acceptsErrors: ends.every((end) => end.verdicts.length === 0 || end.acceptsErrors === true),
    verdict: verdicts.size === 1 ? [...verdicts][0]! : 'undefined',
    matchedBy: ends.flatMap(({ places }) => places),
    decidedBy: ends.flatMap(({ decidedBy }) => decidedBy),
    reason: ends
      .map(({ reason }) => reason)
      .filter(Boolean)
      .join('; '),
  };
};

/** That NetworkPolicies which select the subject for the other direction alone have decided all the same. */
const finalElsewhere = (
  { ids }: Population,
  { policies }: Selections,
  { subject, direction }: Connection,
): Ending[] => {
  const selecting = policies.filter(({ subjects }) => subjects.includes(subject));
  const names = selecting.map(({ policy }) => policy.id).join(', ');
  const reason = `${names} selects ${ids[subject]} for the other direction, and whether that ends its ${direction} before the Baseline tier is not specified`;
  const decidedBy = partsSelecting(policies, subject);
  return selecting.length === 0 ? [] : [{ verdicts: ['allow'], reason, places: [], decidedBy }];
};

/** What a tier may come to; `verdicts` is empty where it leaves the connection to what comes next. */
type Ending = {
  verdicts: readonly Verdict[];
  reason: string;
  places: string[];
  decidedBy: PolicyPart[];
  /** Whether what decides, if anything does, surely is an Accept of v1alpha2: "including replies to that traffic and related ICMP traffic". */
  acceptsErrors?: boolean;
};

const walk = (
  population: Population,
  { tiers }: Selections,
  tier: Tier,
  connection: Connection,
): Ending & { isLeft: boolean } => {
  const { peer } = connection;
  const peerName = population.ids[peer] ?? '';
  const places: string[] = [];
  const words: string[] = [];
  const decidedBy: PolicyPart[] = [];
  const versions = new Set<string>();
  const fates = passPeer(population, tiers, tier, connection, (policy, rule, { sure }) => {
    versions.add(policy.version);
    const place = `${policy.id} ${rule.place}`;
    places.push(place);
    if (rule.action !== 'Pass') decidedBy.push({ policy: policy.id, rule: rule.place });
    const open = hasBit(sure, 0, peer) ? '' : ', but whether it means this traffic is not specified';
    words.push(`${place} (${wordsOfRank(policy)}) ${verbs[rule.action]} ${peerName}${open}`);
  });
  return {
    acceptsErrors: fates.includes('allow') && !fates.includes('deny') && !versions.has('v1alpha1'),
    verdicts: fates.filter((fate) => fate !== 'next'),
    reason: words.join('; '),
    places,
    decidedBy,
    isLeft: fates.includes('next'),
  };
};

const wordsOfRank = ({ tier, priority }: TierPolicy): string =>
  `tier ${tier}${priority === undefined ? '' : `, priority ${priority}`}`;

const verbs: Record<Action, string> = { Accept: 'accepts', Deny: 'denies', Pass: 'passes on' };
