import { policyOf, podOf, worldOf, expectGrid, ninePods } from './worlds.ts';

// The examples of https://kubernetes.io/docs/concepts/services-networking/network-policies/, each with a grid
// that was worked out by hand. A pod that connects to itself is undefined as soon as a policy would deny it.

const xyPods = ['x/a', 'x/b', 'y/a'].map((id) => podOf(id));

describe('the oracle on the examples of the Kubernetes documentation', () => {
  it('default deny ingress closes the namespace from everywhere and lets it out', () => {
    const deny = policyOf('x/default-deny-ingress', { podSelector: {}, policyTypes: ['Ingress'] });
    expectGrid(
      worldOf(xyPods, [deny]),
      'TCP/80',
      `
           x/a x/b y/a
      x/a   ?   X   .
      x/b   X   ?   .
      y/a   X   X   .
    `,
    );
  });

  it('allow all ingress opens what default deny closed, because policies add up', () => {
    const deny = policyOf('x/default-deny-ingress', { podSelector: {}, policyTypes: ['Ingress'] });
    const allow = policyOf('x/allow-all-ingress', {
      podSelector: {},
      ingress: [{}],
      policyTypes: ['Ingress'],
    });
    expectGrid(
      worldOf(xyPods, [deny, allow]),
      'TCP/80',
      `
           x/a x/b y/a
      x/a   .   .   .
      x/b   .   .   .
      y/a   .   .   .
    `,
    );
  });

  it('default deny egress keeps the namespace in and lets others come', () => {
    const deny = policyOf('x/default-deny-egress', { podSelector: {}, policyTypes: ['Egress'] });
    expectGrid(
      worldOf(xyPods, [deny]),
      'UDP/81',
      `
           x/a x/b y/a
      x/a   ?   X   X
      x/b   X   ?   X
      y/a   .   .   .
    `,
    );
  });

  it('allow all egress opens what default deny closed', () => {
    const deny = policyOf('x/default-deny-egress', { podSelector: {}, policyTypes: ['Egress'] });
    const allow = policyOf('x/allow-all-egress', { podSelector: {}, egress: [{}], policyTypes: ['Egress'] });
    expectGrid(
      worldOf(xyPods, [deny, allow]),
      'TCP/80',
      `
           x/a x/b y/a
      x/a   .   .   .
      x/b   .   .   .
      y/a   .   .   .
    `,
    );
  });

  it('default deny all closes both directions', () => {
    const deny = policyOf('x/default-deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expectGrid(
      worldOf(xyPods, [deny]),
      'SCTP/80',
      `
           x/a x/b y/a
      x/a   ?   X   X
      x/b   X   ?   X
      y/a   X   X   .
    `,
    );
  });

  describe('namespaceSelector and podSelector', () => {
    const alice = { namespaceSelector: { matchLabels: { ns: 'y' } } };
    const client = { podSelector: { matchLabels: { pod: 'b' } } };

    it('in one peer must both match', () => {
      const policy = policyOf('x/both', { podSelector: {}, ingress: [{ from: [{ ...alice, ...client }] }] });
      expectGrid(
        worldOf(ninePods, [policy]),
        'TCP/80',
        `
             x/a x/b
        x/b   X   ?
        x/c   X   X
        y/a   X   X
        y/b   .   .
        y/c   X   X
        z/b   X   X
      `,
      );
    });

    it('in two peers need one match, where podSelector alone means the namespace of the policy', () => {
      const policy = policyOf('x/either', { podSelector: {}, ingress: [{ from: [alice, client] }] });
      expectGrid(
        worldOf(ninePods, [policy]),
        'TCP/80',
        `
             x/a x/b
        x/b   .   .
        x/c   X   X
        y/a   .   .
        y/b   .   .
        y/c   .   .
        z/b   X   X
      `,
      );
    });
  });

  it('endPort admits the range with both its ends', () => {
    const pods = [
      podOf('x/a', { addresses: ['10.1.0.1'] }),
      podOf('external/a', { external: true, addresses: ['10.0.0.1'] }),
    ];
    const policy = policyOf('x/multi-port-egress', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '10.0.0.0/24' } }],
          ports: [{ protocol: 'TCP', port: 32000, endPort: 32768 }],
        },
      ],
    });
    const world = worldOf(pods, [policy]);
    for (const [probe, cell] of [
      ['TCP/31999', 'X'],
      ['TCP/32000', '.'],
      ['TCP/32400', '.'],
      ['TCP/32768', '.'],
      ['TCP/32769', 'X'],
      ['UDP/32400', 'X'],
    ] as const)
      expectGrid(world, probe, `external/a\nx/a ${cell}`, ['IPv4']);
  });

  it('namespaces can be named by kubernetes.io/metadata.name, declared or not', () => {
    const policy = policyOf('x/egress-namespaces', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: {
                matchExpressions: [
                  { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['y', 'z'] },
                ],
              },
            },
          ],
        },
      ],
    });
    expectGrid(
      worldOf(ninePods, [policy], { namespaces: [] }),
      'TCP/80',
      `
           x/a x/b y/a z/c
      x/a   ?   X   .   .
      y/a   .   .   .   .
    `,
    );
  });
});
