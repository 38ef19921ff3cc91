import { expect } from 'chai';
import { listSystems, loadSystem } from '../../../helpers/system/load.ts';
import { modes, type Mode, type System } from '../../../helpers/system/system.ts';
import { check, deliveriesAt, linesOf } from './journeys.ts';

const openshift = await loadSystem('openshift-like');
const addons = await loadSystem('kubernetes-addons');

type Row = readonly [system: System, from: string, to: string];

const good: readonly Row[] = [
  [openshift, 'before-feature', 'permissive'],
  [openshift, 'permissive', 'restrictive'],
  [openshift, 'restrictive', 'label-accepted'],
  [openshift, 'label-accepted', 'label-change'],
  [openshift, 'label-change', 'label-settled'],
  [openshift, 'restrictive', 'good-deny-with-allow'],
  [openshift, 'permissive', 'good-storage-webhook'],
  [openshift, 'restrictive', 'good-permissive-doubled'],
  [openshift, 'good-permissive-doubled', 'good-permissive-removed'],
  [openshift, 'restrictive', 'good-restrictive-doubled'],
  [openshift, 'good-restrictive-doubled', 'good-restrictive-removed'],
  [addons, 'open', 'default-deny'],
  [addons, 'default-deny', 'label-accepted'],
  [addons, 'label-accepted', 'label-change'],
];

type BadRow = readonly [...Row, Record<Mode, readonly string[]>];

const cloud = 'openshift-cloud-network-config-controller';
const storage = 'openshift-cluster-storage-operator';
const prometheus = 'openshift-monitoring/prometheus';
const api = 'openshift-kube-apiserver/apiserver';

const chart = `loss of ${prometheus} -> openshift-console/console TCP/8443 after monitoring: Namespace openshift-monitoring (changed)`;
const denied = [
  `loss of ${cloud}/controller -> openshift-dns/dns UDP/5353 after cluster-version-operator: NetworkPolicy ${cloud}/default-deny (new)`,
  `loss of ${cloud}/controller -> ${api} TCP/6443 after cluster-version-operator: NetworkPolicy ${cloud}/default-deny (new)`,
];
const snapshots = [
  `loss of ${storage}/snapshot-controller -> openshift-dns/dns UDP/5353 after cluster-storage-operator: NetworkPolicy ${storage}/default-deny (new)`,
  `loss of ${storage}/snapshot-controller -> ${api} TCP/6443 after cluster-storage-operator: NetworkPolicy ${storage}/default-deny (new)`,
];
const unselected = [
  'loss of addon-certificates/controller -> addon-ingress/controller TCP/80 after certificates: NetworkPolicy addon-certificates/allow-challenges (changed)',
  'loss of addon-ingress/controller -> addon-registry/registry TCP/5000 after ingress: Namespace addon-ingress (changed)',
];
const shut = (to: string, namespace: string): string =>
  `loss of shop/web -> ${namespace}/${to} after cluster-network-operator: NetworkPolicy ${namespace}/unrestricted while unrestricted (removed)`;
const reopened = (from: string): string =>
  `leak of ${from} -> ${cloud}/controller TCP/9258 after cluster-network-operator: NetworkPolicy ${cloud}/default-deny-ingress (removed), NetworkPolicy ${cloud}/allow-monitoring (removed)`;

const bad: readonly BadRow[] = [
  [
    openshift,
    'restrictive',
    'bad-label-change',
    {
      // The newcomer alone has no policy that admits everybody.
      unrestricted: [chart],
      restricted: [
        chart,
        `loss of ${prometheus} -> openshift-dns/dns TCP/9154 after dns: NetworkPolicy openshift-dns/allow-monitoring (changed)`,
        `loss of ${prometheus} -> openshift-etcd-operator/operator TCP/8443 after etcd: NetworkPolicy openshift-etcd-operator/allow-monitoring (changed)`,
        `loss of ${prometheus} -> openshift-etcd/etcd TCP/9979 after etcd: NetworkPolicy openshift-etcd/allow-monitoring (changed)`,
        `loss of ${prometheus} -> openshift-ingress/router TCP/1936 after ingress: NetworkPolicy openshift-ingress/allow-monitoring (changed)`,
      ],
    },
  ],
  // A policy that admits everybody does not help who may not ask: it is about ingress.
  [openshift, 'restrictive', 'bad-deny-before-allow', { unrestricted: denied, restricted: denied }],
  [
    openshift,
    'permissive',
    'bad-storage-webhook',
    {
      unrestricted: snapshots,
      restricted: [
        ...snapshots,
        `loss of ${api} -> ${storage}/snapshot-webhook TCP/8445 after cluster-storage-operator: NetworkPolicy ${storage}/default-deny (new)`,
        `loss of ${prometheus} -> ${storage}/snapshot-controller TCP/8444 after cluster-storage-operator: NetworkPolicy ${storage}/default-deny (new)`,
      ],
    },
  ],
  [
    openshift,
    'restrictive',
    'bad-permissive-removed',
    {
      unrestricted: [
        shut('operator TCP/8443', 'openshift-etcd-operator'),
        shut('etcd TCP/2379', 'openshift-etcd'),
        shut('etcd TCP/9979', 'openshift-etcd'),
        shut('alertmanager TCP/9094', 'openshift-monitoring'),
        shut('prometheus TCP/9091', 'openshift-monitoring'),
        shut('prometheus TCP/9091', 'openshift-user-workload-monitoring'),
      ],
      restricted: [],
    },
  ],
  [
    openshift,
    'restrictive',
    'bad-restrictive-removed',
    { unrestricted: [], restricted: [reopened('openshift-marketplace/catalog'), reopened('shop/web')] },
  ],
  [addons, 'default-deny', 'bad-label-change', { unrestricted: unselected, restricted: unselected }],
];

describe('the systems that come with this package', function () {
  this.timeout(120_000);

  it('are known by their names', async () => {
    expect(await listSystems()).to.deep.equal(['kubernetes-addons', 'openshift-like']);
  });

  it('have no release that this file does not speak of', () => {
    for (const system of [openshift, addons]) {
      const rows = [...good, ...bad]
        .filter((row) => row[0] === system)
        .map(([, from, to]) => `${from} ${to}`);
      const pairs = system.releases.slice(1).map(({ name, from }) => `${from} ${name}`);
      expect(rows.toSorted()).to.deep.equal(pairs.toSorted());
    }
  });

  for (const [system, from, to] of good)
    it(`${system.name}: nothing is wrong on the way from ${from} to ${to} and back, in any order and mode`, () => {
      for (const mode of modes)
        for (const [start, end] of [
          [from, to],
          [to, from],
        ] as const) {
          const result = check(system, { from: start, to: end, mode: [mode, mode] });
          expect(linesOf(result), `${start} to ${end}, ${mode}`).to.deep.equal([]);
          expect(result.states).to.be.at.least(deliveriesAt(system, to).size);
        }
    });

  for (const [system, from, to, wrong] of bad)
    for (const mode of modes)
      it(`${system.name}: what is wrong on the way from ${from} to ${to} is found, ${mode}: ${wrong[mode].length}`, () => {
        const result = check(system, { from, to, mode: [mode, mode] });
        expect(linesOf(result)).to.deep.equal(wrong[mode]);
      });
});
