import type { IPBlock } from '../kube/types.ts';
import type { PortMatch } from './semantics.ts';
import type { Pod } from './state.ts';

/** Lets traffic pass where every part that is present matches. `addresses` and `block` are those of the other end. */
export type Allow = { addresses?: string[]; block?: IPBlock; ports?: PortMatch[] };

/** Accept and deny end a direction of a pod, pass leaves the stage. */
export type Action = 'accept' | 'deny' | 'pass';

/** What becomes of the traffic that matches. Of several the first that matches decides. */
export type Decision = Allow & { action: Action };

export type Side = 'ingress' | 'egress';

export type TierDecisions = { admin: Decision[]; baseline: Decision[] };

/**
 * The rules of one pod. `ingress` and `egress` are those of NetworkPolicies: a direction that is absent is not
 * isolated, an empty one lets nothing in (or out). `tiers` has the directions in which a rule of a tier is for the pod.
 */
export type PodRules = {
  name: string;
  addresses: string[];
  ingress?: Allow[];
  egress?: Allow[];
  tiers?: { [Direction in Side]?: TierDecisions };
};

/** A name stands for another number on each destination, so it only ever means pods. */
export const namedPortAllows = (
  end: Allow,
  candidates: Pod[],
  resolve: (pod: Pod) => PortMatch[],
): Allow[] => {
  const inside = end.addresses === undefined ? undefined : new Set(end.addresses);
  const destinations = candidates.filter(
    ({ addresses }) => inside === undefined || addresses.some((address) => inside.has(address)),
  );
  const resolved = destinations.flatMap((pod) => resolve(pod).map((match) => ({ pod, match })));
  const groups = Map.groupBy(resolved, ({ match }) => JSON.stringify(match));
  return [...groups.values()].map((group) => ({
    ...end,
    addresses: addressesOf(group.map(({ pod }) => pod)),
    ports: group.slice(0, 1).map(({ match }) => match),
  }));
};

export const addressesOf = (pods: { addresses: string[] }[]): string[] => [
  ...new Set(pods.flatMap(({ addresses }) => addresses)),
];
