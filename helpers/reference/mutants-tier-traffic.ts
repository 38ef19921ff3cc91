import { changeDecisions } from './mutant-tier.ts';
import { compile } from './compile.ts';
import { isIPv6, withAddresses, type Mutant } from './mutant.ts';
import type { Decision, PodRules, Side } from './rules.ts';
import type { State } from './state.ts';

const otherSide: Record<Side, Side> = { ingress: 'egress', egress: 'ingress' };

/** What all pods have as rules, as if all were on this node. */
const compileEverywhere = (state: State, node: string): PodRules[] =>
  compile({ ...state, pods: state.pods.map((pod) => ({ ...pod, node })) }, node);

/** Lets what a rule accepts at one end pass the other end as well, before all else. */
const acceptAtBothEnds =
  (first: Side): NonNullable<Mutant['rules']> =>
  (pods, state, node) => {
    const side = otherSide[first];
    const accepted = compileEverywhere(state, node).flatMap(({ addresses, tiers }) =>
      (tiers?.[first]?.admin ?? [])
        .filter(({ action }) => action === 'accept')
        .map((rule) => ({ addresses, rule })),
    );
    return pods.map((pod) => {
      const own = new Set(pod.addresses);
      const decisions = accepted.flatMap(({ addresses, rule }): Decision[] =>
        rule.addresses?.some((address) => own.has(address))
          ? [{ action: 'accept', addresses, ...(rule.ports && { ports: rule.ports }) }]
          : [],
      );
      if (decisions.length === 0) return pod;
      const { admin = [], baseline = [] } = pod.tiers?.[side] ?? {};
      return { ...pod, tiers: { ...pod.tiers, [side]: { admin: [...decisions, ...admin], baseline } } };
    });
  };

/** Takes the decisions of the tiers from all pods in one direction. */
const ignoreSide = (ignored: Side): NonNullable<Mutant['rules']> =>
  changeDecisions((decisions, { side }) => (side === ignored ? [] : decisions));

const addressesWhere = ({ pods }: State, matches: (pod: State['pods'][number]) => boolean): Set<string> =>
  new Set(pods.filter(matches).flatMap(({ addresses }) => addresses));

/** Bugs in how right rules of the tiers meet packets. */
export const tierTrafficMutants: readonly Mutant[] = [
  {
    name: 'tier-egress-accept-overrules-ingress',
    sentence: 'What an egress rule of the first tier accepts is not checked at the destination.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'one verdict for the whole connection: "any ingress rules at the destination do apply"',
    killedBy: 'admin/tiers/cluster-accept-at-one-end',
    rules: acceptAtBothEnds('egress'),
  },
  {
    name: 'tier-ingress-accept-overrules-egress',
    sentence: 'What an ingress rule of the first tier accepts is not checked at the source.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'one verdict for the whole connection: each end decides for itself',
    killedBy: 'admin/tiers/cluster-accept-at-one-end',
    rules: acceptAtBothEnds('ingress'),
  },
  {
    name: 'tier-ingress-ignored',
    sentence: 'The tiers are enforced for egress only.',
    feature: 'AdminNetworkPolicy',
    imitates: 'a hook that never sees the packets of one direction',
    killedBy: 'admin/rules/ingress-order',
    rules: ignoreSide('ingress'),
  },
  {
    name: 'tier-egress-ignored',
    sentence: 'The tiers are enforced for ingress only.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'a hook that never sees the packets of one direction',
    killedBy: 'admin/rules/cluster-egress-order',
    rules: ignoreSide('egress'),
  },
  {
    name: 'tier-ipv6-open',
    sentence: 'Rules of the tiers mean pods by their IPv4 addresses only.',
    feature: 'ClusterNetworkPolicy',
    imitates: 'status.podIP read instead of status.podIPs; conformance probes one address of a pod',
    killedBy: 'admin/families/selectors-mean-all-addresses',
    rules: changeDecisions((decisions) =>
      decisions.map((decision) =>
        withAddresses(decision, (addresses) => addresses.filter((one) => !isIPv6(one))),
      ),
    ),
  },
  {
    name: 'tier-same-node-open',
    sentence: 'Rules of the tiers mean no pods of the own node.',
    feature: 'AdminNetworkPolicy',
    imitates: 'a filter at the edge of the node; a suite whose pods are on different nodes does not notice',
    killedBy: 'admin/placement/ingress',
    rules: changeDecisions((decisions, { state, node }) => {
      const own = addressesWhere(state, (pod) => pod.node === node && pod.hostNetwork !== true);
      return decisions.map((decision) =>
        withAddresses(decision, (addresses) => addresses.filter((one) => !own.has(one))),
      );
    }),
  },
  {
    name: 'tier-host-network-subject',
    sentence: 'A policy whose subject is the namespace of a pod in the host network decides over its node.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'the pod known by its address alone: "host-networked pods are not included in subject selection"',
    killedBy: 'admin/subjects/host-network',
    rules: (pods, state, node) => {
      const hosts = state.pods.filter(
        ({ hostNetwork, phase }) => hostNetwork === true && phase === undefined,
      );
      const asPods = hosts.map((pod) => ({ ...pod, hostNetwork: false, node }));
      const names = new Set(asPods.map(({ namespace, name }) => `${namespace}/${name}`));
      const rules = compile({ ...state, policies: [], pods: [...state.pods, ...asPods] }, node);
      return [...pods, ...rules.filter(({ name }) => names.has(name))];
    },
  },
];
