import { addressesOf, namedPortAllows } from './rules.ts';
import { readTierPolicy } from './tier-policies.ts';
import type { Allow, Decision, PodRules, Side } from './rules.ts';
import type { PortMatch, Semantics } from './semantics.ts';
import type { Pod, State } from './state.ts';
import type { PodPeer, TierPolicy, TierPort, TierRule } from './tier-policies.ts';

type Context = Semantics & {
  /** All pods that can be peers. */
  candidates: Pod[];
  isSubjectOf: (policy: TierPolicy, pod: Pod) => boolean;
  /** The other ends that a rule means, without its ports. */
  endsOf: (rule: TierRule) => Allow[];
};

/** Returns the function that tells what the policies of the tiers decide over a pod of this node. */
export const compileTiers = (
  state: State,
  node: string,
  semantics: Semantics,
): ((pod: Pod) => Pick<PodRules, 'tiers'>) => {
  const policies = state.adminPolicies.map(readTierPolicy);
  if (policies.length === 0) return () => ({});
  const context = createContext(state, node, semantics);
  const admin = semantics.orderTier(policies.filter(({ tier }) => tier === 'Admin'));
  const baseline = semantics.orderTier(policies.filter(({ tier }) => tier === 'Baseline'));
  const decide = (pod: Pod, side: Side): NonNullable<PodRules['tiers']> => {
    const decisions = {
      admin: decisionsOf(admin, pod, side, context),
      baseline: decisionsOf(baseline, pod, side, context),
    };
    return decisions.admin.length + decisions.baseline.length === 0 ? {} : { [side]: decisions };
  };
  return (pod) => {
    if (!semantics.isTierPod(pod)) return {};
    const tiers = { ...decide(pod, 'ingress'), ...decide(pod, 'egress') };
    return Object.keys(tiers).length === 0 ? {} : { tiers };
  };
};

const createContext = (state: State, node: string, semantics: Semantics): Context => {
  const { selects } = semantics;
  const candidates = state.pods.filter(semantics.isTierPod);
  const labels = new Map(state.namespaces.map((namespace) => [namespace.name, namespace.labels]));
  const candidateOf = (pod: Pod) => ({ pod, namespaceLabels: labels.get(pod.namespace) ?? {} });
  const podsOf = (peer: PodPeer): Pod[] =>
    candidates.filter((pod) => semantics.isPeer(peer, candidateOf(pod), selects));
  const known = new Map<TierRule, Allow[]>();
  const findEnds = ({ peers }: TierRule): Allow[] => {
    const owners = peers.flatMap((peer): { addresses: string[] }[] => {
      if (peer === 'unknown' || 'networks' in peer) return [];
      if ('domainNames' in peer)
        return [{ addresses: peer.domainNames.flatMap((name) => semantics.addressesOfName(name, state)) }];
      return 'pods' in peer
        ? podsOf(peer.pods)
        : state.nodes.filter((other) => semantics.isNodePeer(peer.nodes, other, node, selects));
    });
    const networks = peers.flatMap((peer) => (peer !== 'unknown' && 'networks' in peer ? peer.networks : []));
    return [{ addresses: addressesOf(owners) }, ...networks.map((cidr) => ({ block: { cidr } }))];
  };
  return {
    ...semantics,
    candidates,
    isSubjectOf: ({ subject }, pod) =>
      subject !== undefined && semantics.isSubject(subject, candidateOf(pod), selects),
    endsOf: (rule) => {
      const ends = known.get(rule) ?? findEnds(rule);
      known.set(rule, ends);
      return ends;
    },
  };
};

const decisionsOf = (policies: TierPolicy[], pod: Pod, side: Side, context: Context): Decision[] =>
  policies
    .filter((policy) => context.isSubjectOf(policy, pod))
    .flatMap((policy) => policy[side].flatMap((rule) => decisionsOfRule(rule, pod, side, context)));

const decisionsOfRule = (rule: TierRule, subject: Pod, side: Side, context: Context): Decision[] => {
  const { peers, ports } = rule;
  const instead = [...peers, ...ports].includes('unknown') ? context.meetUnknown(rule.action) : undefined;
  if (instead !== undefined && peers.includes('unknown')) return [{ action: instead }];
  const action = instead ?? rule.action;
  const ends = context.endsOf(rule);
  const allows =
    ports.length === 0 || instead !== undefined
      ? ends
      : ends.flatMap((end) => withPorts(end, ports, subject, side, context));
  return allows.map((allow) => ({ action, ...allow }));
};

const withPorts = (end: Allow, ports: TierPort[], subject: Pod, side: Side, context: Context): Allow[] => {
  const names = ports.flatMap((port) => (port !== 'unknown' && 'name' in port ? [port.name] : []));
  const numbered = ports.flatMap((port): PortMatch[] =>
    port !== 'unknown' && 'protocol' in port ? [port] : [],
  );
  const own = side === 'egress' ? [] : names.flatMap((name) => context.resolveInTier(name, subject, subject));
  const matches = [...numbered, ...own];
  const named = (name: string): Allow[] =>
    namedPortAllows(end, context.candidates, (pod) => context.resolveInTier(name, pod, subject));
  return [
    ...(matches.length === 0 ? [] : [{ ...end, ports: matches }]),
    ...(side === 'egress' ? names.flatMap(named) : []),
  ];
};
