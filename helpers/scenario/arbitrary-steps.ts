import * as fc from 'fast-check';
import { isAdminPolicy } from '../kube/world.ts';
import { reviseAdmin } from './arbitrary-tier.ts';
import { namespaceNameLabel } from './default-world.ts';
import { applyAction, initialState } from './state.ts';
import type { NetworkPolicySpec, Policy } from '../kube/types.ts';
import type { Fleet } from './arbitrary-fleet.ts';
import type { ChangeVerb, LabelWords, Theme } from './arbitrary-theme.ts';
import type { Action, ScenarioPod, Step } from './scenario.ts';
import type { State } from './state.ts';

/** What a step tries first, and the numbers and the spec that decide what it does it to. */
export type Move = { verb: ChangeVerb; picks: readonly [number, number]; spec: NetworkPolicySpec };

const longest = 3;

/** The first step applies policies; now and then labels come before. */
export const anyMoves = (spec: fc.Arbitrary<NetworkPolicySpec>, { verbs }: Theme): fc.Arbitrary<Move[]> => {
  const moveBy = (some: readonly ChangeVerb[]): fc.Arbitrary<Move> =>
    fc.record({ verb: fc.constantFrom(...some), picks: fc.tuple(fc.nat(), fc.nat()), spec });
  const first = moveBy(['apply', 'apply', 'apply', 'apply', 'apply', 'label']);
  const next = moveBy(verbs);
  return fc.oneof(fc.tuple(first), fc.tuple(first, next), fc.tuple(first, next), fc.tuple(first, next, next));
};

/**
 * Plays the moves: each does what it tries first where that makes sense at its time, else something that does. What
 * comes and goes of the fleet does so after the first step.
 */
export const playMoves = (
  fleet: Fleet,
  policies: readonly Policy[],
  [first, ...others]: readonly Move[],
  theme: Theme,
): Step[] => {
  const { pods } = fleet;
  const waiting = [...policies];
  const steps: Step[] = [];
  let state = initialState(fleet);
  const act = (action: Action): void => {
    steps.push({ action, expect: [], line: steps.length + 1 });
    state = applyAction(state, action, fleet);
  };
  const play = (move: Move): void => {
    for (const verb of [move.verb, 'apply', 'update', 'label'] as const) {
      const action = planAction(verb, move, { pods, state, waiting, theme });
      if (action !== undefined) return act(action);
    }
  };
  if (first === undefined) return steps;
  play(first);
  for (const action of fleet.churn) act(action);
  for (const move of others.slice(0, Math.max(0, longest - steps.length))) play(move);
  return steps;
};

type Situation = { pods: readonly ScenarioPod[]; state: State; waiting: Policy[]; theme: Theme };

const planAction = (
  verb: ChangeVerb,
  { picks: [pick, other], spec }: Move,
  { pods, state, waiting, theme }: Situation,
): Action | undefined => {
  const applied = [...state.policies.values()];
  switch (verb) {
    case 'apply':
      return waiting.length === 0
        ? undefined
        : { verb, policies: waiting.splice(0, 1 + (pick % waiting.length)) };
    case 'update': {
      const policy = pickFrom(applied, pick);
      if (policy === undefined) return undefined;
      const next = isAdminPolicy(policy)
        ? reviseAdmin(policy, other)
        : { ...policy, spec: reviseSpec(policy.spec, spec, other) };
      return { verb, policies: [next] };
    }
    case 'delete': {
      const policy = pickFrom(applied, pick);
      return policy && { verb, policies: other % 4 === 0 ? applied : [policy] };
    }
    case 'label': {
      const all = labelled(pods, state, theme).flatMap(([id, labels, words]) => newLabels(id, words, labels));
      // Those of which policies speak, where there are such.
      const mentioned = JSON.stringify(applied);
      const spoken = all.filter(({ key }) => mentioned.includes(JSON.stringify(key)));
      const change = pickFrom(spoken.length === 0 ? all : spoken, pick);
      return change && { verb, labels: { [change.id]: { [change.key]: change.value } } };
    }
    case 'unlabel': {
      const [id, labels] = pickFrom(labelled(pods, state, theme), pick) ?? ['', {}];
      const key = pickFrom(
        Object.keys(labels).filter((name) => name !== namespaceNameLabel),
        other,
      );
      return key === undefined ? undefined : { verb, keys: { [id]: [key] } };
    }
  }
};

/** Mostly another spec; now and then the same parts in other places. */
const reviseSpec = (old: NetworkPolicySpec, fresh: NetworkPolicySpec, pick: number): NetworkPolicySpec => {
  switch (pick % 4) {
    case 0:
      return { ...old, podSelector: fresh.podSelector ?? {} };
    case 1:
      return { ...old, ...exchangePorts(old) };
    default:
      return fresh;
  }
};

/** The first rules of a direction with the ports of each other. */
const exchangePorts = ({ ingress = [], egress = [] }: NetworkPolicySpec): Partial<NetworkPolicySpec> => {
  const exchange = <Rule extends { ports?: unknown }>([first, second, ...rest]: Rule[]):
    Rule[] | undefined =>
    first === undefined || second === undefined
      ? undefined
      : [withPorts(first, second), withPorts(second, first), ...rest];
  const [inward, outward] = [exchange(ingress), exchange(egress)];
  return { ...(inward && { ingress: inward }), ...(outward && { egress: outward }) };
};

const withPorts = <Rule extends { ports?: unknown }>({ ports: _, ...rule }: Rule, { ports }: Rule): Rule =>
  ({ ...rule, ...(ports === undefined ? {} : { ports }) }) as Rule;

/** Pods and namespaces that have labels now, with the words for more. */
const labelled = (
  pods: readonly ScenarioPod[],
  state: State,
  { podLabels, namespaceLabels }: Theme,
): [id: string, labels: Record<string, string>, words: LabelWords][] => [
  ...pods
    .filter(({ id, addresses }) => addresses === undefined && state.pods.has(id))
    .map(({ id }): [string, Record<string, string>, LabelWords] => [id, state.pods.get(id) ?? {}, podLabels]),
  ...[...state.namespaces]
    .filter(([name]) => pods.some(({ namespace }) => namespace === name))
    .map(([name, labels]): [string, Record<string, string>, LabelWords] => [name, labels, namespaceLabels]),
];

const newLabels = (
  id: string,
  words: LabelWords,
  labels: Readonly<Record<string, string>>,
): { id: string; key: string; value: string }[] =>
  Object.entries(words)
    .filter(([key]) => key !== namespaceNameLabel)
    .flatMap(([key, values]) => values.map((value) => ({ id, key, value })))
    .filter(({ key, value }) => labels[key] !== value);

const pickFrom = <Item>(items: readonly Item[], pick: number): Item | undefined => items[pick % items.length];
