import type { AdminPeer, AdminPort, AdminProtocol, AdminSubject } from '../kube/types.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { Decision, PodRules, Side, TierDecisions } from './rules.ts';
import type { State, StoredAdminPolicy } from './state.ts';

/** A rule of any kind, direction and version. */
export type AnyRule = {
  action: string;
  from?: AdminPeer[];
  to?: AdminPeer[];
  ports?: AdminPort[];
  protocols?: AdminProtocol[];
};

/** A policy of any kind and version: what is not of its kind stays absent. */
export type AnyPolicy = Pick<StoredAdminPolicy, 'kind' | 'metadata'> & {
  spec: { tier?: string; priority?: number; subject: AdminSubject; ingress?: AnyRule[]; egress?: AnyRule[] };
};

/** `Kind name`, which no other policy of the tiers has. */
export const nameTierPolicy = ({ kind, metadata }: AnyPolicy): string => `${kind} ${metadata.name}`;

/** The list of policies of all tiers after a change. */
export const withTierPolicies = (state: State, change: (policies: AnyPolicy[]) => AnyPolicy[]): State => ({
  ...state,
  adminPolicies: change(state.adminPolicies) as StoredAdminPolicy[],
});

/** A `follow` that changes the list of policies of all tiers and remembers nothing. */
export const changeTierPolicies =
  (change: (policies: AnyPolicy[]) => AnyPolicy[]): Follow =>
  () =>
  (state) =>
    withTierPolicies(state, change);

/** A policy with other lists of rules, in each direction that has one. */
export const withTierRules = (
  policy: AnyPolicy,
  change: (rules: AnyRule[], side: Side) => AnyRule[],
): AnyPolicy => {
  const { ingress, egress } = policy.spec;
  return {
    ...policy,
    spec: {
      ...policy.spec,
      ...(ingress && { ingress: change(ingress, 'ingress') }),
      ...(egress && { egress: change(egress, 'egress') }),
    },
  };
};

export const changeTierRules = (change: (rules: AnyRule[], side: Side) => AnyRule[]): Follow =>
  changeTierPolicies((policies) => policies.map((policy) => withTierRules(policy, change)));

/** A rule with other peers: without any it matches nothing. */
export const withPeers = (rule: AnyRule, change: (peers: AdminPeer[]) => AdminPeer[]): AnyRule => ({
  ...rule,
  ...(rule.from && { from: change(rule.from) }),
  ...(rule.to && { to: change(rule.to) }),
});

export const changeTierPeers = (change: (peers: AdminPeer[]) => AdminPeer[]): Follow =>
  changeTierRules((rules) => rules.map((rule) => withPeers(rule, change)));

/** A `follow` that changes what stands in each entry for ports; `change` gets those of one version or the other. */
export const changeTierPorts = (change: {
  ports: (ports: AdminPort[]) => AdminPort[];
  protocols: (protocols: AdminProtocol[]) => AdminProtocol[];
}): Follow =>
  changeTierRules((rules) =>
    rules.map(({ ports, protocols, ...rule }) => ({
      ...rule,
      ...(ports && { ports: change.ports(ports) }),
      ...(protocols && { protocols: change.protocols(protocols) }),
    })),
  );

export type Place = { pod: PodRules; side: Side; tier: keyof TierDecisions; state: State; node: string };

/** Changes the decisions of each tier in each direction of each pod that has some. */
export const changeDecisions =
  (change: (decisions: Decision[], place: Place) => Decision[]): NonNullable<Mutant['rules']> =>
  (pods, state, node) =>
    pods.map((pod) => {
      const changed = (['ingress', 'egress'] as const).flatMap((side) => {
        const decisions = pod.tiers?.[side];
        if (decisions === undefined) return [];
        const admin = change(decisions.admin, { pod, side, tier: 'admin', state, node });
        const baseline = change(decisions.baseline, { pod, side, tier: 'baseline', state, node });
        return [[side, { admin, baseline }] as const];
      });
      return changed.length === 0 ? pod : { ...pod, tiers: Object.fromEntries(changed) };
    });
