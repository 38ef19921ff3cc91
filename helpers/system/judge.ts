import { idOf, type Family, type World } from '../kube/world.ts';
import { createOracle, type Explanation } from '../model/oracle.ts';
import { namespaceOf, ownerOf, type Link, type Placement } from './system.ts';

/** What is wrong with a connection: a needed one is closed, or a closed one open. */
export type Flaw = { kind: 'loss' | 'leak'; reason: string; policies: string[] };

const families: readonly Family[] = ['IPv4', 'IPv6'];

/**
 * Whether a connection is as it must be in the world of a placement; undefined where it is, or where it is nobody's
 * business: one of its ends is not there, or its kind is about the other mode. `world` needs the
 * namespaces of both ends only.
 */
export const judgeLink = (link: Link, placement: Placement, world: World): Flaw | undefined => {
  const { kind, from, to, protocol, port } = link;
  const isThere = (id: string): boolean => world.pods.some((pod) => idOf(pod) === id);
  if (!isThere(from) || !isThere(to) || !isBinding(link, placement)) return undefined;
  const oracle = createOracle(world);
  const explained = families.map((family) => oracle.explain(from, to, protocol, port, family));
  if (kind === 'needed' || kind === 'open') {
    const closed = explained.find(({ verdict }) => verdict !== 'allow');
    return closed && { kind: 'loss', reason: closed.reason, policies: policiesIn(closed) };
  }
  const open = explained.find(({ verdict }) => verdict !== 'deny');
  return open && { kind: 'leak', reason: open.reason, policies: policiesIn(open) };
};

const isBinding = ({ kind, to }: Link, placement: Placement): boolean => {
  if (kind === 'needed' || kind === 'always-closed') return true;
  const owner = ownerOf(namespaceOf(to), placement);
  return owner !== undefined && placement.modeOf(owner) === (kind === 'open' ? 'unrestricted' : 'restricted');
};

const policiesIn = ({ egress, ingress }: Explanation): string[] => [
  ...new Set([...egress.isolatedBy, ...ingress.isolatedBy]),
];
