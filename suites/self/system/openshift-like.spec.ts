import { expect } from 'chai';
import { idOf } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { podsOf } from '../../../helpers/system/lint.ts';
import { loadSystem } from '../../../helpers/system/load.ts';
import { modes, worldOf, type Mode, type System } from '../../../helpers/system/system.ts';
import { describeMove } from '../../../helpers/system/upgrade.ts';
import { check, deliveriesAt, linesOf, placementAt } from './journeys.ts';

const openshift = await loadSystem('openshift-like');

const api = 'openshift-kube-apiserver/apiserver';
const storage = 'openshift-cluster-storage-operator';

describe('the system namespaces of a cluster like OpenShift’s', function () {
  this.timeout(120_000);

  /** What the tenant reaches of the system. */
  const reachOfTenant = (release: string, mode: Mode): string[] => {
    const world = worldOf(placementAt(openshift, release, mode), podsOf(openshift));
    const oracle = createOracle(world);
    return world.pods
      .filter(({ namespace }) => namespace.startsWith('openshift-'))
      .flatMap((pod) =>
        pod.ports
          .filter(
            ({ protocol, port }) => oracle.verdict('shop/web', idOf(pod), protocol, port, 'IPv4') === 'allow',
          )
          .map(({ protocol, port }) => `${idOf(pod)} ${protocol}/${port}`),
      );
  };

  it('are at least fourteen, each with pods', () => {
    const { namespaces, pods } = worldOf(
      placementAt(openshift, 'restrictive', 'restricted'),
      podsOf(openshift),
    );
    const names = namespaces.map(({ name }) => name).filter((name) => name.startsWith('openshift-'));
    expect(names.length).to.be.at.least(14);
    for (const name of names) expect(pods.map(({ namespace }) => namespace)).to.include(name);
  });

  it('let a tenant reach what is public, and nothing else, while they are restricted', () => {
    for (const { name } of openshift.releases.slice(2)) {
      if (name.endsWith('storage-webhook')) continue;
      expect(reachOfTenant(name, 'restricted').toSorted(), name).to.deep.equal([
        'openshift-dns/dns TCP/5353',
        'openshift-dns/dns UDP/5353',
        'openshift-image-registry/registry TCP/5000',
        'openshift-ingress/router TCP/443',
        'openshift-ingress/router TCP/80',
        'openshift-kube-apiserver/apiserver TCP/6443',
      ]);
    }
  });

  it('keep from a tenant only what is new, while they are unrestricted', () => {
    const before = reachOfTenant('before-feature', 'unrestricted');
    for (const { name } of openshift.releases)
      expect(reachOfTenant(name, 'unrestricted').toSorted(), name).to.deep.equal(before.toSorted());
  });

  it('switch their mode in any order, there and back, even where some do not switch', () => {
    const components = [...deliveriesAt(openshift, 'restrictive').keys()];
    for (const own of [undefined, ...components])
      for (const [before, after] of [modes, modes.toReversed()] as [Mode, Mode][]) {
        const result = check(openshift, {
          from: 'restrictive',
          to: 'restrictive',
          mode: [before, after],
          ...(own !== undefined && { own: new Map([[own, before]]) }),
        });
        expect(linesOf(result), `${before} to ${after}, without ${own}`).to.deep.equal([]);
      }
  });

  it('switch their mode while they are upgraded', () => {
    for (const [before, after] of [modes, modes.toReversed()] as [Mode, Mode][])
      for (const [from, to] of [
        ['permissive', 'restrictive'],
        ['restrictive', 'label-accepted'],
      ] as const)
        expect(linesOf(check(openshift, { from, to, mode: [before, after] }))).to.deep.equal([]);
  });

  describe('where the release that admits everybody is left out', () => {
    const skip = { from: 'before-feature', to: 'restrictive' } as const;

    it('lose connections, unless the network operator is first', () => {
      const { violations, safeOrder } = check(openshift, { ...skip, mode: ['unrestricted', 'unrestricted'] });
      expect(violations.map(({ order }) => order.length)).to.deep.equal(Array(violations.length).fill(1));
      expect(violations.filter(({ link }) => link.kind === 'needed').length).to.equal(7);
      expect(violations.filter(({ link }) => link.kind === 'open').length).to.equal(21);
      expect(safeOrder?.map(describeMove)[0]).to.equal('cluster-network-operator');
    });

    it('lose nothing where all wait for the network operator', () => {
      const waiting: System = {
        ...openshift,
        releases: openshift.releases.map((release) => ({
          ...release,
          deliveries: new Map(
            [...release.deliveries].map(([component, delivery]) => [
              component,
              {
                ...delivery,
                after: component === 'cluster-network-operator' ? [] : ['cluster-network-operator'],
              },
            ]),
          ),
        })),
      };
      const result = check(waiting, { ...skip, mode: ['unrestricted', 'unrestricted'] });
      expect(linesOf(result)).to.deep.equal([]);
    });

    it('blame the policies, not the label that came with them', () => {
      const lines = linesOf(check(openshift, { ...skip, mode: ['restricted', 'restricted'] }));
      expect(lines).to.include(
        `loss of ${api} -> openshift-apiserver/apiserver TCP/8443 after apiserver: NetworkPolicy openshift-apiserver/default-deny (new), NetworkPolicy openshift-apiserver/allow-clients (new)`,
      );
    });
  });

  it('lose connections to a label that changes where the release that accepts both is left out', () => {
    const lines = linesOf(
      check(openshift, { from: 'restrictive', to: 'label-change', mode: ['restricted', 'restricted'] }),
    );
    expect(lines).to.have.length(5);
    for (const line of lines) expect(line).to.match(/after monitoring: Namespace openshift-monitoring/);
  });

  describe('on the way back', () => {
    // "The simplest way to ensure the downgrade goes smoothly would be to require that the cluster is in the
    // "unrestricted" mode before downgrading."
    it('open silently what was closed, if they are restricted when the feature goes', () => {
      const closed = [...deliveriesAt(openshift, 'restrictive').values()]
        .flatMap(({ links }) => links)
        .filter(({ kind }) => kind === 'closed');
      const oracle = createOracle(
        worldOf(placementAt(openshift, 'permissive', 'restricted'), podsOf(openshift)),
      );
      expect(closed.length).to.be.at.least(30);
      for (const { from, to, protocol, port } of closed)
        expect(oracle.verdict(from, to, protocol, port, 'IPv4')).to.equal('allow');
    });

    it('lose connections where labels go before the policies that select them', () => {
      const back = { from: 'restrictive', to: 'before-feature' } as const;
      const lines = linesOf(check(openshift, { ...back, mode: ['restricted', 'restricted'] }));
      expect(lines.map((line) => line.replace(/:.*/, ''))).to.deep.equal([
        'loss of openshift-apiserver/apiserver -> openshift-etcd/etcd TCP/2379 after apiserver',
        'loss of openshift-authentication-operator/operator -> openshift-apiserver/apiserver TCP/8443 after authentication',
        `loss of ${api} -> openshift-apiserver/apiserver TCP/8443 after kube-apiserver`,
        `loss of ${api} -> openshift-authentication/oauth TCP/6443 after kube-apiserver`,
        `loss of ${api} -> ${storage}/snapshot-webhook TCP/8445 after kube-apiserver`,
        `loss of ${api} -> openshift-etcd/etcd TCP/2379 after kube-apiserver`,
        `loss of ${api} -> openshift-operator-lifecycle-manager/packageserver TCP/5443 after kube-apiserver`,
      ]);
    });

    it('lose them while unrestricted, too, where the network operator goes back over two releases at once', () => {
      const back = { from: 'restrictive', to: 'before-feature' } as const;
      const { violations, safeOrder } = check(openshift, { ...back, mode: ['unrestricted', 'unrestricted'] });
      expect(violations.length).to.be.greaterThan(0);
      // The console has no policy that admits everybody, so it can go whenever it likes.
      const legacy = safeOrder?.map(describeMove).filter((component) => component !== 'console');
      expect(legacy?.at(-1)).to.equal('cluster-network-operator');
    });
  });
});
