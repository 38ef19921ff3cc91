import type { Protocol } from '../kube/types.ts';
import { idOf, type World } from '../kube/world.ts';
import { matchesGlob } from '../system/glob.ts';
import { wantOf } from '../system/judge.ts';
import { namespaceOf, ownerOf, type Link, type Placement, type System } from '../system/system.ts';

/** The namespace and the pod of somebody without any rights. */
export const tenant = { namespace: 'tenant', name: 'visitor', id: 'tenant/visitor' } as const;

/** One connection that must work, or must not. */
export type Wanted = { from: string; to: string; protocol: Protocol; port: number; want: 'allow' | 'deny' };

/** What the links say of those that are there, and what a tenant may and may not reach where somebody is restricted. */
export const wantedAt = (
  system: System,
  links: readonly Link[],
  placement: Placement,
  world: World | undefined,
): Wanted[] => {
  const there = new Set(world?.pods.map(idOf));
  const isOfSystem = (id: string): boolean => matchesGlob(system.namespaces, namespaceOf(id));
  const present = links.filter(({ from, to }) => there.has(from) && there.has(to));
  const written = present.flatMap((link): Wanted[] => {
    const want = wantOf(link, placement);
    return want === undefined ? [] : [{ ...pick(link), want }];
  });
  const isTenant = (id: string): boolean => matchesGlob(system.tenants ?? '', namespaceOf(id));
  const publicDoors = new Set(
    present.filter(({ kind, from }) => kind === 'needed' && isTenant(from)).map(doorOf),
  );
  // Nobody else has said that he closes anything yet.
  const closing = new Set(
    [...placement.deliveries.values()].flatMap(({ component, links: own }) =>
      own
        .filter(({ kind }) => kind === 'closed' || kind === 'always-closed')
        .map(({ to }) => namespaceOf(to))
        .filter((namespace) => ownerOf(namespace, placement) === component),
    ),
  );
  const doors = new Map(
    present
      .filter(({ to }) => isOfSystem(to) && closing.has(namespaceOf(to)))
      .map((link) => [doorOf(link), link]),
  );
  const ofTenant = [...doors].flatMap(([door, link]): Wanted[] => {
    const want = publicDoors.has(door) ? 'allow' : wantOf({ ...link, kind: 'closed' }, placement);
    return want === undefined ? [] : [{ ...pick(link), from: tenant.id, want }];
  });
  const distinct = new Map([...written, ...ofTenant].map((one) => [`${one.from} ${doorOf(one)}`, one]));
  return [...distinct.values()];
};

const pick = ({ from, to, protocol, port }: Link): Omit<Wanted, 'want'> => ({ from, to, protocol, port });

const doorOf = ({ to, protocol, port }: Pick<Link, 'to' | 'protocol' | 'port'>): string =>
  `${to} ${protocol}/${port}`;
