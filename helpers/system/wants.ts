import type { Protocol } from '../kube/types.ts';
import { matchesGlob } from './glob.ts';
import { wantOf } from './judge.ts';
import { namespaceOf, ownerOf, type Link, type Placement, type System } from './system.ts';

/** The pod of somebody without any rights, in a namespace of its own. */
export const visitor = { namespace: 'tenant', name: 'visitor', id: 'tenant/visitor' } as const;

/** One connection that must work, or must not. */
export type Wanted = { from: string; to: string; protocol: Protocol; port: number; want: 'allow' | 'deny' };

/**
 * What must become of each connection at a placement: of those that are written down, as they say; and of a visitor to
 * each door of a namespace that closes any, who may ask what tenants need and nothing else that is restricted.
 */
export const wantedAt = ({ namespaces, tenants = '' }: System, placement: Placement): Wanted[] => {
  const deliveries = [...placement.deliveries.values()];
  const links = deliveries.flatMap((delivery) => delivery.links);
  const wanted = (link: Link, want = wantOf(link, placement)): Wanted[] => {
    const { from, to, protocol, port } = link;
    return want === undefined ? [] : [{ from, to, protocol, port, want }];
  };
  const publicDoors = new Set(
    links
      .filter(({ kind, from }) => kind === 'needed' && matchesGlob(tenants, namespaceOf(from)))
      .map(doorOf),
  );
  // Only who is asked can promise a closed door; the others have not said yet that they close any.
  const closing = new Set(
    deliveries.flatMap((delivery) =>
      delivery.links
        .filter(({ kind }) => kind === 'closed' || kind === 'always-closed')
        .map(({ to }) => namespaceOf(to))
        .filter((namespace) => ownerOf(namespace, placement) === delivery.component),
    ),
  );
  const doors = new Map(
    links
      .filter(({ to }) => matchesGlob(namespaces, namespaceOf(to)) && closing.has(namespaceOf(to)))
      .map((link) => [doorOf(link), link]),
  );
  return [
    ...links.flatMap((link) => wanted(link)),
    ...[...doors].flatMap(([door, link]) =>
      wanted({ ...link, from: visitor.id, kind: publicDoors.has(door) ? 'needed' : 'closed' }),
    ),
  ];
};

const doorOf = ({ to, protocol, port }: Link): string => `${to} ${protocol}/${port}`;
