import type { Protocol } from '../kube/types.ts';
import type { Family, Pod, Service, World } from '../kube/world.ts';
import { addressOf, idOf } from '../kube/world.ts';
import { blockContains, parseAddress, parseBlock } from './cidr.ts';
import { matchesSelector } from './matching.ts';
import { matchPort } from './network-policy.ts';
import type { Oracle } from './oracle.ts';
import type { Population } from './population.ts';
import type { Judgement, Verdict } from './reason.ts';
import type { Selection } from './reach.ts';
import type { TierSelection } from './tiers.ts';

export type ServiceVerdict = Judgement & {
  /** Every pod behind the Service, with what it says to the source. */
  backends: { id: string; verdict: Verdict }[];
};

/** Pods and Services are named `namespace/name`. */
export type AskService = (
  from: string,
  service: string,
  protocol: Protocol,
  port: number,
  family: Family,
) => ServiceVerdict;

/** What the verdicts about Services are made of. */
export type Parts = {
  world: World;
  population: Population;
  selections: readonly Selection[];
  tiers: readonly TierSelection[];
  /** Of connections that are sent to the address of a Service. */
  explain: Oracle['explain'];
};

/** A pod behind a Service, and the port at which it is asked. */
export type Backend = { pod: Pod; port: number };

/** @throws RangeError where there is no such pod, no such Service, or the Service has no such port or family */
export const judgeService =
  (parts: Parts): AskService =>
  (from, id, protocol, port, family) => {
    const { service, entry } = findService(parts.world, id, protocol, port);
    const virtual = addressOf(service, family);
    if (service.type !== 'Headless' && virtual === undefined)
      throw new RangeError(`Service ${id} has no ${family} address`);

    const judged = backendsOf(parts.world, service, entry, family).map(({ pod, port: target }): Backed => {
      const { verdict, reason, egress, ingress } = parts.explain(from, idOf(pod), protocol, target, family);
      const mayMatchVirtual =
        verdict === 'deny' &&
        virtual !== undefined &&
        egress.verdict === 'deny' &&
        ingress.verdict !== 'deny' &&
        admitsAddress(parts, from, virtual, protocol, [port, target]);
      return mayMatchVirtual
        ? { id: idOf(pod), verdict: 'undefined', reason: wordsOfVirtual(from, virtual) }
        : { id: idOf(pod), verdict, reason };
    });
    return summarize(id, judged);
  };

/** @throws RangeError where there is no such Service, or it has no such port */
export const findService = (
  world: World,
  id: string,
  protocol: Protocol,
  port: number,
): { service: Service; entry: Service['ports'][number] } => {
  const service = world.services.find((candidate) => idOf(candidate) === id);
  if (service === undefined) throw new RangeError(`no Service ${id} in this world`);
  const entry = service.ports.find((candidate) => candidate.protocol === protocol && candidate.port === port);
  if (entry === undefined) throw new RangeError(`Service ${id} has no port ${protocol}/${port}`);
  return { service, entry };
};

/** The pods behind a port of a Service that have an address of the family. */
export const backendsOf = (
  { pods }: World,
  service: Service,
  { protocol, port, targetPort }: Service['ports'][number],
  family: Family,
): Backend[] =>
  pods.flatMap((pod) => {
    // Nothing translates the port of a headless Service: the client meets the pod itself.
    const target = service.type === 'Headless' ? port : targetOf(pod, targetPort, protocol);
    if (!isBehind(service, pod) || target === undefined || addressOf(pod, family) === undefined) return [];
    return [{ pod, port: target }];
  });

/** A Service without a selector has no pods that we know. */
export const isBehind = (service: Service, pod: Pod): boolean =>
  pod.external !== true &&
  pod.namespace === service.namespace &&
  Object.keys(service.selector).length > 0 &&
  matchesSelector({ matchLabels: service.selector }, pod.labels);

const targetOf = (pod: Pod, target: number | string, protocol: Protocol): number | undefined =>
  typeof target === 'number'
    ? target
    : pod.ports.find((port) => port.name === target && port.protocol === protocol)?.port;

/** Whether an ipBlock of the source's egress holds the virtual address: plugins look before or after translation. */
const admitsAddress = (
  { population, selections }: Parts,
  from: string,
  virtual: string,
  protocol: Protocol,
  ports: readonly number[],
): boolean => {
  const source = population.indexOf(from);
  const address = parseAddress(virtual);
  return selections
    .filter(({ subjects }) => source !== undefined && subjects.includes(source))
    .flatMap(({ policy }) => policy.egress ?? [])
    .some(
      (rule) =>
        rule.peers.some(({ ipBlock }) => ipBlock && blockContains(parseBlock(ipBlock), address)) &&
        (rule.ports.length === 0 ||
          rule.ports.some((entry) => ports.some((port) => matchPort(entry, protocol, port) === true))),
    );
};

const wordsOfVirtual = (from: string, virtual: string): string =>
  `an ipBlock in the egress rules of ${from} contains ${virtual}, but whether it matches the address of a Service is not specified`;

/** A pod behind a Service, and what becomes of a connection to it. */
type Backed = Judgement & { id: string };

/** What the verdicts about each pod behind a Service make of the Service. */
export const summarize = (id: string, judged: readonly Backed[]): ServiceVerdict => ({
  ...conclude(id, judged),
  backends: judged.map((backend) => ({ id: backend.id, verdict: backend.verdict })),
});

const conclude = (id: string, backends: readonly Backed[]): Judgement => {
  if (backends.length === 0) return { verdict: 'deny', reason: `no pod is behind ${id}` };
  const open = backends.filter(({ verdict }) => verdict === 'allow');
  const closed =
    backends.find(({ verdict }) => verdict === 'undefined') ??
    backends.find(({ verdict }) => verdict === 'deny');
  if (closed === undefined) return { verdict: 'allow', reason: `every pod behind ${id} can be reached` };
  if (backends.every(({ verdict }) => verdict === 'deny'))
    return { verdict: 'deny', reason: `no pod behind ${id} can be reached: ${closed.reason}` };
  return {
    verdict: 'undefined',
    reason: `${open.length} of the ${backends.length} pods behind ${id} can surely be reached; ${closed.id}: ${closed.reason}`,
  };
};
