import { expect } from 'chai';
import type { Labels, NetworkPolicy, NetworkPolicyPort } from '../../../helpers/kube/types.ts';
import type { Pod, World } from '../../../helpers/kube/world.ts';
import { listWorkloads } from '../../../helpers/run/monitor/live-policies.ts';

const pod = (id: string, labels: Labels, more: Partial<Pod> = {}): Pod => {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name, labels, addresses: ['10.0.0.1'], ports: [], node: 'n', ...more };
};
const worldOf = (...pods: Pod[]): World => ({ namespaces: [], pods, services: [], policies: [] });
const list = (selectors: string[], ...pods: Pod[]): string[] =>
  listWorkloads(worldOf(...pods), selectors).map(({ id }) => id);

describe('The workloads of live namespaces', () => {
  it('are one pod for all that a controller makes, by the name that it has there', () => {
    const deployed = { app: 'web', 'pod-template-hash': '7c65d6cfc9' };
    const stateful = (name: string) => ({ app: 'db', 'statefulset.kubernetes.io/pod-name': name });
    const found = listWorkloads(
      worldOf(
        pod('x/web-7c65d6cfc9-x2x4b', deployed),
        pod('x/web-7c65d6cfc9-bcdfg', deployed),
        pod('x/web-84f9b7d8c6-zzzzz', { app: 'web', 'pod-template-hash': '84f9b7d8c6' }),
        pod('x/db-0', stateful('db-0')),
        pod('x/db-1', stateful('db-1')),
        pod('x/agent-x2x4b', {
          app: 'agent',
          'controller-revision-hash': '5d4f',
          'pod-template-generation': '1',
        }),
        pod('x/kube-proxy', { app: 'proxy' }),
      ),
      ['x'],
    );
    expect(found.map(({ id }) => id)).to.deep.equal(['x/web', 'x/db', 'x/agent', 'x/kube-proxy']);
    expect(found.map(({ labels }) => labels)).to.deep.equal([
      { app: 'web' },
      { app: 'db' },
      { app: 'agent' },
      { app: 'proxy' },
    ]);
  });

  it('are told apart where policies can tell them apart, with names of their own', () => {
    expect(
      list(['x'], pod('x/web-x2x4b', { tier: 'old' }), pod('x/web-bcdfg', { tier: 'new' })),
    ).to.deep.equal(['x/web', 'x/webx']);
  });

  it('come from each namespace that a glob names, in turn, and from no other', () => {
    expect(
      list(
        ['openshift-*', 'shop'],
        ...['openshift-dns/a', 'openshift-dns/b', 'openshift-etcd/a', 'shop/web', 'kube-system/a'].map((id) =>
          pod(id, { pod: id.replace('/', '.') }),
        ),
      ),
    ).to.deep.equal(['openshift-dns/a', 'openshift-etcd/a', 'shop/web', 'openshift-dns/b']);
  });

  it('are no pods of the host network, and none that have ended', () => {
    expect(
      list(
        ['x'],
        pod('x/a', { pod: 'a' }, { hostNetwork: true }),
        pod('x/b', { pod: 'b' }, { phase: 'Succeeded' }),
        pod('x/c', { pod: 'c' }),
      ),
    ).to.deep.equal(['x/c']);
  });

  it('serve TCP and UDP, each port once, also where two containers call theirs the same', () => {
    const ports = (['TCP', 'UDP', 'SCTP', 'TCP'] as const).map((protocol) => ({ protocol, port: 80 }));
    const named = [8080, 9090].map((port) => ({ name: 'metrics', protocol: 'TCP' as const, port }));
    const [found] = listWorkloads(worldOf(pod('x/a', {}, { ports: [...ports, ...named] })), ['x']);
    expect(found?.ports).to.deep.equal([...ports.slice(0, 2), named[0], { protocol: 'TCP', port: 9090 }]);
  });

  it('have the ports that Services and policies know of, where they declare none', () => {
    const world = {
      ...worldOf(pod('x/a', { app: 'a' }), pod('x/b', { app: 'b' }), pod('y/a', { app: 'a' })),
      services: [
        service({ app: 'a' }, [
          { protocol: 'TCP', port: 80, targetPort: 8080 },
          { protocol: 'TCP', port: 81, targetPort: 'web' },
        ]),
        service({}, [{ protocol: 'TCP', port: 1, targetPort: 1 }]),
      ],
      policies: [admits({ app: 'a' }, { protocol: 'UDP', port: 53 }), admits({ app: 'a' }, { port: 'web' })],
    };
    const portsOf = Object.fromEntries(listWorkloads(world, ['*']).map(({ id, ports }) => [id, ports]));
    expect(portsOf).to.deep.equal({
      'x/a': [
        { protocol: 'TCP', port: 8080 },
        { protocol: 'UDP', port: 53 },
      ],
      'x/b': [],
      'y/a': [],
    });
  });
});

const service = (selector: Labels, ports: World['services'][number]['ports']): World['services'][number] => ({
  ...{ namespace: 'x', name: 's', type: 'ClusterIP', addresses: [], selector, ports },
});
const admits = (matchLabels: Labels, port: NetworkPolicyPort): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'x', name: `p-${port.port}` },
  spec: { podSelector: { matchLabels }, ingress: [{ ports: [port] }] },
});
