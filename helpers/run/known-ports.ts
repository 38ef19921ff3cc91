import type { AdminPort, AdminProtocol, Protocol } from '../kube/types.ts';
import type { ContainerPort, Pod, World } from '../kube/world.ts';
import { matchesSelector } from '../model/matching.ts';

/** The numbers at which Services send to a pod, and which policies that select it let in. */
export const portsMentioned = (
  { namespace, labels }: Pod,
  { services, policies }: Pick<World, 'services' | 'policies'>,
): Pod['ports'] => [
  ...services
    .filter((service) => service.namespace === namespace && Object.keys(service.selector).length > 0)
    .filter(({ selector }) => matchesSelector({ matchLabels: selector }, labels))
    .flatMap(({ ports }) => ports)
    .flatMap(({ protocol, targetPort }) =>
      typeof targetPort === 'number' ? [{ protocol, port: targetPort }] : [],
    ),
  ...policies
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === namespace && matchesSelector(spec.podSelector ?? {}, labels),
    )
    .flatMap(({ spec }) => spec.ingress ?? [])
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ protocol = 'TCP', port }) => (typeof port === 'number' ? [{ protocol, port }] : [])),
];

/** A port, and what to call it: `TCP/80`, or `other TCP` for any of those that nobody speaks of. */
export type NamedPort = { protocol: Protocol; port: number; label: string };

/** Every port number that policies of these worlds speak of, the first and the last of ranges. */
export const portsOfPolicies = (worlds: readonly World[]): ContainerPort[] => {
  const plain = worlds.flatMap(({ policies }) =>
    policies
      .flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      .flatMap(({ ports }) => ports ?? [])
      .flatMap(({ protocol = 'TCP', port, endPort }) =>
        [port, endPort].flatMap((each) => (typeof each === 'number' ? [{ protocol, port: each }] : [])),
      ),
  );
  const admin = worlds
    .flatMap(({ adminPolicies = [] }) => adminPolicies)
    .flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])])
    .flatMap(({ ports = [], protocols = [] }) => [
      ...ports.flatMap(ofPort),
      ...protocols.flatMap(ofProtocol),
    ]);
  return [...plain, ...admin];
};

/** For each protocol that is spoken of, TCP and UDP always, a port that nothing mentions and that stands for all such. */
export const otherPorts = (worlds: readonly World[]): NamedPort[] => {
  const known = [
    ...portsOfPolicies(worlds),
    ...worlds.flatMap(({ pods }) => pods.flatMap(({ ports }) => ports)),
  ];
  const taken = new Set(known.map(({ port }) => port));
  let port = 65_534;
  while (taken.has(port) && port > 1) port -= 1;
  const speaksSCTP = known.some(({ protocol }) => protocol === 'SCTP');
  return (['TCP', 'UDP', ...(speaksSCTP ? (['SCTP'] as const) : [])] as const).map((protocol) => ({
    protocol,
    port,
    label: `other ${protocol}`,
  }));
};

const ofPort = ({ portNumber, portRange }: AdminPort): ContainerPort[] => [
  ...(portNumber ? [{ protocol: portNumber.protocol ?? 'TCP', port: portNumber.port }] : []),
  ...(portRange
    ? [portRange.start, portRange.end].map((port) => ({ protocol: portRange.protocol ?? 'TCP', port }))
    : []),
];

const ofProtocol = ({ tcp, udp, sctp }: AdminProtocol): ContainerPort[] =>
  (
    [
      ['TCP', tcp],
      ['UDP', udp],
      ['SCTP', sctp],
    ] as const
  ).flatMap(([protocol, entry]) => {
    const { number, range } = entry?.destinationPort ?? {};
    return [number, range?.start, range?.end].flatMap((port) =>
      port === undefined ? [] : [{ protocol, port }],
    );
  });
