import type { NetworkPolicyPeer } from '../kube/types.ts';
import type { Pod } from '../kube/world.ts';
import { describeSelector } from '../model/matching.ts';
import type { Direction, Rule } from '../model/network-policy.ts';
import type { AuditBlock } from './audit-blocks.ts';
import {
  directions,
  isEverything,
  isRegulated,
  listNames,
  type AuditedPolicy,
  type View,
} from './audit-view.ts';
import { podsOf } from './classes.ts';
import { keyOf, type Observation } from './findings.ts';

/** What is wrong with the peers and the ports of a namespace's policies. Rules that nobody obeys are left out. */
export const auditPeers = (view: View, namespace: string, auditBlock: AuditBlock): Observation[] => {
  const found = view
    .policiesIn(namespace)
    .flatMap((policy) =>
      directions.flatMap((direction) =>
        (policy.rules[direction] ?? []).flatMap((rule) => [
          ...rule.peers.flatMap((peer) =>
            peer.ipBlock
              ? auditBlock(policy, direction, peer.ipBlock)
              : auditPeer(view, policy, direction, peer),
          ),
          ...auditPorts(view, policy, direction, rule),
        ]),
      ),
    );
  return [...new Map(found.map((one) => [keyOf(one), one])).values()];
};

const auditPeer = (
  view: View,
  { rules, object }: AuditedPolicy,
  direction: Direction,
  { namespaceSelector, podSelector }: NetworkPolicyPeer,
): Observation[] => {
  const names = namespaceSelector ? view.matchNamespaces(namespaceSelector) : [rules.namespace];
  const namespaceText = describeSelector(namespaceSelector ?? {});
  if (names.length === 0)
    return [
      {
        id: 'peer-matches-no-namespace',
        object,
        detail: `${direction} ${namespaceText}`,
        message: `${direction} peer: namespaceSelector ${namespaceText} matches none of ${view.namespaces.size} namespaces${view.isComplete ? '' : ' of these files'}`,
        next: 'compare it with the labels of the namespace that is meant; is that part of the system installed?',
      },
    ];
  const pods = names.flatMap((name) => view.select(name, podSelector ?? {}));
  const text = [
    ...(namespaceSelector ? [`namespaceSelector ${namespaceText}`] : []),
    ...(podSelector ? [`podSelector ${describeSelector(podSelector)}`] : []),
  ].join(' and ');
  const detail = `${direction} ${text}`;
  if (pods.length > 0 && !pods.some(isRegulated))
    return [
      {
        id: 'peer-matches-only-host-network',
        object,
        detail,
        message: `${direction} peer: ${text} matches only pods in the host network: ${listNames(pods.map(({ name }) => name))}`,
        next: 'admit the addresses of their nodes with an ipBlock, or what the plugin offers for nodes',
      },
    ];
  const isSure = pods.length === 0 && names.every(view.arePodsKnown);
  if (!isSure || isEverything(podSelector ?? {})) return [];
  return [
    {
      id: 'peer-matches-no-pod',
      object,
      detail,
      message: `${direction} peer: ${text} matches no pod of ${listNames(names)}`,
      next: 'compare it with the labels of the pods that are meant; pods of jobs come and go',
    },
  ];
};

const auditPorts = (
  view: View,
  policy: AuditedPolicy,
  direction: Direction,
  { peers, ports }: Rule,
): Observation[] => {
  const { object } = policy;
  const named = ports.flatMap((entry) =>
    typeof entry?.port === 'string' ? [{ protocol: entry.protocol ?? 'TCP', name: entry.port }] : [],
  );
  if (named.length === 0) return [];
  const pods = direction === 'ingress' ? known(view, policy) : destinationsOf(view, policy, peers);
  return named.flatMap(({ protocol, name }): Observation[] => {
    const detail = `${direction} port ${protocol}/${name}`;
    const use: Observation = {
      id: 'named-port',
      object,
      detail,
      message: `${detail} is a name, which each pod resolves to a port of its own`,
      next: 'write the number, where all pods have the same',
    };
    const candidates = pods?.filter(isRegulated) ?? [];
    const sameName = candidates.flatMap((pod) => pod.ports).filter((port) => port.name === name);
    if (candidates.length === 0 || sameName.some((port) => port.protocol === protocol)) return [use];
    const whose = `${direction === 'ingress' ? 'the pods that the policy selects' : 'the peers'} (${listNames(candidates.map((pod) => pod.name))})`;
    const [other] = sameName;
    if (other !== undefined)
      return [
        {
          id: 'named-port-of-other-protocol',
          object,
          detail,
          message: `${detail}: ${whose} have ${name} for ${other.protocol} only`,
          next: `write \`protocol: ${other.protocol}\`, if that is meant`,
        },
      ];
    return [
      {
        id: 'named-port-of-no-pod',
        object,
        detail,
        message: `${detail}: no port of ${whose} is called so; the rule admits nothing on it`,
        next: 'name the containerPort so, or write the number',
      },
    ];
  });
};

const known = (view: View, policy: AuditedPolicy): readonly Pod[] | undefined =>
  view.arePodsKnown(policy.rules.namespace) ? podsOf(view, policy) : undefined;

/** The pods that an egress rule means; undefined where there may be others. A host outside has no names of ports. */
const destinationsOf = (
  view: View,
  { rules }: AuditedPolicy,
  peers: readonly NetworkPolicyPeer[],
): readonly Pod[] | undefined => {
  const meant = peers.length === 0 ? [{ namespaceSelector: {} }] : peers.filter(({ ipBlock }) => !ipBlock);
  const names = meant.map(({ namespaceSelector }) =>
    namespaceSelector ? view.matchNamespaces(namespaceSelector) : [rules.namespace],
  );
  const isSure = names.flat().every(view.arePodsKnown) && (peers.length > 0 || view.isComplete);
  if (!isSure) return undefined;
  return meant.flatMap((peer: NetworkPolicyPeer, index) =>
    (names[index] ?? []).flatMap((name) => view.select(name, peer.podSelector ?? {})),
  );
};
