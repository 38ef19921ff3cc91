import { isDeepStrictEqual } from 'node:util';
import { idOf } from '../kube/world.ts';
import {
  describeLink,
  modes,
  namespaceOf,
  type Delivery,
  type Link,
  type Mode,
  type Objects,
} from './system.ts';

/** Whether the same connection must be the same. */
export const isSameLink = (one: Link, other: Link): boolean =>
  one.kind === other.kind && describeLink(one) === describeLink(other);

/** What two deliveries have differently. `text`: `NetworkPolicy x/p (changed)`. */
export type Difference = { name: string; text: string };

/**
 * What can make a difference to a connection: that it is declared, its ends, their namespaces, and the policies there.
 */
export const differencesOf = (
  before: Delivery | undefined,
  after: Delivery | undefined,
  link: Link,
): Difference[] => {
  const [old, fresh] = [valuesOf(before, link), valuesOf(after, link)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((name) => !isDeepStrictEqual(old.get(name), fresh.get(name)))
    .map((name) => {
      const how = !old.has(name) ? 'new' : fresh.has(name) ? 'changed' : 'removed';
      return { name, text: `${name} (${how})` };
    });
};

/** The delivery with one object as it is in the other, or without it where it is not there. */
export const withPart = (
  delivery: Delivery | undefined,
  other: Delivery | undefined,
  name: string,
): Delivery | undefined => {
  const base = delivery ?? (other && { ...other, links: [], ...assemble([]) });
  if (base === undefined) return undefined;
  const isIt = (part: Part): boolean => part.name === name;
  const parts = [...partsOf(delivery).filter((part) => !isIt(part)), ...partsOf(other).filter(isIt)];
  return { ...base, ...assemble(parts) };
};

const valuesOf = (delivery: Delivery | undefined, link: Link): Map<string, unknown> => {
  const namespaces = [link.from, link.to].map(namespaceOf);
  const isConcerned = ({ namespace, pod = link.to }: Part): boolean =>
    namespaces.includes(namespace) && [link.from, link.to].includes(pod);
  const values = new Map<string, unknown>(
    partsOf(delivery)
      .filter(isConcerned)
      .map(({ name, objects }) => [name, objects]),
  );
  if (delivery?.links.some((other) => isSameLink(other, link)))
    values.set(`the connection as ${link.kind}`, true);
  return values;
};

/** One object of a delivery, there in one mode or in both. */
type Part = {
  name: string;
  namespace: string;
  /** Its id, where it is a pod. */
  pod?: string;
  mode: Mode | undefined;
  objects: Partial<Objects>;
};

const partsOf = (delivery: Delivery | undefined): Part[] =>
  delivery === undefined
    ? []
    : [undefined, ...modes].flatMap((mode): Part[] => {
        const { namespaces, pods, policies } = mode === undefined ? delivery.objects : delivery.only[mode];
        const when = mode === undefined ? '' : ` while ${mode}`;
        return [
          ...namespaces.map((one): Part => {
            const { name } = one;
            return {
              name: `Namespace ${name}${when}`,
              namespace: name,
              mode,
              objects: { namespaces: [one] },
            };
          }),
          ...pods.map((one): Part => {
            const { namespace } = one;
            const pod = idOf(one);
            return { name: `Pod ${pod}${when}`, namespace, pod, mode, objects: { pods: [one] } };
          }),
          ...policies.map((one): Part => {
            const { namespace = 'default', name } = one.metadata;
            const title = `NetworkPolicy ${namespace}/${name}${when}`;
            return { name: title, namespace, mode, objects: { policies: [one] } };
          }),
        ];
      });

const assemble = (parts: readonly Part[]): Pick<Delivery, 'objects' | 'only'> => {
  const inMode = (wanted: Mode | undefined): Objects => {
    const chosen = parts.filter(({ mode }) => mode === wanted).map(({ objects }) => objects);
    return {
      namespaces: chosen.flatMap(({ namespaces = [] }) => namespaces),
      pods: chosen.flatMap(({ pods = [] }) => pods),
      services: [],
      policies: chosen.flatMap(({ policies = [] }) => policies),
    };
  };
  return {
    objects: inMode(undefined),
    only: { unrestricted: inMode('unrestricted'), restricted: inMode('restricted') },
  };
};
