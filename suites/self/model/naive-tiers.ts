import type { AdminPeer, AdminPolicy, AdminPort, AdminProtocol } from '../../../helpers/kube/types.ts';
import type { Pod } from '../../../helpers/kube/world.ts';
import { addressOf } from '../../../helpers/kube/world.ts';
import { hasLabels, isInside, isIsolating, passes, readings, type Ask } from './naive.ts';

// The tiers by a second evaluator: one connection, every order of policies that their priorities permit, and every
// reading of each policy.

type Direction = 'egress' | 'ingress';

export const judgeTiersNaively = (
  ask: Ask,
  policies: readonly AdminPolicy[],
): 'allow' | 'deny' | 'undefined' => {
  const ends = (['egress', 'ingress'] as const).map((direction) => {
    const answers = answersOf(ask, direction, policies);
    return answers.size === 2 ? 'undefined' : answers.has(true) ? 'allow' : 'deny';
  });
  if (ends.includes('deny')) return 'deny';
  return ends.includes('undefined') ? 'undefined' : 'allow';
};

const ordersOf = (policies: readonly AdminPolicy[]): AdminPolicy[][] =>
  permutationsOf(policies).filter((order) =>
    order.every((policy, at) => at === 0 || priorityOf(order[at - 1]!) <= priorityOf(policy)),
  );

const permutationsOf = <Item>(items: readonly Item[]): Item[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((first, index) =>
        permutationsOf(items.toSpliced(index, 1)).map((rest) => [first, ...rest]),
      );

const priorityOf = (policy: AdminPolicy): number =>
  policy.kind === 'BaselineAdminNetworkPolicy' ? 0 : policy.spec.priority;

const tierOf = (policy: AdminPolicy): string => {
  if (policy.kind === 'ClusterNetworkPolicy') return policy.spec.tier;
  return policy.kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline';
};

/** Whether the connection passes this end: one answer or two. */
const answersOf = (ask: Ask, direction: Direction, policies: readonly AdminPolicy[]): Set<boolean> => {
  const subject = direction === 'egress' ? ask.source : ask.destination;
  const { answers, isLeft } = walk('Admin', ask, direction, policies);
  if (!isLeft) return answers;
  const isIsolated = (each: Direction): boolean =>
    ask.world.policies.some((policy) => isIsolating(policy, subject, each));
  if (isIsolated(direction))
    return answers.union(new Set(readings.map((reading) => passes(ask, direction, reading))));
  const baseline = walk('Baseline', ask, direction, policies);
  const isSelected = isIsolated('egress') || isIsolated('ingress');
  return answers.union(baseline.answers).union(new Set(baseline.isLeft || isSelected ? [true] : []));
};

const walk = (
  tier: string,
  ask: Ask,
  direction: Direction,
  policies: readonly AdminPolicy[],
): { answers: Set<boolean>; isLeft: boolean } => {
  const answers = new Set<boolean>();
  let isLeft = false;
  for (const order of ordersOf(policies.filter((policy) => tierOf(policy) === tier))) {
    let goesOn = true;
    for (const policy of order) {
      const actions = actionsOf(policy, ask, direction);
      for (const action of actions) {
        if (action === 'Pass') isLeft = true;
        else if (action !== undefined) answers.add(action !== 'Deny');
      }
      goesOn = actions.has(undefined);
      if (!goesOn) break;
    }
    isLeft ||= goesOn;
  }
  return { answers, isLeft };
};

/** What the policy may do with the connection; undefined: nothing. */
const actionsOf = (policy: AdminPolicy, ask: Ask, direction: Direction): Set<string | undefined> => {
  const [subject, peer] =
    direction === 'egress' ? [ask.source, ask.destination] : [ask.destination, ask.source];
  const isItself = subject === peer;
  if (!isPodPeer(policy.spec.subject, subject, ask) || (isItself && policy.kind === 'ClusterNetworkPolicy'))
    return new Set([undefined]);
  const actions = new Set<string | undefined>(isItself ? [undefined] : []);
  for (const { action, from, to, ports, protocols } of policy.spec[direction] ?? []) {
    if (!(from ?? to ?? []).some((item) => isPeer(item, peer, ask))) continue;
    const matches = [true, false].map(
      (hostsArePods) =>
        (ports === undefined && protocols === undefined) ||
        (ports ?? []).some((port) => isPort(port, ask, hostsArePods)) ||
        (protocols ?? []).some((protocol) => isProtocol(protocol, ask, hostsArePods)),
    );
    if (matches.includes(true)) actions.add(action);
    if (!matches.includes(false)) return actions;
  }
  return actions.add(undefined);
};

const isPodPeer = ({ namespaces, pods }: AdminPeer, pod: Pod, { world }: Ask): boolean => {
  if (pod.hostNetwork === true || pod.external === true) return false;
  const labels = world.namespaces.find(({ name }) => name === pod.namespace)?.labels ?? {};
  if (namespaces !== undefined) return hasLabels(labels, namespaces);
  return (
    pods !== undefined && hasLabels(labels, pods.namespaceSelector) && hasLabels(pod.labels, pods.podSelector)
  );
};

const isPeer = (item: AdminPeer, pod: Pod, ask: Ask): boolean => {
  const { networks, nodes } = item;
  if (networks) return networks.some((cidr) => isInside(addressOf(pod, ask.family), cidr));
  if (!nodes) return isPodPeer(item, pod, ask);
  const labels = ask.world.nodes?.find(({ name }) => name === pod.node)?.labels;
  return pod.hostNetwork === true && labels !== undefined && hasLabels(labels, nodes);
};

const isNamed = (name: string, { destination, protocol, port }: Ask, hostsArePods: boolean): boolean =>
  destination.external !== true &&
  (destination.hostNetwork !== true || hostsArePods) &&
  destination.ports.some((each) => each.name === name && each.protocol === protocol && each.port === port);

const isPort = (
  { portNumber, portRange, namedPort }: AdminPort,
  ask: Ask,
  hostsArePods: boolean,
): boolean => {
  if (namedPort !== undefined) return isNamed(namedPort, ask, hostsArePods);
  const { protocol = 'TCP' } = portNumber ?? portRange ?? {};
  const [start, end] = portNumber ? [portNumber.port, portNumber.port] : [portRange?.start, portRange?.end];
  return protocol === ask.protocol && (start ?? 0) <= ask.port && ask.port <= (end ?? 0);
};

const isProtocol = (entry: AdminProtocol, ask: Ask, hostsArePods: boolean): boolean => {
  if (entry.destinationNamedPort !== undefined) return isNamed(entry.destinationNamedPort, ask, hostsArePods);
  const { number, range } =
    { TCP: entry.tcp, UDP: entry.udp, SCTP: entry.sctp }[ask.protocol]?.destinationPort ?? {};
  if (number !== undefined) return number === ask.port;
  return range !== undefined && range.start <= ask.port && ask.port <= range.end;
};
