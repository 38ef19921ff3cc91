import * as fc from 'fast-check';
import type { Protocol } from '../kube/types.ts';

/** Keys of labels and their values. */
export type LabelWords = Readonly<Record<string, readonly string[]>>;

/** How often each kind of a thing is chosen, in relation to the others. */
type Weights<Kind extends string> = Readonly<Record<Kind, number>>;

export type ChangeVerb = 'apply' | 'update' | 'delete' | 'label' | 'unlabel';

/**
 * What one world is about. Worlds that have a little of everything seldom have two things that must meet, so each
 * leaves out most of them.
 */
export type Theme = {
  podLabels: LabelWords;
  namespaceLabels: LabelWords;
  peers: Weights<'pod' | 'namespace' | 'both' | 'block'>;
  ports: Weights<'none' | 'number' | 'range' | 'name'>;
  protocols: readonly { protocol?: Protocol }[];
  /** What may follow the first step. */
  verbs: readonly ChangeVerb[];
  hosts: boolean;
  guests: boolean;
  service: boolean;
  /** The version of the policies of the admin tiers, where the world has such. */
  tiers: 'none' | 'v1alpha1' | 'v1alpha2';
  /** Lists and names that are longer than a careless plugin expects. */
  crowd: 'none' | 'rules' | 'ports' | 'names';
};

export const anyTheme = (): fc.Arbitrary<Theme> =>
  fc
    .record({
      podKeys: fc.shuffledSubarray(['role', 'tier', 'example.org/role', 'version', 'ns'], { maxLength: 2 }),
      namespaceKeys: fc.shuffledSubarray(Object.keys(allNamespaceLabels), { minLength: 1, maxLength: 2 }),
      peers: fc.constantFrom(...peerWeights),
      blocks: fc.boolean(),
      ports: fc.constantFrom(...portWeights),
      protocols: fc.constantFrom(...protocolMixes),
      verbs: fc.constantFrom(...verbMixes),
      hosts: share(0.25),
      guests: share(0.2),
      service: share(0.12),
      tiers: fc.constantFrom<Theme['tiers'][]>(...Array<'none'>(5).fill('none'), 'v1alpha1', 'v1alpha2'),
      crowd: fc.constantFrom<Theme['crowd'][]>(...Array<'none'>(27).fill('none'), 'rules', 'ports', 'names'),
    })
    .map(({ podKeys, namespaceKeys, peers, blocks, ...rest }) => ({
      ...rest,
      podLabels: pickWords(allPodLabels, ['pod', ...podKeys]),
      namespaceLabels: pickWords(allNamespaceLabels, namespaceKeys),
      peers: rest.hosts && blocks ? { pod: 1, namespace: 0, both: 0, block: 5 } : peers,
    }));

const share = (share: number): fc.Arbitrary<boolean> =>
  fc.integer({ min: 1, max: 100 }).map((number) => number <= share * 100);

const pickWords = (words: LabelWords, keys: readonly string[]): LabelWords =>
  Object.fromEntries(keys.map((key) => [key, words[key] ?? []]));

/** Values of the greatest length, equal but for their last letter. */
const longValues = ['a', 'b'].map((end) => `${'long-'.repeat(12)}va${end}`);

/** `ns` is a label of namespaces: a selector of pods must not see it there. Nobody is called `nobody`. */
const allPodLabels: LabelWords = {
  pod: ['a', 'b', 'c', 'd', 'nobody'],
  role: ['client', 'server', 'Server', 'nobody'],
  tier: ['', 'web'],
  'example.org/role': ['client', 'server'],
  version: longValues,
  ns: ['x', 'y', 'z'],
};

/** `team` comes with steps only: namespaces begin with the labels that they always have. `role` is one of pods. */
const allNamespaceLabels: LabelWords = {
  ns: ['x', 'y', 'z', 'nowhere'],
  'kubernetes.io/metadata.name': ['x', 'y', 'z'],
  team: ['red', ''],
  role: ['client'],
};

const peerWeights: readonly Theme['peers'][] = [
  { pod: 3, namespace: 3, both: 3, block: 1 },
  { pod: 5, namespace: 1, both: 1, block: 0 },
  { pod: 1, namespace: 4, both: 1, block: 0 },
  { pod: 0, namespace: 1, both: 4, block: 0 },
];

const portWeights: readonly Theme['ports'][] = [
  { none: 1, number: 4, range: 2, name: 2 },
  { none: 0, number: 1, range: 5, name: 0 },
  { none: 0, number: 2, range: 0, name: 5 },
  { none: 2, number: 3, range: 0, name: 0 },
];

const [unsaid, tcp, udp, sctp] = [
  {},
  { protocol: 'TCP' },
  { protocol: 'UDP' },
  { protocol: 'SCTP' },
] as const;

const protocolMixes: readonly Theme['protocols'][] = [
  [unsaid, unsaid, tcp, udp],
  [unsaid, udp, udp],
  [unsaid, tcp, sctp],
  [sctp, sctp, udp],
];

const verbMixes: readonly Theme['verbs'][] = [
  ['apply', 'update', 'delete', 'label', 'unlabel'],
  ['update'],
  ['apply', 'delete'],
  ['label', 'unlabel'],
];
