import type { ProbeProtocol } from '../matrix/matrix.ts';
import { hasBit } from './bits.ts';
import type { Population } from './population.ts';
import { explainSide, partsSelecting, type PolicyPart } from './reason.ts';
import type { Selections } from './reach.ts';
import type { Tier } from './tier-policy.ts';
import { listActing, passPeer, type Connection, type Fate } from './tiers.ts';

/**
 * One of those who are asked about one end of a connection, in this order. More outcomes than one: the API leaves open
 * which; none: it is not asked, as one before has decided.
 */
export type Stage = {
  tier: Tier | 'NetworkPolicy' | 'default';
  outcomes: Fate[];
  said: string;
  /** The policies and rules that are spoken of. */
  parts: PolicyPart[];
};

/** Asks the tiers about one end in their order. Says the same as `explainEnd`, which has a verdict and not the way to it. */
export const listStages = (
  population: Population,
  selections: Selections,
  connection: Connection & { protocol: Exclude<ProbeProtocol, 'ICMP'> },
): Stage[] => {
  const admin = askTier(population, selections, 'Admin', connection);
  const networkPolicy = askNetworkPolicy(population, selections, connection);
  const baseline = askTier(population, selections, 'Baseline', connection);
  // Whether a NetworkPolicy for the other direction alone has decided here too is not specified.
  if (networkPolicy.outcomes.includes('next') && baseline.outcomes.includes('deny')) {
    const selecting = partsSelecting(selections.policies, connection.subject);
    if (selecting.length > 0) {
      networkPolicy.outcomes = ['allow', 'next'];
      networkPolicy.parts = selecting;
      networkPolicy.said += ', but for the other direction, and whether that decides here is not specified';
    }
  }
  const last: Stage = { tier: 'default', outcomes: ['allow'], said: 'nobody has decided', parts: [] };
  const stages = [admin, networkPolicy, baseline, last];
  const end = stages.findIndex(({ outcomes }) => !outcomes.includes('next'));
  return stages.map((stage, at) =>
    at <= end
      ? stage
      : { tier: stage.tier, outcomes: [], said: `not asked: ${stages[end]?.tier} decides`, parts: [] },
  );
};

const askNetworkPolicy = (
  population: Population,
  { policies }: Selections,
  connection: Connection,
): Stage => {
  const { reason, verdict, isolatedBy, decidedBy } = explainSide(population, policies, connection);
  const tier = 'NetworkPolicy';
  if (isolatedBy.length === 0) {
    const said = `no policy isolates ${population.ids[connection.subject]} for ${connection.direction}`;
    return { tier, outcomes: ['next'], said, parts: [] };
  }
  const outcomes: Fate[] = verdict === 'undefined' ? ['allow', 'deny'] : [verdict];
  return { tier, outcomes, said: reason, parts: decidedBy };
};

const askTier = (
  population: Population,
  { tiers }: Selections,
  tier: Tier,
  connection: Connection,
): Stage => {
  const { subject, peer, direction } = connection;
  const names = { subject: population.ids[subject], peer: population.ids[peer] };
  const acting = listActing(tiers, tier, subject);
  if (acting.length === 0)
    return { tier, outcomes: ['next'], said: `no policy selects ${names.subject}`, parts: [] };
  const parts: PolicyPart[] = [];
  const words: string[] = [];
  const outcomes = passPeer(population, tiers, tier, connection, ({ id, priority }, rule, { sure }) => {
    parts.push({ policy: id, rule: rule.place });
    const rank = priority === undefined ? '' : ` (priority ${priority})`;
    const doubt = hasBit(sure, 0, peer) ? '' : ', but whether it means this traffic is not specified';
    words.push(`${rule.action} by ${id} ${rule.place}${rank}${doubt}`);
  });
  if (words.length > 0) return { tier, outcomes, said: words.join('; '), parts };
  const policies = acting.map(({ policy }) => policy.id).join(', ');
  const said = `no ${direction} rule of ${policies} matches ${names.peer} and the port`;
  return { tier, outcomes, said, parts: acting.map(({ policy }) => ({ policy: policy.id })) };
};
