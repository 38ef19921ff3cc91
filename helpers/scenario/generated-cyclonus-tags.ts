/** The tags of Cyclonus by the axis that each belongs to, in the words of its `pkg/generator/tags.go`. */
export const cyclonusTags = {
  action: [
    'create-policy',
    'delete-policy',
    'update-policy',
    'create-pod',
    'delete-pod',
    'set-pod-labels',
    'create-namespace',
    'delete-namespace',
    'set-namespace-labels',
  ],
  target: ['target-namespace', 'target-pod-selector'],
  direction: ['ingress', 'egress'],
  rule: ['deny-all', 'allow-all', 'any-peer', 'any-port-protocol', 'multi-peer', 'multi-port/protocol'],
  'peer-pods': [
    'all-pods',
    'pods-by-label',
    'all-namespaces',
    'namespaces-by-label',
    'policy-namespace',
    'namespaces-by-default-label',
  ],
  'peer-ipblock': ['ip-block-no-except', 'ip-block-with-except'],
  port: ['any-port', 'numbered-port', 'named-port', 'end-port'],
  protocol: ['tcp', 'udp', 'sctp'],
  miscellaneous: ['pathological', 'conflict', 'example', 'upstream-e2e'],
} as const;

export type CyclonusTag = (typeof cyclonusTags)[keyof typeof cyclonusTags][number];
