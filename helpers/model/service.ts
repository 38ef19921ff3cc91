import type { Protocol } from '../kube/types.ts';
import type { Family, Pod, Service, World } from '../kube/world.ts';
import { addressOf, idOf } from '../kube/world.ts';
import { blockContains, parseAddress, parseBlock } from './cidr.ts';
import { matchesSelector } from './matching.ts';
import { matchPort } from './network-policy.ts';
import type { Oracle } from './oracle.ts';
import type { Population } from './population.ts';
import type { Verdict } from './reason.ts';
import type { Selection } from './reach.ts';

export type ServiceVerdict = {
  verdict: Verdict;
  /** Every pod behind the Service, with what it says to the source. */
  backends: { id: string; verdict: Verdict }[];
  reason: string;
};

type Parts = {
  world: World;
  population: Population;
  selections: readonly Selection[];
  oracle: Pick<Oracle, 'explain'>;
};

/** @throws RangeError where there is no such pod, no such Service, or the Service has no such port or family */
export const judgeService = (
  parts: Parts,
  from: string,
  id: string,
  protocol: Protocol,
  port: number,
  family: Family,
): ServiceVerdict => {
  const service = parts.world.services.find((candidate) => idOf(candidate) === id);
  if (service === undefined) throw new RangeError(`no Service ${id} in this world`);
  const entry = service.ports.find((candidate) => candidate.protocol === protocol && candidate.port === port);
  if (entry === undefined) throw new RangeError(`Service ${id} has no port ${protocol}/${port}`);
  const virtual = addressOf(service, family);
  if (service.type === 'ClusterIP' && virtual === undefined)
    throw new RangeError(`Service ${id} has no ${family} address`);

  const judged = parts.world.pods.flatMap((pod) => {
    // Nothing translates the port of a headless Service: the client meets the pod itself.
    const target = service.type === 'Headless' ? port : targetOf(pod, entry.targetPort, protocol);
    if (!isBehind(service, pod) || target === undefined || addressOf(pod, family) === undefined) return [];
    const { verdict, reason, egress, ingress } = parts.oracle.explain(
      from,
      idOf(pod),
      protocol,
      target,
      family,
    );
    const mayMatchVirtual =
      verdict === 'deny' &&
      virtual !== undefined &&
      egress.verdict === 'deny' &&
      ingress.verdict !== 'deny' &&
      admitsAddress(parts, from, virtual, protocol, [port, target]);
    return mayMatchVirtual
      ? [{ id: idOf(pod), verdict: 'undefined' as const, reason: wordsOfVirtual(from, virtual) }]
      : [{ id: idOf(pod), verdict, reason }];
  });
  return {
    ...summarize(id, judged),
    backends: judged.map((backend) => ({ id: backend.id, verdict: backend.verdict })),
  };
};

/** A Service without a selector has no pods that we know. */
const isBehind = (service: Service, pod: Pod): boolean =>
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

const summarize = (
  id: string,
  backends: readonly { id: string; verdict: Verdict; reason: string }[],
): { verdict: Verdict; reason: string } => {
  if (backends.length === 0) return { verdict: 'deny', reason: `no pod is behind ${id}` };
  const open = backends.filter(({ verdict }) => verdict === 'allow');
  const closed = backends.find(({ verdict }) => verdict !== 'allow');
  if (closed === undefined) return { verdict: 'allow', reason: `every pod behind ${id} can be reached` };
  if (backends.every(({ verdict }) => verdict === 'deny'))
    return { verdict: 'deny', reason: `no pod behind ${id} can be reached: ${closed.reason}` };
  return {
    verdict: 'undefined',
    reason: `${open.length} of the ${backends.length} pods behind ${id} can surely be reached; ${closed.id}: ${closed.reason}`,
  };
};
