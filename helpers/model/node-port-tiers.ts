import type { Protocol } from '../kube/types.ts';
import type { Family, Node, World } from '../kube/world.ts';
import type { Direction } from './network-policy.ts';
import { createPopulation } from './population.ts';
import type { Population } from './population.ts';
import type { Verdict } from './reason.ts';
import { passPeer, type Fate, type TierSelection } from './tiers.ts';

/** One end of a connection through a node port, with all that policies may take for its other end and its port. */
type NodePortEnd = {
  world: World;
  tiers: readonly TierSelection[];
  direction: Direction;
  /** Numbers of the population. The peer is the asking pod, or the one behind the Service. */
  subject: number;
  peer: number;
  /** Nodes whose address may stand for that of the peer. */
  nodes: readonly Node[];
  protocol: Protocol;
  ports: readonly number[];
  family: Family;
  /** Whether NetworkPolicies have the word after the Admin tier. */
  isIsolated: boolean;
};

/**
 * What the tiers make of one end, before and after translation. Undefined where they surely leave it to NetworkPolicies,
 * or to nobody.
 */
export const judgeByTiers = (end: NodePortEnd): { verdict: Verdict; policies: string[] } | undefined => {
  const { world, tiers, subject, peer, nodes, ports } = end;
  const about = tiers.filter(
    ({ policy, subjects }) => subjects.includes(subject) && policy.rules[end.direction].length > 0,
  );
  if (about.length === 0) return undefined;
  const [population, firstNode] = withNodes(world, nodes);
  const peers = [peer, ...nodes.map((_, index) => firstNode + index)];
  const fates = new Set(
    peers.flatMap((each) => ports.flatMap((port) => fatesOf(population, end, each, port))),
  );
  const [fate] = fates;
  if (fates.size === 1 && fate === 'next') return undefined;
  const verdict = fates.size === 1 && fate !== undefined && fate !== 'next' ? fate : 'undefined';
  return { verdict, policies: about.map(({ policy }) => policy.id) };
};

/** The population with each node as if it were a pod in its own network: so rules mean it by its labels and addresses. */
const withNodes = (world: World, nodes: readonly Node[]): [Population, number] => {
  const pods = nodes.map(({ name, addresses }) => ({
    namespace: '',
    name,
    labels: {},
    addresses,
    ports: [],
    node: name,
    hostNetwork: true,
  }));
  return [createPopulation({ ...world, pods: [...world.pods, ...pods] }), world.pods.length];
};

const fatesOf = (
  population: Population,
  { tiers, direction, subject, protocol, family, isIsolated }: NodePortEnd,
  peer: number,
  port: number,
): Fate[] => {
  const connection = { subject, peer, direction, protocol, port, family, isTranslated: true };
  const admin = passPeer(population, tiers, 'Admin', connection);
  if (isIsolated || !admin.includes('next')) return admin;
  const baseline = passPeer(population, tiers, 'Baseline', connection);
  return [
    ...admin.filter((fate) => fate !== 'next'),
    ...baseline.map((fate) => (fate === 'next' ? 'allow' : fate)),
  ];
};
