import { expect } from 'chai';
import type { Service } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { expectGrid, podOf, policyOf, worldOf } from './worlds.ts';

// The exercises of https://container.training about network policies, with grids worked out by hand.

describe('the oracle on the exercises of a well-known course', () => {
  const pods = [
    podOf('default/testweb', { labels: { app: 'testweb' } }),
    podOf('default/testcurl', { labels: { run: 'testcurl' } }),
    podOf('default/testkurl', { labels: { run: 'testkurl' } }),
    podOf('other/testcurl', { labels: { run: 'testcurl' } }),
  ];
  const testweb = { matchLabels: { app: 'testweb' } };
  const deny = policyOf('default/deny-all-for-testweb', { podSelector: testweb, ingress: [] });
  const allow = policyOf('default/allow-testcurl-for-testweb', {
    podSelector: testweb,
    ingress: [{ from: [{ podSelector: { matchLabels: { run: 'testcurl' } } }] }],
  });

  it('an empty list of ingress rules closes testweb and nothing else', () => {
    expectGrid(
      worldOf(pods, [deny]),
      'TCP/80',
      `
                         default/testweb default/testcurl default/testkurl other/testcurl
      default/testweb           ?               .                .               .
      default/testcurl          X               .                .               .
      default/testkurl          X               .                .               .
      other/testcurl            X               .                .               .
    `,
    );
  });

  it('a second policy lets testcurl of the same namespace in', () => {
    expectGrid(
      worldOf(pods, [deny, allow]),
      'TCP/80',
      `
                         default/testweb default/testcurl
      default/testweb           ?               .
      default/testcurl          .               .
      default/testkurl          X               .
      other/testcurl            X               .
    `,
    );
  });

  it('both ends must allow: no policy of the destination opens what the egress of the source forbids', () => {
    const stay = policyOf('default/stay', {
      podSelector: { matchLabels: { run: 'testcurl' } },
      policyTypes: ['Egress'],
    });
    const go = policyOf('default/go', {
      podSelector: { matchLabels: { run: 'testcurl' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: testweb }] }],
    });
    expectGrid(
      worldOf(pods, [deny, allow, stay]),
      'TCP/80',
      `
                         default/testweb default/testkurl
      default/testcurl          X               X
      default/testkurl          X               .
    `,
    );
    expectGrid(
      worldOf(pods, [deny, allow, go]),
      'TCP/80',
      `
                         default/testweb default/testkurl
      default/testcurl          .               X
      default/testkurl          X               .
    `,
    );
    expectGrid(
      worldOf(pods, [deny, go]),
      'TCP/80',
      `
                         default/testweb
      default/testcurl          X
    `,
    );
  });

  describe('DockerCoins', () => {
    const coins = ['rng', 'hasher', 'worker', 'webui'].map((name) =>
      podOf(`coins/${name}`, { labels: { app: name } }),
    );
    const world = worldOf(
      [
        ...coins.map((pod, index) => ({ ...pod, addresses: [`10.0.1.${index + 1}`] })),
        podOf('default/visitor', { addresses: ['10.0.2.1'] }),
        podOf('external/browser', { external: true, addresses: ['203.0.113.9'] }),
      ],
      [
        policyOf('coins/deny-from-other-namespaces', {
          podSelector: {},
          ingress: [{ from: [{ podSelector: {} }] }],
        }),
        policyOf('coins/allow-webui', {
          podSelector: { matchLabels: { app: 'webui' } },
          ingress: [{ from: [] }],
        }),
      ],
    );

    it('the two policies leave the namespace to itself and open webui to everybody', () => {
      expectGrid(
        world,
        'TCP/80',
        `
                          coins/rng coins/hasher coins/worker coins/webui default/visitor
        coins/rng             .          .            .            .             .
        coins/worker          .          .            .            .             .
        coins/webui           .          .            .            .             .
        default/visitor       X          X            X            .             .
        external/browser      X          X            X            .             .
      `,
        ['IPv4'],
      );
    });
  });

  describe('a Service in front of pods that only some may be reached', () => {
    const service: Service = {
      namespace: 'default',
      name: 'web',
      type: 'ClusterIP',
      selector: { tier: 'web' },
      ports: [{ protocol: 'TCP', port: 8080, targetPort: 'serve-80' }],
      addresses: ['10.96.0.1', 'fd00:96::1'],
    };
    const backends = [
      podOf('default/testweb', { labels: { app: 'testweb', tier: 'web' } }),
      podOf('default/plainweb', { labels: { tier: 'web' } }),
      podOf('default/testcurl', { labels: { run: 'testcurl' } }),
    ];
    const judge = (policies: Parameters<typeof worldOf>[1]) =>
      createOracle(worldOf(backends, policies, { services: [service] })).serviceVerdict(
        'default/testcurl',
        'default/web',
        'TCP',
        8080,
        'IPv4',
      );

    it('is open where all backends are, closed where none is, and a matter of luck between', () => {
      expect(judge([])).to.deep.include({
        verdict: 'allow',
        backends: [
          { id: 'default/testweb', verdict: 'allow' },
          { id: 'default/plainweb', verdict: 'allow' },
        ],
      });
      expect(judge([deny])).to.deep.include({
        verdict: 'undefined',
        backends: [
          { id: 'default/testweb', verdict: 'deny' },
          { id: 'default/plainweb', verdict: 'allow' },
        ],
      });
      expect(judge([deny]).reason).to.match(/^1 of the 2 pods .* default\/testweb: .*deny-all-for-testweb/);
      expect(judge([policyOf('default/all', { podSelector: {} })]).verdict).to.equal('deny');
      expect(judge([deny, allow]).verdict).to.equal('allow');
    });
  });
});
