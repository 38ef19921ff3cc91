import { isDeepStrictEqual } from 'node:util';
import { idOf } from '../kube/world.ts';
import { describeLink, modes, namespaceOf, type Delivery, type Link } from './system.ts';

/** Whether the same connection must be the same. */
export const isSameLink = (one: Link, other: Link): boolean =>
  one.kind === other.kind && describeLink(one) === describeLink(other);

/**
 * What of a delivery can make a difference to a connection, by name: that it is declared, its ends, their namespaces, and
 * the policies there.
 */
export const partsOf = (delivery: Delivery | undefined, link: Link): Map<string, unknown> => {
  const parts = new Map<string, unknown>();
  if (delivery === undefined) return parts;
  const { objects, only, links } = delivery;
  const namespaces = [link.from, link.to].map(namespaceOf);
  if (links.some((other) => isSameLink(other, link))) parts.set(`the connection as ${link.kind}`, true);
  for (const [mode, part] of [['', objects], ...modes.map((each) => [each, only[each]] as const)] as const) {
    const when = mode === '' ? '' : ` while ${mode}`;
    for (const namespace of part.namespaces.filter(({ name }) => namespaces.includes(name)))
      parts.set(`Namespace ${namespace.name}${when}`, namespace);
    for (const pod of part.pods.filter((one) => [link.from, link.to].includes(idOf(one))))
      parts.set(`Pod ${idOf(pod)}${when}`, pod);
    for (const policy of part.policies) {
      const { namespace = 'default', name } = policy.metadata;
      if (namespaces.includes(namespace)) parts.set(`NetworkPolicy ${namespace}/${name}${when}`, policy);
    }
  }
  return parts;
};

/** `NetworkPolicy x/p (changed)`: the parts that two deliveries have differently. */
export const differencesOf = (
  before: Delivery | undefined,
  after: Delivery | undefined,
  link: Link,
): string[] => {
  const [old, fresh] = [partsOf(before, link), partsOf(after, link)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((name) => !isDeepStrictEqual(old.get(name), fresh.get(name)))
    .map((name) => `${name} (${!old.has(name) ? 'new' : fresh.has(name) ? 'changed' : 'removed'})`);
};
