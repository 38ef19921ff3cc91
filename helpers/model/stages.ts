import type { ProbeProtocol } from '../matrix/matrix.ts';
import { addBit, hasBit } from './bits.ts';
import type { Population } from './population.ts';
import { explainSide } from './reason.ts';
import type { Connection, PolicyPart } from './reason.ts';
import type { Selections } from './reach.ts';
import type { Tier } from './tier-policy.ts';
import { passTier } from './tiers.ts';

/** What a stage may come to: it decides, or leaves the connection to the next. */
export type StageOutcome = 'allow' | 'deny' | 'next';

/**
 * One of those who are asked about one end of a connection, in this order. More outcomes than one: the API leaves open
 * which; none: it is not asked, as one before has decided.
 */
export type Stage = {
  tier: Tier | 'NetworkPolicy' | 'default';
  outcomes: StageOutcome[];
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
    const selecting = selectingOf(selections, connection.subject);
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
  const outcomes: StageOutcome[] = verdict === 'undefined' ? ['allow', 'deny'] : [verdict];
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
  const acting = tiers.filter(({ policy, subjects }) => policy.tier === tier && subjects.includes(subject));
  if (acting.length === 0)
    return { tier, outcomes: ['next'], said: `no policy selects ${names.subject}`, parts: [] };
  const open = new Uint32Array(population.words);
  addBit(open, 0, peer);
  const parts: PolicyPart[] = [];
  const words: string[] = [];
  const { accepted, denied, left } = passTier(
    population,
    tiers,
    tier,
    subject,
    connection,
    open,
    ({ id, priority }, rule, { sure }) => {
      parts.push({ policy: id, rule: rule.place });
      const rank = priority === undefined ? '' : ` (priority ${priority})`;
      const doubt = hasBit(sure, 0, peer) ? '' : ', but whether it means this traffic is not specified';
      words.push(`${rule.action} by ${id} ${rule.place}${rank}${doubt}`);
    },
  );
  const outcomes: StageOutcome[] = [
    ...(hasBit(accepted, 0, peer) ? (['allow'] as const) : []),
    ...(hasBit(denied, 0, peer) ? (['deny'] as const) : []),
    ...(hasBit(left, 0, peer) ? (['next'] as const) : []),
  ];
  if (words.length > 0) return { tier, outcomes, said: words.join('; '), parts };
  const policies = acting.map(({ policy }) => policy.id).join(', ');
  const said = `no ${direction} rule of ${policies} matches ${names.peer} and the port`;
  return { tier, outcomes, said, parts: acting.map(({ policy }) => ({ policy: policy.id })) };
};

const selectingOf = ({ policies }: Selections, subject: number): PolicyPart[] =>
  policies
    .filter(({ subjects }) => subjects.includes(subject))
    .map(({ policy }) => ({ policy: `NetworkPolicy ${policy.id}` }));
