import { namespaceNameLabel, namespaceNames } from './default-world.ts';
import { apply, outsideHost, outsideRanges, withAnyOf, withLabel } from './generated-case.ts';
import { basePolicy, withRulePart, type CyclonusDraft, type Direction } from './generated-cyclonus-base.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort, Protocol } from '../kube/types.ts';
import type { CyclonusTag } from './generated-cyclonus-tags.ts';

// Cases of one policy and one step. Each list follows the file of the same name in Cyclonus' pkg/generator.

const inThenOut: readonly Direction[] = ['ingress', 'egress'];
const outThenIn: readonly Direction[] = ['egress', 'ingress'];

/** targetcases.go */
export const targetCases = (): CyclonusDraft[] => {
  const selectors: [slug: string, words: string, podSelector: LabelSelector][] = [
    ['all', 'nothing', {}],
    ['label', 'pod=a', withLabel('pod', 'a')],
    ['expression', 'pod in (a, b)', withAnyOf('pod', 'a', 'b')],
  ];
  return [
    ...namespaceNames.map((namespace): CyclonusDraft => ({
      slug: namespace,
      words: `set namespace to ${namespace}`,
      tags: ['target-namespace'],
      actions: [apply(basePolicy({ namespace }))],
    })),
    ...selectors.map(([slug, words, podSelector]): CyclonusDraft => ({
      slug: `select-${slug}`,
      words: `set pod selector to ${words}`,
      tags: ['target-pod-selector'],
      actions: [apply(basePolicy({ podSelector }))],
    })),
  ];
};

/** rulescases.go */
export const ruleCases = (): CyclonusDraft[] =>
  outThenIn.flatMap((direction): CyclonusDraft[] => [
    {
      slug: `${direction}-deny-all`,
      words: `${direction}: deny all`,
      tags: [direction, 'deny-all'],
      actions: [apply(basePolicy({ [direction]: [] }))],
    },
    {
      slug: `${direction}-allow-all`,
      words: `${direction}: allow all`,
      tags: [direction, 'allow-all'],
      actions: [apply(basePolicy({ [direction]: [{}] }))],
    },
  ]);

type Peer = {
  slug: string;
  words: string;
  tags: CyclonusTag[];
  peer: NetworkPolicyPeer;
  hosts: ('a' | 'b')[];
};

const podPeer = (
  [slug, words]: [slug: string, words: string],
  podSelector?: LabelSelector,
  namespaceSelector?: LabelSelector,
): Peer => ({
  slug,
  words,
  tags: [
    podSelector?.matchLabels === undefined ? 'all-pods' : 'pods-by-label',
    namespaceSelector === undefined
      ? 'policy-namespace'
      : namespaceSelector.matchLabels === undefined
        ? 'all-namespaces'
        : 'namespaces-by-label',
  ],
  peer: { ...(podSelector && { podSelector }), ...(namespaceSelector && { namespaceSelector }) },
  hosts: [],
});

const labelC = withLabel('pod', 'c');
const labelX = withLabel('ns', 'x');

const peers: readonly Peer[] = [
  podPeer(['all-own', 'empty pods + nil ns'], {}),
  podPeer(['c-own', 'pods by label + nil ns'], labelC),
  podPeer(['any-every', 'nil pods + empty ns'], undefined, {}),
  podPeer(['all-every', 'empty pods + empty ns'], {}, {}),
  podPeer(['c-every', 'pods by label + empty ns'], labelC, {}),
  podPeer(['any-x', 'nil pods + ns by label'], undefined, labelX),
  podPeer(['all-x', 'empty pods + ns by label'], {}, labelX),
  podPeer(['c-x', 'pods by label + ns by label'], labelC, labelX),
  {
    slug: 'block',
    words: 'simple ipblock',
    tags: ['ip-block-no-except'],
    peer: { ipBlock: { cidr: outsideRanges.a[0] } },
    hosts: ['a'],
  },
  {
    slug: 'block-except',
    words: 'ipblock with except',
    tags: ['ip-block-with-except'],
    peer: { ipBlock: { cidr: outsideRanges.all[0], except: [outsideRanges.b[0]] } },
    hosts: ['a', 'b'],
  },
];

/** peerscases.go */
export const peerCases = (): CyclonusDraft[] => [
  ...inThenOut.map((direction) => peerCase(direction, [], 'empty peers', ['any-peer'])),
  ...inThenOut.flatMap((direction) => peers.map((peer) => peerCase(direction, [peer], peer.words, []))),
  ...inThenOut.flatMap((direction) =>
    peers.flatMap((first, index) =>
      peers
        .slice(index + 1)
        .map((second) =>
          peerCase(direction, [first, second], `2-peer: ${first.words}, ${second.words}`, ['multi-peer']),
        ),
    ),
  ),
];

const peerCase = (
  direction: Direction,
  some: readonly Peer[],
  words: string,
  tags: readonly CyclonusTag[],
): CyclonusDraft => ({
  slug: [direction, ...some.map(({ slug }) => slug)].join('-'),
  words: `${direction}, ${words}`,
  tags: [...new Set([direction, ...tags, ...some.flatMap((peer) => peer.tags)])],
  pods: [...new Set(some.flatMap(({ hosts }) => hosts))].map(outsideHost),
  actions: [apply(withRulePart(direction, { peers: some.map(({ peer }) => peer) }))],
});

/** namespacecases.go */
export const namespaceCases = (): CyclonusDraft[] =>
  inThenOut.map((direction): CyclonusDraft => ({
    slug: direction,
    words: `${direction}: select namespace by default label`,
    tags: [direction, 'namespaces-by-default-label'],
    actions: [
      apply(withRulePart(direction, { peers: [{ namespaceSelector: withLabel(namespaceNameLabel, 'z') }] })),
    ],
  }));

const nameOf = (protocol: Protocol, port: number): string =>
  protocol === 'TCP' ? `serve-${port}` : `serve-${port}-${protocol.toLowerCase()}`;

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

const singlePorts: readonly NetworkPolicyPort[] = [
  ...[undefined, ...protocols].flatMap((protocol) =>
    [undefined, 80, 81].map((port): NetworkPolicyPort => ({
      ...(protocol && { protocol }),
      ...(port && { port }),
    })),
  ),
  ...protocols.flatMap((protocol) =>
    [80, 81].map((port): NetworkPolicyPort => ({ protocol, port: nameOf(protocol, port) })),
  ),
];

const pathologicalPorts: readonly [words: string, port: NetworkPolicyPort][] = [
  ["open a named port that doesn't match its protocol", { protocol: 'TCP', port: nameOf('UDP', 81) }],
  ["open a named port that isn't served", { protocol: 'TCP', port: nameOf('UDP', 7981) }],
  ["open a numbered port that isn't served", { protocol: 'TCP', port: 7981 }],
];

const portPairs: readonly NetworkPolicyPort[][] = [
  [{}, { port: 80 }],
  [{}, { port: nameOf('TCP', 80) }],
  [{}, { protocol: 'UDP' }],
  [{ port: 80 }, { port: 81 }],
  [{ port: 80 }, { port: nameOf('TCP', 81) }],
  [{ port: 80 }, { protocol: 'UDP', port: nameOf('UDP', 81) }],
  [
    { protocol: 'UDP', port: 80 },
    { protocol: 'UDP', port: nameOf('UDP', 81) },
  ],
];

// By its tags Cyclonus has two ranges of numbers for each protocol; these end and begin at a port that is served.
const portRanges: readonly NetworkPolicyPort[] = protocols.flatMap((protocol) => [
  { protocol, port: 79, endPort: 80 },
  { protocol, port: 81, endPort: 82 },
]);

/** portprotocolcases.go */
export const portCases = (): CyclonusDraft[] => [
  ...outThenIn.map((direction) => portCase(direction, [], 'empty port/protocol', ['any-port-protocol'])),
  ...outThenIn.flatMap((direction) => [
    ...singlePorts.map((port) => portCase(direction, [port], 'one port', [])),
    ...pathologicalPorts.map(([words, port]) => portCase(direction, [port], words, ['pathological'])),
  ]),
  ...outThenIn.flatMap((direction) =>
    portPairs.map((pair) => portCase(direction, pair, 'two ports', ['multi-port/protocol'])),
  ),
  ...outThenIn.flatMap((direction) =>
    portRanges.map((port) => portCase(direction, [port], 'a range of ports', ['end-port'])),
  ),
];

const portCase = (
  direction: Direction,
  ports: NetworkPolicyPort[],
  words: string,
  tags: readonly CyclonusTag[],
): CyclonusDraft => {
  const spelled = ports.length === 0 ? [] : [`ports ${ports.map(spellPort).join(' and ')}`];
  return {
    slug: [direction, ...ports.map((port) => spellPort(port).replace('/', '-').toLowerCase())].join('-'),
    words: [`${direction}: ${words}`, ...spelled].join(', '),
    tags: [...new Set([direction, ...tags, ...ports.flatMap(tagsOfPort)])],
    actions: [apply(withRulePart(direction, { ports }))],
  };
};

/** `UDP/80`, `79-80`, `serve-81`; `empty` where neither protocol nor port is given. */
const spellPort = ({ protocol, port, endPort }: NetworkPolicyPort): string => {
  const numbers = endPort === undefined ? port : `${port}-${endPort}`;
  return [protocol, numbers].filter((part) => part !== undefined).join('/') || 'empty';
};

const tagsOfPort = ({ protocol, port }: NetworkPolicyPort): CyclonusTag[] => [
  ...(protocol === undefined ? [] : [protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp']),
  port === undefined ? 'any-port' : typeof port === 'number' ? 'numbered-port' : 'named-port',
];
