import { apply, buildPolicy, withAnyOf, withLabel, type PolicyParts } from './generated-case.ts';
import { dnsRule, type CyclonusDraft } from './generated-cyclonus-base.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import type { Action } from './scenario.ts';
import type { CyclonusTag } from './generated-cyclonus-tags.ts';

const everybody = {};
const podA = withLabel('pod', 'a');

const inX = (name: string, parts: Omit<PolicyParts, 'name' | 'namespace'>): NetworkPolicy =>
  buildPolicy({ name, namespace: 'x', ...parts });

const upstream = (
  slug: string,
  words: string,
  tags: readonly CyclonusTag[],
  ...actions: Action[]
): CyclonusDraft => ({ slug, words, tags: ['upstream-e2e', ...tags], actions });

const allowAll = inX('allow-all', { podSelector: everybody, ingress: [{}] });
const denyAll = inX('deny-all', { podSelector: everybody, ingress: [], egress: [] });

const allowFromY = (port: number): NetworkPolicy =>
  inX(`allow-client-a-via-ns-selector-${port}`, {
    podSelector: podA,
    ingress: [{ peers: [{ namespaceSelector: withLabel('ns', 'y') }], ports: [{ protocol: 'TCP', port }] }],
  });

const fromXA = (pod: string): NetworkPolicy =>
  buildPolicy({
    name: `allow-from-xa-on-y${pod}-match-selector`,
    namespace: 'y',
    podSelector: withLabel('pod', pod),
    ingress: [{ peers: [{ namespaceSelector: withLabel('ns', 'x'), podSelector: podA }] }],
  });

const dnsOverUDP = { ports: [{ protocol: 'UDP' as const, port: 53 }] };

/** upstreame2ecases.go: the tests of Kubernetes itself, as they were when Cyclonus took them over. */
export const upstreamCases = (): CyclonusDraft[] => [
  upstream(
    'deny-ingress',
    "should support a 'default-deny-ingress' policy",
    ['ingress', 'deny-all'],
    apply(inX('deny-ingress', { podSelector: everybody, ingress: [] })),
  ),
  upstream(
    'deny-all',
    "should support a 'default-deny-all' policy",
    ['deny-all'],
    apply(inX('deny-all-allow-dns', { podSelector: everybody, ingress: [], egress: [dnsRule] })),
  ),
  upstream(
    'selectors',
    'should enforce policy based on Multiple PodSelectors and NamespaceSelectors',
    [],
    apply(
      inX('allow-ns-y-z-pod-b-c', {
        podSelector: podA,
        ingress: [
          {
            peers: [
              {
                namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
                podSelector: withAnyOf('pod', 'b', 'c'),
              },
            ],
          },
        ],
      }),
    ),
  ),
  upstream(
    'stacked',
    'should enforce multiple, stacked policies with overlapping podSelectors',
    [],
    apply(allowFromY(81)),
    apply(allowFromY(80)),
  ),
  upstream(
    'allow-all',
    'should support allow-all policy, here above one that denies all',
    ['allow-all'],
    apply(inX('deny-first', { podSelector: everybody, ingress: [] })),
    apply(allowAll),
  ),
  upstream(
    'named-port',
    'should allow ingress access on one named port',
    ['ingress', 'named-port'],
    apply(inX('allow-all', { podSelector: everybody, ingress: [{ ports: [{ port: 'serve-81' }] }] })),
  ),
  upstream('updated-policy', 'should enforce updated policy', [], apply(allowAll), {
    verb: 'update',
    policies: [inX('allow-all', { podSelector: everybody, ingress: [] })],
  }),
  upstream(
    'updated-namespace',
    'should allow ingress access from updated namespace',
    [],
    apply(
      inX('allow-client-a-via-ns-selector', {
        podSelector: podA,
        ingress: [{ peers: [{ namespaceSelector: withLabel('ns2', 'updated') }] }],
      }),
    ),
    { verb: 'label', labels: { y: { ns2: 'updated' } } },
  ),
  upstream(
    'updated-peer',
    'should allow ingress access from updated pod',
    [],
    apply(
      inX('allow-client-a-via-pod-selector', {
        podSelector: podA,
        ingress: [{ peers: [{ podSelector: { matchLabels: { pod: 'b', pod2: 'updated' } } }] }],
      }),
    ),
    { verb: 'label', labels: { 'x/b': { pod2: 'updated' } } },
  ),
  upstream(
    'updated-subject',
    'should deny ingress access to updated pod',
    [],
    apply(
      inX('deny-ingress-via-label-selector', { podSelector: withLabel('target', 'isolated'), ingress: [] }),
    ),
    { verb: 'label', labels: { 'x/a': { target: 'isolated' } } },
  ),
  upstream(
    'both-directions',
    'should work with Ingress, Egress specified together',
    [],
    apply(
      inX('allow-client-a-via-pod-selector', {
        podSelector: podA,
        ingress: [{ peers: [{ podSelector: withLabel('pod', 'b') }] }],
        egress: [{ ports: [{ port: 80 }, ...dnsOverUDP.ports] }],
      }),
    ),
  ),
  upstream(
    'both-ends',
    'should support denying of egress traffic on the client side (even if the server explicitly allows this traffic)',
    ['conflict'],
    apply(
      inX('allow-to-ns-y-pod-a', {
        podSelector: podA,
        egress: [{ peers: [{ namespaceSelector: withLabel('ns', 'y'), podSelector: podA }] }, dnsOverUDP],
      }),
      fromXA('a'),
      fromXA('b'),
    ),
  ),
  upstream(
    'deleted-policy',
    'should stop enforcing policies after they are deleted',
    ['deny-all', 'delete-policy'],
    apply(denyAll),
    { verb: 'delete', policies: [denyAll] },
  ),
];
