import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../kube/types.ts';
import type { PodRules } from './compile.ts';
import type { Semantics } from './semantics.ts';
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
      const inward = ingress?.map(({ from, ports }) => toRule(from, ports));
      const outward = egress?.map(({ to, ports }) => toRule(to, ports));
      return {
        ...policy,
        spec: {
          ...policy.spec,
          ...(inward === undefined
            ? {}
            : {
                ingress: change(inward).map(({ peers, ...rest }) =>
                  peers === undefined ? rest : { ...rest, from: peers },
                ),
              }),
          ...(outward === undefined
            ? {}
            : {
                egress: change(outward).map(({ peers, ...rest }) =>
                  peers === undefined ? rest : { ...rest, to: peers },
                ),
              }),
        },
      };
    }),
  );

/** A `follow` that replaces each peer; a rule that had peers and loses all of them admits nobody. */
export const changePeers = (change: (peer: NetworkPolicyPeer) => NetworkPolicyPeer[]): Follow =>
  changeRules((rules) =>
    rules.flatMap((rule) => {
      if (rule.peers === undefined || rule.peers.length === 0) return [rule];
      const peers = rule.peers.flatMap(change);
      return peers.length === 0 ? [] : [{ ...rule, peers }];
    }),
  );

/** A `follow` that replaces each port; a rule that had ports and loses all of them admits nothing. */
export const changePorts = (change: (port: NetworkPolicyPort) => NetworkPolicyPort[]): Follow =>
  changeRules((rules) =>
    rules.flatMap((rule) => {
      if (rule.ports === undefined || rule.ports.length === 0) return [rule];
      const ports = rule.ports.flatMap(change);
      return ports.length === 0 ? [] : [{ ...rule, ports }];
    }),
  );

const toRule = (peers: NetworkPolicyPeer[] | undefined, ports: NetworkPolicyPort[] | undefined): Rule => ({
  ...(peers === undefined ? {} : { peers }),
  ...(ports === undefined ? {} : { ports }),
});
