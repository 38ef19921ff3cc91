import {
  all,
  a,
  admitting,
  host,
  labelled,
  metrics,
  namespace,
  pod,
  policy,
  selected,
  sending,
  service,
  type Row,
} from './audits.ts';

/** Findings of peers and ports, each with a near miss. */
export const peerRows: readonly Row[] = [
  {
    id: 'peer-matches-no-namespace',
    has: [a, admitting([{ namespaceSelector: labelled('team', 'b') }])],
    hasNot: [a, namespace('b', { team: 'b' }), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    object: 'NetworkPolicy os-a/p',
    says: /ingress peer: namespaceSelector team=b matches none of 1 namespaces/,
  },
  {
    id: 'peer-matches-no-namespace',
    has: [a, sending([{ namespaceSelector: labelled('team', 'b') }])],
    // Nobody obeys these rules, so nobody misses their peers.
    hasNot: [
      a,
      policy('os-a/p', {
        ...all,
        policyTypes: ['Ingress'],
        egress: [{ to: [{ namespaceSelector: labelled('team', 'b') }] }],
      }),
    ],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'peer-matches-no-namespace',
    has: [a, admitting([{ namespaceSelector: labelled('kubernetes.io/metadata.name', 'b') }])],
    // Every namespace has this label, also where nobody wrote it down.
    hasNot: [
      a,
      { namespaces: [{ name: 'b', labels: {} }] },
      admitting([{ namespaceSelector: labelled('kubernetes.io/metadata.name', 'b') }]),
    ],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'peer-matches-no-pod',
    has: [a, pod('os-a/x'), admitting([selected('y')])],
    hasNot: [a, pod('os-a/x'), admitting([selected('x')])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'peer-matches-no-pod',
    has: [a, namespace('b'), admitting([{ namespaceSelector: {}, ...selected('y') }])],
    hasNot: [a, namespace('b'), admitting([{ namespaceSelector: {}, ...selected('y') }])],
    object: 'NetworkPolicy os-a/p',
    otherwise: { isComplete: false },
  },
  {
    id: 'peer-matches-only-host-network',
    has: [a, namespace('b', { team: 'b' }), pod('b/x', host), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    hasNot: [a, namespace('b', { team: 'b' }), pod('b/x', host), pod('b/y'), admitting([{ namespaceSelector: labelled('team', 'b') }])],
    object: 'NetworkPolicy os-a/p',
  }, // prettier-ignore
  {
    id: 'named-port',
    has: [a, pod('os-a/x', metrics), admitting([], [{ port: 'metrics' }])],
    hasNot: [a, pod('os-a/x', metrics), admitting([], [{ port: 9000 }])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'named-port-of-no-pod',
    has: [a, pod('os-a/x', metrics), admitting([], [{ port: 'web' }])],
    hasNot: [a, pod('os-a/x', metrics), pod('os-a/y'), admitting([], [{ port: 'metrics' }])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'named-port-of-no-pod',
    // The name is one of the destination's: for egress that of the peer, and not of the pod that the policy selects.
    has: [a, pod('os-a/x', metrics), pod('os-a/y'), sending([selected('y')], [{ port: 'metrics' }])],
    hasNot: [a, pod('os-a/x'), pod('os-a/y', metrics), sending([selected('y')], [{ port: 'metrics' }])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'named-port-of-no-pod',
    has: [a, pod('os-a/x', metrics), sending([], [{ port: 'web' }])],
    hasNot: [a, pod('os-a/x', metrics), sending([], [{ port: 'web' }])],
    object: 'NetworkPolicy os-a/p',
    otherwise: { isComplete: false },
  },
  {
    id: 'named-port-of-other-protocol',
    has: [a, pod('os-a/x', metrics), admitting([], [{ port: 'metrics', protocol: 'UDP' }])],
    hasNot: [a, pod('os-a/x', metrics), admitting([], [{ port: 'metrics', protocol: 'TCP' }])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'ip-block-of-pods',
    has: [a, pod('os-a/x', { addresses: ['10.0.0.7'] }), admitting([{ ipBlock: { cidr: '10.0.0.0/24' } }])],
    hasNot: [
      a,
      pod('os-a/x', { addresses: ['10.0.0.7'] }),
      admitting([{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.0/29'] } }]),
    ],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'ip-block-of-pods',
    has: [a, pod('os-a/x', { addresses: ['fd00::7'] }), sending([{ ipBlock: { cidr: 'fd00::/64' } }])],
    // An ipBlock of nodes is the one way to mean pods in the host network.
    hasNot: [
      a,
      pod('os-a/x', { ...host, addresses: ['fd00::7'] }),
      sending([{ ipBlock: { cidr: 'fd00::/64' } }]),
    ],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'ip-block-of-services',
    has: [a, service('os-a/s', ['10.96.0.1']), sending([{ ipBlock: { cidr: '10.96.0.1/32' } }])],
    // Nothing ever comes from the address of a Service.
    hasNot: [a, service('os-a/s', ['10.96.0.1']), admitting([{ ipBlock: { cidr: '10.96.0.1/32' } }])],
    object: 'NetworkPolicy os-a/p',
  },
  {
    id: 'ip-block-of-everybody',
    has: [a, pod('os-a/x', { addresses: ['10.0.0.7'] }), sending([{ ipBlock: { cidr: '0.0.0.0/0' } }])],
    hasNot: [
      a,
      pod('os-a/x', { addresses: ['10.0.0.7'] }),
      sending([{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }]),
    ],
    object: 'NetworkPolicy os-a/p',
  },
];
