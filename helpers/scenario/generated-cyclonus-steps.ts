import {
  apply,
  buildPolicy,
  laterPod,
  outsideHost,
  withAnyOf,
  withLabel,
  type Rule,
} from './generated-case.ts';
import {
  basePolicy,
  dnsRule,
  withRulePart,
  type CyclonusDraft,
  type Direction,
} from './generated-cyclonus-base.ts';
import type { NetworkPolicy } from '../kube/types.ts';

// What comes and goes comes again at the end: its denials count only where it is seen open once no policy is left.

/** examplecases.go */
export const exampleCases = (): CyclonusDraft[] => [
  {
    slug: 'one-named-port',
    words: 'should allow ingress access on one named port',
    tags: ['example'],
    namespaces: [{ name: 'w', why: 'comes and goes', labels: { ns: 'w' }, createdLater: true }],
    pods: [laterPod('w/a', { pod: 'a' })],
    actions: [
      apply(
        buildPolicy({
          name: 'allow-all',
          namespace: 'x',
          podSelector: {},
          ingress: [{ ports: [{ port: 'serve-81' }] }],
        }),
      ),
      { verb: 'create', namespaces: ['w'], pods: ['w/a'] },
      { verb: 'remove', pods: ['w/a'] },
      { verb: 'remove', namespaces: ['w'], pods: [] },
      { verb: 'create', namespaces: ['w'], pods: ['w/a'] },
    ],
  },
];

/** actioncases.go */
export const actionCases = (): CyclonusDraft[] => [
  {
    slug: 'delete-policy',
    words: 'Create/delete policy',
    tags: ['create-policy', 'delete-policy'],
    actions: [apply(basePolicy()), { verb: 'delete', policies: [basePolicy()] }],
  },
  {
    slug: 'update-policy',
    words: 'Create/update policy',
    tags: ['create-policy', 'update-policy'],
    actions: [
      apply(basePolicy()),
      {
        verb: 'update',
        policies: [withRulePart('ingress', { ports: [{ protocol: 'UDP', port: 'serve-81-udp' }] })],
      },
    ],
  },
  {
    slug: 'namespace',
    words: 'Create/delete namespace',
    tags: ['create-namespace', 'delete-namespace'],
    namespaces: [
      { name: 'w', why: 'a second namespace of the kind of y', labels: { ns: 'y' }, createdLater: true },
    ],
    pods: [laterPod('w/a', { pod: 'a' }), laterPod('w/b', { pod: 'b' })],
    actions: [
      apply(basePolicy()),
      { verb: 'create', namespaces: ['w'], pods: ['w/a', 'w/b'] },
      { verb: 'remove', namespaces: ['w'], pods: [] },
      { verb: 'create', namespaces: ['w'], pods: ['w/a', 'w/b'] },
    ],
  },
  {
    slug: 'label-namespace',
    words: 'Update namespace so that policy applies, then again so it no longer applies',
    tags: ['set-namespace-labels'],
    actions: [
      apply(withRulePart('ingress', { peers: [{ namespaceSelector: withLabel('new-ns', 'qrs') }] })),
      { verb: 'label', labels: { y: { 'new-ns': 'qrs' } } },
      { verb: 'unlabel', keys: { y: ['new-ns'] } },
    ],
  },
  {
    slug: 'pod',
    words: 'Create/delete pod',
    tags: ['create-pod', 'delete-pod'],
    pods: [laterPod('x/d', {})],
    actions: [
      apply(basePolicy()),
      { verb: 'create', pods: ['x/d'] },
      { verb: 'remove', pods: ['x/d'] },
      { verb: 'create', pods: ['x/d'] },
    ],
  },
  {
    slug: 'label-pod',
    words: 'Update pod so that policy applies, then again so it no longer applies',
    tags: ['set-pod-labels'],
    actions: [
      apply(
        withRulePart('ingress', {
          peers: [
            { podSelector: withLabel('new-label', 'abc'), namespaceSelector: withAnyOf('ns', 'y', 'z') },
          ],
        }),
      ),
      { verb: 'label', labels: { 'y/b': { 'new-label': 'abc' } } },
      { verb: 'unlabel', keys: { 'y/b': ['new-label'] } },
    ],
  },
];

const allow = {
  all: [{}],
  byPod: [{ peers: [{ namespaceSelector: {} }] }],
  byIP: [{ peers: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
} satisfies Record<string, Rule[]>;

const deny = {
  all: [],
  byPod: [{ peers: [{ namespaceSelector: withLabel('this-will-never-happen', 'qrs123') }] }],
  byIP: [{ peers: [{ ipBlock: { cidr: '0.0.0.0/31' } }] }],
} satisfies Record<string, Rule[]>;

const source = { namespace: 'x', podSelector: withLabel('pod', 'b') };
const destination = { namespace: 'y', podSelector: withLabel('pod', 'c') };

const oneWay = (
  direction: Direction,
  subject: typeof source,
  name: string,
  rules: readonly Rule[],
): NetworkPolicy => buildPolicy({ name: `${name}-${direction}`, ...subject, [direction]: rules });

const denials = { all: 'deny all', byPod: 'deny all by pod', byIP: 'deny all by IP' };
const allowances = { all: 'allow all', byPod: 'allow all by pod', byIP: 'allow all by IP' };
const kebab = (words: string): string => words.toLowerCase().replaceAll(' ', '-');

type Manner = keyof typeof denials;

const dns = buildPolicy({ name: 'allow-dns', ...source, egress: [dnsRule] });

const alone = (direction: Direction, manner: Manner, subject = source): CyclonusDraft => ({
  slug: `${direction}-${kebab(denials[manner])}`,
  words: `${direction}: ${denials[manner]}`,
  tags: ['conflict', direction],
  actions: [
    apply(
      oneWay(direction, subject, kebab(denials[manner]), deny[manner]),
      ...(direction === 'egress' ? [dns] : []),
    ),
  ],
});

const stacked = (direction: Direction, denied: Manner, allowed: Manner, subject = source): CyclonusDraft => {
  const end = direction === 'egress' ? 'from' : 'to';
  return {
    slug: `${direction}-${kebab(denials[denied])}-${kebab(allowances[allowed])}`,
    words: `${denials[denied]} + ${allowances[allowed]} ${end} same ${subject === source ? 'source' : 'dest'}`,
    tags: [
      ...(['conflict', direction] as const),
      ...(denied === 'all' ? (['deny-all'] as const) : []),
      ...(allowed === 'all' ? (['allow-all'] as const) : []),
      ...(allowed === 'byPod' ? (['all-pods', 'all-namespaces'] as const) : []),
    ],
    ...(allowed === 'byIP' && { pods: [outsideHost('a')] }),
    actions: [
      ...alone(direction, denied, subject).actions,
      apply(oneWay(direction, subject, kebab(allowances[allowed]), allow[allowed])),
    ],
  };
};

const atBothEnds = (slug: string, words: string, ...policies: NetworkPolicy[]): CyclonusDraft => ({
  slug,
  words,
  tags: ['conflict', 'deny-all', 'allow-all', 'ingress', 'egress'],
  actions: [apply(...policies, dns)],
});

/**
 * conflictcases.go. What allows comes in a step after what denies: at once they would prove nothing. As there, all
 * policies but those for the destination are about the source, those for ingress too.
 */
export const conflictCases = (): CyclonusDraft[] => {
  const directions = ['egress', 'ingress'] as const;
  return [
    atBothEnds(
      'deny-source-allow-destination',
      'deny all from source, allow all to dest',
      oneWay('egress', source, 'deny-all', deny.all),
      oneWay('ingress', destination, 'allow-all', allow.all),
    ),
    atBothEnds(
      'allow-source-deny-destination',
      'allow all from source, deny all to dest',
      oneWay('egress', source, 'allow-all', allow.all),
      oneWay('ingress', destination, 'deny-all', deny.all),
    ),
    stacked('egress', 'all', 'all'),
    stacked('ingress', 'all', 'all', destination),
    ...directions.flatMap((direction) => [
      stacked(direction, 'all', 'byPod'),
      stacked(direction, 'all', 'byIP'),
      stacked(direction, 'byIP', 'byPod'),
      stacked(direction, 'byPod', 'byIP'),
    ]),
    ...directions.flatMap((direction) => [alone(direction, 'byIP'), alone(direction, 'byPod')]),
  ];
};
