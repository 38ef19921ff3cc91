import type { NetworkPolicy, NetworkPolicyPeer, Protocol } from '../kube/types.ts';
import { addressOf, families, idOf, type Pod, type World } from '../kube/world.ts';
import { blockContains, parseAddress, parseBlock } from '../model/cidr.ts';
import { matchesSelector } from '../model/matching.ts';
import { readPolicy, type Direction } from '../model/network-policy.ts';
import type { Oracle } from '../model/oracle.ts';

/** One question: may this pod reach that one here? */
export type Cell = { from: string; to: string; protocol: Protocol; port: number };

/** The world after one step, and who reaches whom in it. */
export type Moment = { world: World; oracle: Oracle };

/** What every pod serves; nothing here can probe SCTP. */
const kinds = (['TCP', 'UDP'] as const).flatMap((protocol) => [80, 81].map((port) => ({ protocol, port })));
type Kind = (typeof kinds)[number];
const [usual = { protocol: 'TCP', port: 80 } as const] = kinds;

/**
 * Which cells a case must ask so that a plugin which misreads any part of its policies shows, and few more: for each
 * pod that a policy selects, one peer of every kind that the rules could tell apart on a port that they open; every
 * port for one peer of each kind of answer; and, as a control, a cell that no policy touches, in each direction.
 * A direction that the case is not `about` is asked one cell of each kind of answer.
 */
export const chooseCells = (moments: readonly Moment[], about: readonly Direction[]): Cell[] => {
  const cells = new Map<string, Cell>();
  const ask = (subject: string, peer: string, direction: Direction, { protocol, port }: Kind): void => {
    const [from, to] = direction === 'ingress' ? [peer, subject] : [subject, peer];
    cells.set(`${protocol} ${port} ${from} ${to}`, { from, to, protocol, port });
  };
  const ids = [...new Set(moments.flatMap(({ world }) => world.pods.map(idOf)))];
  const free = ids.filter((id) => selectorsOf(id, moments).length === 0 && isInside(id, moments));
  const control = free.find((id) => id !== free[0] && !isSameNamespace(id, free[0] ?? ''));
  if (control !== undefined && free[0] !== undefined) ask(control, free[0], 'ingress', usual);

  for (const subjects of subjectsOf(ids, moments)) {
    for (const direction of ['ingress', 'egress'] as const) {
      const isIsolated = selectorsOf(subjects[0] ?? '', moments).some((role) => role.startsWith(direction));
      for (const [index, subject] of subjects.entries()) {
        const peers = peersOf(subject, direction, ids, moments);
        const first = free.find((id) => id !== subject) ?? peers[0];
        const isThorough = index === 0 && about.includes(direction);
        if (isIsolated) askPeers(subject, peers, direction, moments, isThorough, ask);
        else if (first !== undefined && index === 0) ask(subject, first, direction, usual);
      }
    }
  }
  return [...cells.values()];
};

type Ask = (subject: string, peer: string, direction: Direction, kind: Kind) => void;

const askPeers = (
  subject: string,
  peers: readonly string[],
  direction: Direction,
  moments: readonly Moment[],
  isThorough: boolean,
  ask: Ask,
): void => {
  const answers = (peer: string, kind: Kind): string => answersOf(subject, peer, direction, kind, moments);
  const opens = (peer: string, kind: Kind): boolean => answers(peer, kind).includes('allow');
  const opened = kinds.map((kind) => peers.filter((peer) => opens(peer, kind)).length);
  const main = kinds[opened.indexOf(Math.max(...opened))] ?? usual;
  const alike = Map.groupBy(peers, (peer) => kinds.map((kind) => answers(peer, kind)).join());
  for (const [first = '', ...others] of alike.values()) {
    const own = opens(first, main) ? main : (kinds.find((kind) => opens(first, kind)) ?? main);
    for (const kind of isThorough ? kinds : [own]) ask(subject, first, direction, kind);
    if (isThorough)
      for (const peer of others) for (const kind of new Set([main, own])) ask(subject, peer, direction, kind);
  }
};

const answersOf = (
  subject: string,
  peer: string,
  direction: Direction,
  { protocol, port }: Kind,
  moments: readonly Moment[],
): string => {
  const [from, to] = direction === 'ingress' ? [peer, subject] : [subject, peer];
  return moments
    .map(({ world, oracle }) =>
      isThere(from, world) && isThere(to, world)
        ? families.map((family) => oracle.verdict(from, to, protocol, port, family)).join(' ')
        : 'absent',
    )
    .join(', ');
};

/** Pods that policies select, in groups of those that the same policies select, one on each node. */
const subjectsOf = (ids: readonly string[], moments: readonly Moment[]): string[][] => {
  const selected = ids.filter((id) => selectorsOf(id, moments).length > 0);
  const groups = Map.groupBy(selected, (id) => `${namespaceOf(id)} ${historyOf(id, moments).join()}`);
  return [...groups.values()].map((group) => firstOfEach(group, (id) => nodeOf(id, moments)));
};

/** One pod or host of every kind that the rules about the subject could tell apart. */
const peersOf = (
  subject: string,
  direction: Direction,
  ids: readonly string[],
  moments: readonly Moment[],
): string[] => {
  const peers = moments.flatMap(({ world }) => peersNamed(subject, direction, world));
  const others = ids.filter((id) => id !== subject);
  return firstOfEach(others, (id) =>
    [
      isSameNamespace(id, subject),
      nodeOf(id, moments) === nodeOf(subject, moments),
      ...historyOf(id, moments),
      ...moments.map(({ world }) => looksOf(id, world, peers)),
    ].join(';'),
  );
};

/** All peers in rules of one direction of the policies that select a pod. */
const peersNamed = (subject: string, direction: Direction, world: World): NetworkPolicyPeer[] =>
  policiesFor(subject, world).flatMap((policy) =>
    (readPolicy(policy)[direction] ?? []).flatMap((rule) => rule.peers),
  );

/** What peers could look at: the values of the labels that they name, and the ranges that they give. */
const looksOf = (id: string, world: World, peers: readonly NetworkPolicyPeer[]): string => {
  const pod = podOf(id, world);
  if (pod === undefined) return 'absent';
  const labels = world.namespaces.find(({ name }) => name === pod.namespace)?.labels ?? {};
  const mentioned = (
    selectors: readonly NetworkPolicyPeer['podSelector'][],
    labels: Record<string, string>,
  ): string => {
    const values = new Map<string, Set<string>>();
    for (const { matchLabels = {}, matchExpressions = [] } of selectors.flatMap(
      (selector) => selector ?? [],
    )) {
      for (const [key, value] of Object.entries(matchLabels))
        values.set(key, (values.get(key) ?? new Set()).add(value));
      for (const { key, values: some = [] } of matchExpressions)
        values.set(key, (values.get(key) ?? new Set()).union(new Set(some)));
    }
    return [...values]
      .map(([key, some]) => `${key}=${some.has(labels[key] ?? '') ? labels[key] : key in labels}`)
      .join();
  };
  if (pod.external === true) return `outside ${blocksOf(pod, peers)}`;
  return [
    mentioned(
      peers.map(({ podSelector }) => podSelector),
      pod.labels,
    ),
    mentioned(
      peers.map(({ namespaceSelector }) => namespaceSelector),
      labels,
    ),
  ].join('/');
};

const blocksOf = (pod: Pod, peers: readonly NetworkPolicyPeer[]): string =>
  peers
    .flatMap(({ ipBlock }) => (ipBlock ? [parseBlock(ipBlock)] : []))
    .map((block) =>
      families
        .flatMap((family) => addressOf(pod, family) ?? [])
        .map((address) => blockContains(block, parseAddress(address)))
        .join(' '),
    )
    .join();

/** Whether the pod was there after each step, and which policies selected it. */
const historyOf = (id: string, moments: readonly Moment[]): string[] =>
  moments.map(({ world }) => (isThere(id, world) ? rolesOf(id, world).join('+') : 'absent'));

/** `ingress x/deny-all`, for each policy that selects the pod at some time, and each direction for which it isolates. */
export const selectorsOf = (id: string, moments: readonly Moment[]): string[] =>
  moments.flatMap(({ world }) => rolesOf(id, world));

const rolesOf = (id: string, world: World): string[] =>
  policiesFor(id, world)
    .map(readPolicy)
    .flatMap((policy) =>
      (['ingress', 'egress'] as const)
        .filter((direction) => policy[direction])
        .map((direction) => `${direction} ${policy.id}`),
    );

const policiesFor = (id: string, world: World): NetworkPolicy[] => {
  const pod = podOf(id, world);
  if (pod === undefined || pod.external === true) return [];
  return world.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace && matchesSelector(spec.podSelector ?? {}, pod.labels),
  );
};

const podOf = (id: string, { pods }: World): Pod | undefined => pods.find((pod) => idOf(pod) === id);
const isThere = (id: string, world: World): boolean => podOf(id, world) !== undefined;
const isInside = (id: string, moments: readonly Moment[]): boolean =>
  moments.every(({ world }) => podOf(id, world)?.external !== true && isThere(id, world));
const nodeOf = (id: string, moments: readonly Moment[]): string =>
  moments.flatMap(({ world }) => podOf(id, world)?.node ?? [])[0] ?? '';
const namespaceOf = (id: string): string => id.split('/')[0] ?? '';
const isSameNamespace = (one: string, other: string): boolean => namespaceOf(one) === namespaceOf(other);

const firstOfEach = (items: readonly string[], kindOf: (item: string) => string): string[] =>
  [...Map.groupBy(items, kindOf).values()].flatMap((group) => group.slice(0, 1));
