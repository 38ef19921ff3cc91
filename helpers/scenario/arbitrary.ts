import * as fc from 'fast-check';
import { anyFleet, type Fleet } from './arbitrary-fleet.ts';
import { anySpec } from './arbitrary-policy.ts';
import { anyMoves, playMoves } from './arbitrary-steps.ts';
import { anyAdminPolicies } from './arbitrary-tier.ts';
import { anyTheme, type Theme } from './arbitrary-theme.ts';
import { wordsFor } from './arbitrary-words.ts';
import type {
  AdminPolicy,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
  Policy,
} from '../kube/types.ts';
import type { Scenario } from './scenario.ts';

/**
 * Random scenarios on the standing fleet, biased to the edges of NetworkPolicy v1 and the admin tiers: one to nine
 * policies, one to three steps. They have no grids and claim nothing yet: what is to be expected, and the features that it needs, is for the
 * oracle to say. Everything else is as a file may have it.
 */
export const anyScenario = (): fc.Arbitrary<Scenario> =>
  anyTheme().chain((theme) => anyFleet(theme).chain((fleet) => anyScenarioOf(theme, fleet)));

const anyScenarioOf = (theme: Theme, fleet: Fleet): fc.Arbitrary<Scenario> => {
  const words = wordsFor(fleet, theme);
  const spec = anySpec(words).map((narrow) => crowd(narrow, theme));
  const inhabited = fleet.pods
    .filter(({ addresses }) => addresses === undefined)
    .map(({ namespace }) => namespace)
    .filter((name) => !fleet.namespaces.some((guest) => guest.name === name && guest.createdLater));
  const policy = fc.record({ namespace: fc.constantFrom(...inhabited), spec });
  const policies = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6].map((length) =>
    fc.array(policy, { minLength: length, maxLength: length }),
  );
  return fc
    .record({
      policies: fc.oneof(...policies),
      admin: theme.tiers === 'none' ? fc.constant([]) : anyAdminPolicies(words, theme.tiers),
      moves: anyMoves(spec, theme),
      places: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
    })
    .map(({ policies, admin, moves, places }): Scenario => ({
      title: 'A random world',
      name: 'random',
      file: 'random.yaml',
      spec: 'https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec',
      features: [],
      namespaces: fleet.namespaces,
      pods: fleet.pods,
      services: fleet.services,
      steps: playMoves(fleet, mingle(namePolicies(policies, theme), admin, places), moves, theme),
    }));
};

/** Which kind comes first is told by `places`. */
const mingle = (
  policies: readonly NetworkPolicy[],
  admin: readonly AdminPolicy[],
  places: readonly number[],
): Policy[] =>
  admin.reduce<Policy[]>(
    (all, policy, index) => all.toSpliced((places[index] ?? 0) % (all.length + 1), 0, policy),
    [...policies],
  );

/** Each namespace counts for itself, so that equal names in two of them are common. */
const namePolicies = (
  policies: readonly { namespace: string; spec: NetworkPolicySpec }[],
  theme: Theme,
): NetworkPolicy[] =>
  policies.map(({ namespace, spec }, index) => {
    const before = policies.slice(0, index).filter((other) => other.namespace === namespace);
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${theme.crowd === 'names' ? longPrefix : ''}p${before.length + 1}`, namespace },
      spec,
    };
  });

const longPrefix = 'long-'.repeat(48);

/** More rules, or more ports in a rule, than there is room for in a list that somebody thought long enough. */
const crowd = (spec: NetworkPolicySpec, { crowd }: Theme): NetworkPolicySpec => {
  if (crowd === 'none' || crowd === 'names') return spec;
  const { ingress, egress } = spec;
  return {
    ...spec,
    ...(ingress && {
      ingress: crowd === 'ports' ? ingress.map(withManyPorts) : [...manyRules('from'), ...ingress],
    }),
    ...(egress && {
      egress: crowd === 'ports' ? egress.map(withManyPorts) : [...manyRules('to'), ...egress],
    }),
  };
};

const withManyPorts = <Rule extends { ports?: NetworkPolicyPort[] }>(rule: Rule): Rule =>
  rule.ports === undefined || rule.ports.length === 0
    ? rule
    : {
        ...rule,
        ports: [...Array.from({ length: 40 }, (_, index) => ({ port: 2000 + 2 * index })), ...rule.ports],
      };

const manyRules = (side: 'from' | 'to'): { [side in 'from' | 'to']?: NetworkPolicyPeer[] }[] =>
  Array.from({ length: 64 }, (_, index) => ({
    [side]: [{ podSelector: { matchLabels: { pod: `nobody-${index}` } } }],
  }));
