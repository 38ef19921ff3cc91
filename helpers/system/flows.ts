import type { NetworkPolicyPeer, NetworkPolicyPort } from '../kube/types.ts';
import { describePort, type Direction } from '../model/network-policy.ts';
import { admitsEverything, directions, isEverything, type AuditedPolicy, type View } from './audit-view.ts';
import { describeLink, namespaceOf, type Link } from './system.ts';

/** One namespace needs another one, with the connection or the policy that says so. */
export type Flow = { from: string; to: string; because: string };

/** A policy opens a namespace to everybody on some ports, or lets it out to every namespace. */
export type Opening = { namespace: string; direction: Direction; because: string };

/** What the needed connections of a system say. Those within a namespace need nobody's leave. */
export const flowsOfLinks = (links: readonly Link[]): Flow[] =>
  links
    .filter(({ kind }) => kind === 'needed')
    .map((link) => ({
      from: namespaceOf(link.from),
      to: namespaceOf(link.to),
      because: `${describeLink(link)} (${link.why})`,
    }))
    .filter(({ from, to }) => from !== to);

/**
 * What policies say, where nobody has written down who needs whom: whoever is listed is needed, or needs. A rule without
 * any condition says nothing, as it stands for a mode and not for a need.
 */
export const flowsOfPolicies = (view: View, isSystem: (namespace: string) => boolean): Flow[] =>
  rulesOf(view, isSystem).flatMap(({ policy, direction, peers, ports }) =>
    peers
      .filter((peer) => !isEverybody(peer))
      .flatMap((peer) => namespacesOf(view, peer))
      .filter((other) => other !== policy.rules.namespace)
      .map((other) => {
        const { namespace } = policy.rules;
        const verb = direction === 'ingress' ? `admits ${other}` : `lets it out to ${other}`;
        const because = `${policy.object} ${verb}${describePorts(ports)}`;
        return direction === 'ingress'
          ? { from: other, to: namespace, because }
          : { from: namespace, to: other, because };
      }),
  );

/** Rules for every namespace: for ingress also those without peers, as long as they name ports. */
export const openingsOf = (view: View, isSystem: (namespace: string) => boolean): Opening[] =>
  rulesOf(view, isSystem)
    .filter(({ direction, peers }) =>
      peers.length === 0 ? direction === 'ingress' : peers.some(isEverybody),
    )
    .map(({ policy, direction, ports }) => ({
      namespace: policy.rules.namespace,
      direction,
      because: `${policy.object} ${direction === 'ingress' ? 'admits everybody' : 'lets it out to every namespace'}${describePorts(ports)}`,
    }));

type RuleOfPolicy = {
  policy: AuditedPolicy;
  direction: Direction;
  peers: readonly NetworkPolicyPeer[];
  ports: readonly NetworkPolicyPort[];
};

const rulesOf = (view: View, isSystem: (namespace: string) => boolean): RuleOfPolicy[] =>
  [...view.namespaces.keys()]
    .filter(isSystem)
    .flatMap(view.policiesIn)
    .flatMap((policy) =>
      directions.flatMap((direction) =>
        (policy.rules[direction] ?? [])
          .filter((rule) => !admitsEverything(rule))
          .map((rule) => ({ policy, direction, ...rule })),
      ),
    );

const isEverybody = ({ namespaceSelector, podSelector }: NetworkPolicyPeer): boolean =>
  namespaceSelector !== undefined &&
  namespaceSelector !== null &&
  isEverything(namespaceSelector) &&
  isEverything(podSelector ?? {});

/** Where a peer names pods, the namespaces that have such. */
const namespacesOf = (view: View, { namespaceSelector, podSelector }: NetworkPolicyPeer): string[] =>
  (namespaceSelector ? view.matchNamespaces(namespaceSelector) : []).filter(
    (name) =>
      isEverything(podSelector ?? {}) ||
      !view.arePodsKnown(name) ||
      view.select(name, podSelector ?? {}).length > 0,
  );

const describePorts = (ports: readonly NetworkPolicyPort[]): string =>
  ports.length === 0 ? '' : ` on ${ports.map(describePort).join(', ')}`;
