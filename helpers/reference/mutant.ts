import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../kube/types.ts';
import { networkPolicySemantics, requirementsOf, type Semantics } from './semantics.ts';
import type { Allow, PodRules } from './rules.ts';
import type { State } from './state.ts';

/**
 * A deliberate bug of the reference plugin. Of the hooks from `follow` to `text` at most one is set; each replaces one step of
 * (atStart) -> state -> (follow) -> compile with semantics -> (rules) -> render -> (text) -> (beforeRules) -> nft -> (atStop).
 */
export type Mutant = {
  name: string;
  /** What the plugin does wrong. */
  sentence: string;
  /** Name of the feature whose scenarios are the likeliest to notice. */
  feature: string;
  /** The bug of a real plugin that this resembles, or the peer suite that would not notice. */
  imitates: string;
  /**
   * The hand-drawn scenario of its feature that shows it most directly, `api/area/claim`. Every mutant has one but those
   * that survive.
   */
  killedBy?: string;
  /** Why it is no violation of any policy API, so that nothing may fail on it. */
  survives?: string;
  /** The only provider that has what shows it. */
  needs?: 'kind';
  /** What it leaves behind breaks the baseline of later scenarios: each scenario needs a plugin that has seen no other. */
  spoilsBaseline?: true;
  /** Makes the function that sees the states in turn and answers with what the plugin believes. */
  follow?: () => (state: State) => State;
  semantics?: Partial<Semantics>;
  rules?: (pods: PodRules[], state: State, node: string) => PodRules[];
  text?: (text: string) => string;
  /** Done before the first state is read. */
  atStart?: () => Promise<void>;
  /** Done before rules are loaded. */
  beforeRules?: () => Promise<void>;
  /** Done when the process is told to end. */
  atStop?: () => Promise<void>;
};

/** A rule of either direction. `peers` are `from` or `to`; absent stays absent. */
export type Rule = { peers?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] };
export type Follow = NonNullable<Mutant['follow']>;

/** A `follow` that changes the list of policies and remembers nothing. */
export const changePolicies =
  (change: (policies: NetworkPolicy[]) => NetworkPolicy[]): Follow =>
  () =>
  (state) => ({ ...state, policies: change(state.policies) });

/** A `follow` that changes the list of rules of each direction of each policy that has one. */
export const changeRules = (change: (rules: Rule[]) => Rule[]): Follow =>
  changePolicies((policies) =>
    policies.map((policy) => {
      const { ingress, egress } = policy.spec;
      const inward = ingress && change(ingress.map(({ from, ports }) => toRule(from, ports)));
      const outward = egress && change(egress.map(({ to, ports }) => toRule(to, ports)));
      return {
        ...policy,
        spec: {
          ...policy.spec,
          ...(inward && {
            ingress: inward.map(({ peers, ...rest }) => ({ ...rest, ...(peers && { from: peers }) })),
          }),
          ...(outward && {
            egress: outward.map(({ peers, ...rest }) => ({ ...rest, ...(peers && { to: peers }) })),
          }),
        },
      };
    }),
  );

/** A `follow` that replaces each peer; a rule that had peers and loses all of them admits nobody. */
export const changePeers = (change: (peer: NetworkPolicyPeer) => NetworkPolicyPeer[]): Follow =>
  changeLists('peers', (peers) => peers.flatMap(change));

/** A `follow` that replaces each port; a rule that had ports and loses all of them admits nothing. */
export const changePorts = (change: (port: NetworkPolicyPort) => NetworkPolicyPort[]): Follow =>
  changeLists('ports', (ports) => ports.flatMap(change));

const changeLists = <Key extends keyof Rule>(
  key: Key,
  change: (list: NonNullable<Rule[Key]>) => NonNullable<Rule[Key]>,
): Follow =>
  changeRules((rules) =>
    rules.flatMap((rule) => {
      const list = rule[key];
      if (list === undefined || list.length === 0) return [rule];
      const changed = change(list);
      return changed.length === 0 ? [] : [{ ...rule, [key]: changed }];
    }),
  );

/** A `follow` that changes the list of ports of each rule that has one; without any it admits every port. */
export const changePortLists = (change: (ports: NetworkPolicyPort[]) => NetworkPolicyPort[]): Follow =>
  changeRules((rules) =>
    rules.map((rule) => (rule.ports === undefined ? rule : { ...rule, ports: change(rule.ports) })),
  );

const toRule = (peers: NetworkPolicyPeer[] | undefined, ports: NetworkPolicyPort[] | undefined): Rule => ({
  ...(peers && { peers }),
  ...(ports && { ports }),
});

/** `other`: what the pod admits in the other direction. */
export type Place = { pod: PodRules; other: Allow[] | undefined; state: State; node: string };

/** `rules` that change what each pod admits in each direction for which it is isolated. */
export const changeAllows =
  (change: (allows: Allow[], place: Place) => Allow[]): NonNullable<Mutant['rules']> =>
  (pods, state, node) =>
    pods.map((pod) => {
      const { ingress, egress } = pod;
      return {
        ...pod,
        ...(ingress && { ingress: change(ingress, { pod, other: egress, state, node }) }),
        ...(egress && { egress: change(egress, { pod, other: ingress, state, node }) }),
      };
    });

/** Only what has addresses gets others: none at all stand for everybody. */
export const withAddresses = <Some extends Allow>(
  some: Some,
  change: (addresses: string[]) => string[],
): Some => (some.addresses === undefined ? some : { ...some, addresses: change(some.addresses) });

export const isIPv6 = (address: string): boolean => address.includes(':');

/** Selectors for which only this part of each label value counts. */
export const comparingValues =
  (change: (value: string) => string): Semantics['selects'] =>
  (selector, labels) =>
    networkPolicySemantics.selects(
      {
        matchExpressions: requirementsOf(selector).map((requirement) => ({
          ...requirement,
          ...(requirement.values && { values: requirement.values.map(change) }),
        })),
      },
      Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, change(value)])),
    );
