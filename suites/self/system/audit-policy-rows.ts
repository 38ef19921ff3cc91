import {
  a,
  admitting,
  all,
  host,
  labelled,
  namespace,
  pod,
  policy,
  selected,
  sources,
  type Row,
} from './audits.ts';

/** Findings of policies by themselves, each with a near miss. */
export const policyRows: readonly Row[] = [
  {
    id: 'deny-admits-everything',
    has: [a, policy('os-a/default-deny', { ...all, policyTypes: ['Ingress', 'Egress'], egress: [{}] })],
    hasNot: [a, policy('os-a/default-deny', { ...all, policyTypes: ['Ingress', 'Egress'], egress: [] })],
    object: 'NetworkPolicy os-a/default-deny',
    says: /`egress: \[\{\}\]` admits everything/,
  },
  {
    id: 'deny-admits-everything',
    has: [a, policy('os-a/deny', { ...all, egress: [{}] })],
    hasNot: [a, policy('os-a/deny-ingress', { ...all, egress: [{}] })],
    object: 'NetworkPolicy os-a/deny',
  },
  {
    id: 'deny-admits-everything',
    has: [a, policy('os-a/block-all', { ...all, ingress: [{}] })],
    hasNot: [a, policy('os-a/deny-all-but-allow-web', { ...all, ingress: [{}] })],
    object: 'NetworkPolicy os-a/block-all',
  },
  {
    id: 'allow-admits-nothing',
    has: [a, policy('os-a/allow-web', { ...all, policyTypes: ['Ingress', 'Egress'], ingress: [{}] })],
    hasNot: [a, policy('os-a/allow-web', { ...all, policyTypes: ['Ingress'], ingress: [{}] })],
    object: 'NetworkPolicy os-a/allow-web',
    says: /denies all egress/,
  },
  {
    id: 'rules-without-policy-type',
    has: [a, policy('os-a/p', { ...all, policyTypes: ['Ingress'], egress: [{}] })],
    hasNot: [a, policy('os-a/p', { ...all, egress: [{}] })],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'duplicate-policy',
    has: [
      a,
      policy('os-a/p', {
        ...all,
        ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 81, protocol: 'TCP' }] }],
      }),
      policy('os-a/q', {
        podSelector: { matchLabels: {} },
        policyTypes: ['Ingress'],
        ingress: [{ from: [], ports: [{ port: 81 }] }, { ports: [{ protocol: 'TCP', port: 80 }] }],
      }),
    ],
    hasNot: [
      a,
      policy('os-a/p', { ...all, ingress: [{ ports: [{ port: 80 }, { port: 81 }] }] }),
      policy('os-a/q', { ...all, ingress: [{ ports: [{ port: 80, endPort: 81 }] }] }),
    ],
    object: 'NetworkPolicy os-a/q',
  },
  {
    id: 'policy-selects-no-pod',
    has: [a, pod('os-a/x'), policy('os-a/p', selected('y'))],
    hasNot: [a, pod('os-a/x'), policy('os-a/p', selected('x'))],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'policy-selects-no-pod',
    has: [a, policy('os-a/p', selected('y'))],
    hasNot: [a, policy('os-a/p', selected('y'))],
    object: 'NetworkPolicy os-a/p',
    otherwise: { isComplete: false },
  },
  {
    id: 'policy-selects-no-pod',
    // A host outside has no labels, and a pod that has ended is nobody's subject.
    has: [
      a,
      pod('os-a/x', { external: true }),
      pod('os-a/y', { labels: { app: 'x' }, phase: 'Succeeded' }),
      policy('os-a/p', selected('x')),
    ],
    hasNot: [a, pod('os-a/y', { labels: { app: 'x' } }), policy('os-a/p', selected('x'))],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'policy-selects-only-host-network',
    has: [a, pod('os-a/x', host), pod('os-a/y'), policy('os-a/p', selected('x'))],
    hasNot: [a, pod('os-a/x', host), pod('os-a/y'), policy('os-a/p', all)],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'client-maintained-policy',
    has: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    hasNot: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    object: 'NetworkPolicy os-a/p',
    options: { sources: sources('Namespace os-a in a', 'Namespace b in b', 'NetworkPolicy os-a/p in b') },
    otherwise: { sources: sources('Namespace os-a in a', 'Namespace b in b', 'NetworkPolicy os-a/p in a') },
    says: /its file declares Namespace b and not os-a/,
  },
  {
    id: 'client-maintained-policy',
    has: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    // Who has all in one file maintains all.
    hasNot: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    object: 'NetworkPolicy os-a/p',
    options: { sources: sources('Namespace os-a in a', 'Namespace b in b', 'NetworkPolicy os-a/p in b') },
    otherwise: { sources: sources('Namespace os-a', 'Namespace b', 'NetworkPolicy os-a/p') },
  },
  {
    id: 'client-maintained-policy',
    has: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    // Who admits all namespaces has no client in mind.
    hasNot: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: {} }])],
    object: 'NetworkPolicy os-a/p',
    options: { sources: sources('Namespace os-a in a', 'Namespace b in b', 'NetworkPolicy os-a/p in b') },
  },
  ...[
    { of: 'os', label: 'c' },
    { of: 'os', label: 'os' },
    { of: 'b', label: 'b' },
  ].map((near): Row => {
    const part = 'app.kubernetes.io/part-of';
    const parts = (owner: string, label: string) => [
      namespace('os-a', { [part]: owner }),
      namespace('b', { team: 'b', [part]: 'b' }),
      policy(
        'os-a/p',
        { ingress: [{ from: [{ namespaceSelector: labelled('team', 'b') }] }] },
        { [part]: label },
      ),
    ];
    return {
      id: 'client-maintained-policy',
      has: parts('os', 'b'),
      hasNot: parts(near.of, near.label),
      object: 'NetworkPolicy os-a/p',
      says: /it has app\.kubernetes\.io\/part-of=b, as b has and os-a has not/,
    };
  }),
];
