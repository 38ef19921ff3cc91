import { expectGrid, podOf, policyOf, worldOf } from './worlds.ts';

// The first example of https://kubernetes.io/docs/concepts/services-networking/network-policies/

describe('the oracle on test-network-policy', () => {
  const pods = [
    podOf('default/db', { labels: { role: 'db' }, addresses: ['10.244.0.1'] }),
    podOf('default/frontend', { labels: { role: 'frontend' }, addresses: ['10.244.0.2'] }),
    podOf('default/other', { labels: {}, addresses: ['10.244.0.3'] }),
    podOf('myproject/client', { labels: {}, addresses: ['10.244.0.4'] }),
    podOf('stranger/frontend', { labels: { role: 'frontend' }, addresses: ['10.244.0.5'] }),
    podOf('external/inside', { external: true, addresses: ['172.17.0.9'], labels: {} }),
    podOf('external/excepted', { external: true, addresses: ['172.17.1.9'], labels: {} }),
    podOf('external/allowed', { external: true, addresses: ['10.0.0.9'], labels: {} }),
    podOf('external/beyond', { external: true, addresses: ['10.0.1.9'], labels: {} }),
  ];
  const world = worldOf(
    pods,
    [
      policyOf('default/test-network-policy', {
        podSelector: { matchLabels: { role: 'db' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            from: [
              { ipBlock: { cidr: '172.17.0.0/16', except: ['172.17.1.0/24'] } },
              { namespaceSelector: { matchLabels: { project: 'myproject' } } },
              { podSelector: { matchLabels: { role: 'frontend' } } },
            ],
            ports: [{ protocol: 'TCP', port: 6379 }],
          },
        ],
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24' } }], ports: [{ protocol: 'TCP', port: 5978 }] }],
      }),
    ],
    { namespaces: [{ name: 'myproject', labels: { project: 'myproject' } }] },
  );

  it('admits on 6379 the block without its exception, the project and the frontends of its own namespace', () => {
    expectGrid(
      world,
      'TCP/6379',
      `
                         default/db default/frontend myproject/client
      default/db              ?            X                X
      default/frontend        .            .                .
      default/other           X            .                .
      myproject/client        .            .                .
      stranger/frontend       X            .                .
      external/inside         .            .                .
      external/excepted       X            .                .
      external/allowed        X            .                .
    `,
      ['IPv4'],
    );
  });

  it('admits nobody on another port', () => {
    expectGrid(
      world,
      'TCP/6380',
      `
                         default/db
      default/frontend        X
      myproject/client        X
      external/inside         X
    `,
      ['IPv4'],
    );
  });

  it('lets the database out to the block on 5978 only', () => {
    expectGrid(
      world,
      'TCP/5978',
      `
                     external/allowed external/beyond default/other
      default/db            .                X              X
      default/other         .                .              .
    `,
      ['IPv4'],
    );
    for (const probe of ['TCP/80', 'UDP/5978'])
      expectGrid(
        world,
        probe,
        `
                       external/allowed external/beyond default/other
        default/db            X                X              X
        default/other         .                .              .
      `,
        ['IPv4'],
      );
  });
});
