import type { NetworkPolicy, Protocol } from '../kube/types.ts';
import { addressOf, idOf } from '../kube/world.ts';
import type { Family, World } from '../kube/world.ts';
import { hasBit, removeBit } from './bits.ts';
import { readPolicy } from './network-policy.ts';
import type { Direction, Rule } from './network-policy.ts';
import { createOracle } from './oracle.ts';
import { createPopulation } from './population.ts';
import type { Population } from './population.ts';
import { selectSubjects } from './reach.ts';
import type { Selection } from './reach.ts';
import type { PolicyPart } from './reason.ts';
import { readTierPolicy, type TierRule } from './tier-policy.ts';
import { passTier, selectTierSubjects } from './tiers.ts';
import type { OnMatch, TierSelection } from './tiers.ts';

export type TrafficKind = { protocol: Protocol; port: number; family: Family };

/**
 * `selects-nobody`: no pod is its subject. `changes-nothing`: without it every cell has the verdict that it has with it.
 * `admits-nobody`: no pod is a peer of the rule. `never-decides`: no cell gets as far as this rule of a tier and is meant
 * by it.
 */
export type Unused = PolicyPart & {
  why: 'selects-nobody' | 'changes-nothing' | 'admits-nobody' | 'never-decides';
  /** Whether it may mean hosts outside the cluster, which are no pods. */
  mayMeanOutside: boolean;
};

/**
 * Policies and rules without an effect between the pods of this world on this traffic. What a pod says to itself does not
 * count.
 */
export const findUnused = (world: World, traffic: readonly TrafficKind[]): Unused[] => {
  const population = createPopulation(world);
  const selections = selectSubjects(world.policies.map(readPolicy), population);
  const hasEffect = compareWith(world, traffic);
  const plain = world.policies.flatMap((policy, index): Unused[] => {
    const { subjects, policy: rules } = selections[index]!;
    const name = `NetworkPolicy ${rules.id}`;
    const ids = subjects.map((subject) => population.ids[subject]!);
    const without = (next: readonly NetworkPolicy[]): World => ({
      ...world,
      policies: world.policies.toSpliced(index, 1, ...next),
    });
    const outside = [...(rules.ingress ?? []), ...(rules.egress ?? [])].some(mayMeanOutside);
    if (ids.length === 0) return [{ policy: name, why: 'selects-nobody', mayMeanOutside: false }];
    if (!hasEffect(without([]), ids))
      return [{ policy: name, why: 'changes-nothing', mayMeanOutside: outside }];
    return directions.flatMap((direction) =>
      (rules[direction] ?? []).flatMap((rule, at): Unused[] => {
        const found = { policy: name, rule: `${direction}[${at}]`, mayMeanOutside: mayMeanOutside(rule) };
        if (!meansSomebody(population, rule, rules.namespace)) return [{ ...found, why: 'admits-nobody' }];
        const isUsed = hasEffect(without([dropRule(policy, direction, at)]), ids);
        return isUsed ? [] : [{ ...found, why: 'changes-nothing' }];
      }),
    );
  });
  return [...plain, ...findUnusedTiers(world, traffic, population, selections, hasEffect)];
};

const directions = ['ingress', 'egress'] as const;

const mayMeanOutside = ({ peers }: Rule): boolean =>
  peers.length === 0 || peers.some(({ ipBlock }) => ipBlock !== undefined);

const meansSomebody = (population: Population, rule: Rule, namespace: string): boolean =>
  (['IPv4', 'IPv6'] as const).some((family) =>
    population.matchRule(rule, namespace, family).possible.some((word) => word !== 0),
  );

/** The types that follow from rules must not go with the last of them. */
const dropRule = (policy: NetworkPolicy, direction: Direction, at: number): NetworkPolicy => {
  const { ingress, egress } = readPolicy(policy);
  return {
    ...policy,
    spec: {
      ...policy.spec,
      policyTypes: [...(ingress ? (['Ingress'] as const) : []), ...(egress ? (['Egress'] as const) : [])],
      [direction]: policy.spec[direction]?.toSpliced(at, 1),
    },
  };
};

type HasEffect = (other: World, subjects: readonly string[]) => boolean;

/** Whether some cell with one of these pods has another verdict in another world. Ends with the first. */
const compareWith = (world: World, traffic: readonly TrafficKind[]): HasEffect => {
  const here = createOracle(world);
  const peers = {
    IPv4: world.pods.filter((pod) => addressOf(pod, 'IPv4') !== undefined).map(idOf),
    IPv6: world.pods.filter((pod) => addressOf(pod, 'IPv6') !== undefined).map(idOf),
  };
  return (other, subjects) => {
    const there = createOracle(other);
    return traffic.some(({ protocol, port, family }) => {
      const own = new Set(subjects);
      const differs = (from: string, to: string): boolean =>
        from !== to &&
        here.verdict(from, to, protocol, port, family) !== there.verdict(from, to, protocol, port, family);
      return peers[family].some(
        (id) => own.has(id) && peers[family].some((peer) => differs(id, peer) || differs(peer, id)),
      );
    });
  };
};

const findUnusedTiers = (
  world: World,
  traffic: readonly TrafficKind[],
  population: Population,
  policies: readonly Selection[],
  hasEffect: HasEffect,
): Unused[] => {
  const all = world.adminPolicies ?? [];
  const tiers = selectTierSubjects(all.map(readTierPolicy), population);
  const deciding = listDeciding(population, policies, tiers, traffic);
  return all.flatMap((policy): Unused[] => {
    const { id } = readTierPolicy(policy);
    const { policy: read, subjects } = tiers.find((tier) => tier.policy.id === id)!;
    const outside = directions.some((direction) => read.rules[direction].some(meansOutside));
    if (subjects.length === 0) return [{ policy: id, why: 'selects-nobody', mayMeanOutside: false }];
    const without = { ...world, adminPolicies: all.filter((other) => other !== policy) };
    const ids = subjects.map((subject) => population.ids[subject]!);
    if (!hasEffect(without, ids)) return [{ policy: id, why: 'changes-nothing', mayMeanOutside: outside }];
    return directions.flatMap((direction) =>
      read.rules[direction]
        .filter(({ place }) => !deciding.has(`${id} ${place}`))
        .map((rule): Unused => ({
          policy: id,
          rule: rule.place,
          why: 'never-decides',
          mayMeanOutside: meansOutside(rule),
        })),
    );
  });
};

const meansOutside = ({ peers }: TierRule): boolean =>
  peers.some(({ kind }) => kind === 'networks' || kind === 'domainNames');

/** The rules that some cell gets as far as, and that mean it. */
const listDeciding = (
  population: Population,
  policies: readonly Selection[],
  tiers: readonly TierSelection[],
  traffic: readonly TrafficKind[],
): Set<string> => {
  const found = new Set<string>();
  const subjects = new Set(tiers.flatMap((tier) => tier.subjects));
  for (const direction of directions) {
    const isolated = new Set(
      policies.flatMap(({ policy, subjects: own }) => (policy[direction] === undefined ? [] : own)),
    );
    for (const subject of subjects)
      for (const kind of traffic) {
        const open = population.everybody.slice();
        removeBit(open, subject);
        const onMatch: OnMatch = (policy, rule, { possible }) => {
          const isThere = population.pods.some(
            (pod, index) =>
              index !== subject && hasBit(possible, 0, index) && addressOf(pod, kind.family) !== undefined,
          );
          if (isThere) found.add(`${policy.id} ${rule.place}`);
        };
        const asked = { direction, ...kind };
        const { left } = passTier(population, tiers, 'Admin', subject, asked, open, onMatch);
        if (!isolated.has(subject)) passTier(population, tiers, 'Baseline', subject, asked, left, onMatch);
      }
  }
  return found;
};
