import { idOf, type Family, type World } from '../kube/world.ts';
import { createOracle, type Explanation } from '../model/oracle.ts';
import { namespaceOf, ownerOf, worldOf, type Link, type Placement } from './system.ts';

/** What is wrong with a connection: a needed one is closed, or a closed one open. */
export type Flaw = { kind: 'loss' | 'leak'; reason: string; policies: string[] };

const families: readonly Family[] = ['IPv4', 'IPv6'];

/**
 * Whether a connection is as it must be in the world of a placement; undefined where it is, or where it is nobody's
 * business: one of its ends is not there, or its kind is about the other mode. `world` needs the
 * namespaces of both ends only.
 */
export const judgeLink = (link: Link, placement: Placement, world: World): Flaw | undefined => {
  const { from, to, protocol, port } = link;
  const isThere = (id: string): boolean => world.pods.some((pod) => idOf(pod) === id);
  const want = wantOf(link, placement);
  if (!isThere(from) || !isThere(to) || want === undefined) return undefined;
  const oracle = createOracle(world);
  const explained = families.map((family) => oracle.explain(from, to, protocol, port, family));
  if (want === 'allow') {
    const closed = explained.find(({ verdict }) => verdict !== 'allow');
    return closed && { kind: 'loss', reason: closed.reason, policies: policiesIn(closed) };
  }
  const open = explained.find(({ verdict }) => verdict !== 'deny');
  return open && { kind: 'leak', reason: open.reason, policies: policiesIn(open) };
};

/** The same in the world of the placement itself. `order`: the ids of all pods of the system. */
export const judgeAt = (link: Link, placement: Placement, order: readonly string[]): Flaw | undefined => {
  const namespaces = [link.from, link.to].map(namespaceOf);
  return judgeLink(
    link,
    placement,
    worldOf(placement, order, (name) => namespaces.includes(name)),
  );
};

/** What must become of a connection at a placement; undefined where its kind is about the other mode. */
export const wantOf = ({ kind, to }: Link, placement: Placement): 'allow' | 'deny' | undefined => {
  if (kind === 'needed') return 'allow';
  if (kind === 'always-closed') return 'deny';
  const owner = ownerOf(namespaceOf(to), placement);
  const mode = owner === undefined ? undefined : placement.modeOf(owner);
  if (kind === 'open') return mode === 'unrestricted' ? 'allow' : undefined;
  return mode === 'restricted' ? 'deny' : undefined;
};

const policiesIn = ({ egress, ingress }: Explanation): string[] => [
  ...new Set([...egress.isolatedBy, ...ingress.isolatedBy]),
];
