import type { AdminPeer, AdminPolicy, IPBlock, LabelSelector } from '../kube/types.ts';
import { familyOf, idOf, isRunning } from '../kube/world.ts';
import type { Pod, World } from '../kube/world.ts';
import { blockContains, parseAddress, parseBlock } from './cidr.ts';

/** Pods that no policy can tell apart. */
export type Alike = {
  /** All of them, `namespace/name`; the first stands for all. */
  ids: string[];
  pod: Pod;
  /** Another one of them, to ask what they are to each other. */
  twin?: Pod;
};

/**
 * Puts pods together that are the same to these policies: of one namespace, with the same ports and families, the same
 * values of all labels that a selector speaks of, and in the same blocks. Those without an address and those that have
 * ended are left out.
 * @throws RangeError where an address or a CIDR does not parse
 */
export const groupAlike = (pods: readonly Pod[], worlds: readonly World[]): Alike[] => {
  const { keys, blocks } = collectTraits(worlds);
  const hasHosts = pods.some(({ hostNetwork }) => hostNetwork === true);
  const there = pods.filter((pod) => isRunning(pod) && pod.addresses.length > 0);
  const groups = Map.groupBy(there, (pod) => {
    const addresses = pod.addresses.map(parseAddress);
    return JSON.stringify([
      pod.external === true ? idOf(pod) : pod.namespace,
      [...keys].map((key) => (Object.hasOwn(pod.labels, key) ? pod.labels[key] : null)),
      pod.ports.map(({ name = '', protocol, port }) => `${protocol}/${port}/${name}`).toSorted(),
      pod.addresses.map(familyOf).toSorted(),
      blocks.map((block) => addresses.some((address) => blockContains(block, address))),
      pod.hostNetwork === true,
      // Only the network of its own node is special to a pod.
      hasHosts ? pod.node : '',
    ]);
  });
  return [...groups.values()].flatMap((members) => {
    const [pod, twin] = members;
    return pod === undefined ? [] : [{ ids: members.map(idOf), pod, ...(twin && { twin }) }];
  });
};

/** The pods that stand for all: a world with these alone has the same verdicts. */
export const standIns = (groups: readonly Alike[]): Pod[] =>
  groups.flatMap(({ pod, twin }) => [pod, ...(twin === undefined ? [] : [twin])]);

type Traits = { keys: Set<string>; blocks: ReturnType<typeof parseBlock>[] };

const collectTraits = (worlds: readonly World[]): Traits => {
  const keys = new Set<string>();
  const blocks = new Map<string, IPBlock>();
  const addSelector = (selector: LabelSelector | undefined): void => {
    for (const key of Object.keys(selector?.matchLabels ?? {})) keys.add(key);
    for (const { key } of selector?.matchExpressions ?? []) keys.add(key);
  };
  const addBlock = (block: IPBlock | undefined): void => {
    if (block) blocks.set(JSON.stringify(block), block);
  };
  for (const { policies, services, adminPolicies = [] } of worlds) {
    for (const { selector } of services) addSelector({ matchLabels: selector });
    for (const { spec } of policies) {
      addSelector(spec.podSelector);
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
        for (const peer of ('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined) ?? []) {
          addSelector(peer.podSelector);
          addBlock(peer.ipBlock);
        }
    }
    for (const peer of adminPolicies.flatMap(peersOf)) {
      addSelector(peer.pods?.podSelector);
      for (const cidr of peer.networks ?? []) addBlock({ cidr });
    }
  }
  return { keys, blocks: [...blocks.values()].map(parseBlock) };
};

/** The subject and all peers. */
const peersOf = ({ spec }: AdminPolicy): AdminPeer[] => [
  spec.subject,
  ...(spec.ingress ?? []).flatMap(({ from = [] }) => from),
  ...(spec.egress ?? []).flatMap(({ to = [] }) => to),
];
