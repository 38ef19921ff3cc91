import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { explainCommand } from '../../../helpers/run/explain/command.ts';
import { explain } from '../../../helpers/run/explain/explain.ts';
import { readExplainCluster } from '../../../helpers/run/explain/input.ts';
import { kubeconfigFor, startFakeServer, type FakeServer } from '../kube/fake-server.ts';
import { root } from '../netpol.ts';
import { writeFiles } from './explain-sample.ts';
import { thrownBy } from '../thrown.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };

const pod = (name: string, ip: string) => ({
  metadata: { name, namespace: 'x', labels: { app: name } },
  spec: { nodeName: 'one', containers: [{ ports: [{ containerPort: 80 }] }] },
  status: { podIPs: [{ ip }] },
});
const subject = { namespaces: {} };
const lists: Record<string, object[]> = {
  '/api/v1/namespaces': [{ metadata: { name: 'x' } }],
  '/api/v1/pods': [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')],
  '/api/v1/services': [],
  '/api/v1/nodes': [{ metadata: { name: 'one' } }],
  '/apis/networking.k8s.io/v1/networkpolicies': [
    { metadata: { name: 'p', namespace: 'x' }, spec: { podSelector: { matchLabels: { app: 'a' } } } },
  ],
  '/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies': [
    {
      metadata: { name: 'nodes' },
      spec: { priority: 1, subject, egress: [{ action: 'Deny', to: [{ nodes: {} }] }] },
    },
  ],
  '/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies': [],
  '/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies': [],
};

const serve = async (hidden: readonly string[] = []): Promise<{ server: FakeServer; kubeconfig: string }> => {
  const server = await startFakeServer();
  server.answer = ({ url }) => {
    const items = hidden.some((word) => url.pathname.includes(word)) ? undefined : lists[url.pathname];
    return items === undefined ? { status: 404, body: { kind: 'Status' } } : { status: 200, body: { items } };
  };
  const { paths } = writeFiles({ kubeconfig: kubeconfigFor(server.url) });
  return { server, kubeconfig: paths.kubeconfig };
};

describe('explain, of a live cluster', function () {
  this.timeout(60_000);

  it('reads it with exactly the lists that its role allows, and changes nothing', async () => {
    const { server, kubeconfig } = await serve();
    await using _ = server;
    const input = await readExplainCluster({ kubeconfig, context: '' });
    const text = explain(input, { from: 'x/b', to: 'x/a', probe: 'TCP/80' });
    expect(text).to.include('TCP/80: deny').and.include('decided by: NetworkPolicy x/p\n');
    expect(text).to.include('no egress rule of AdminNetworkPolicy nodes matches x/a');
    expect(new Set(server.requests.map(({ method }) => method))).to.deep.equal(new Set(['GET']));
    const asked = [...new Set(server.requests.map(({ url }) => url.pathname))];
    expect(asked.toSorted()).to.deep.equal(Object.keys(lists).toSorted());
    const role = parseAllDocuments(await readFile(join(root, 'manifests/run/rbac-explain.yaml'), 'utf8'))
      .map((document) => document.toJS() as { rules?: Rule[] })
      .flatMap(({ rules = [] }) => rules);
    expect(new Set(role.flatMap(({ verbs }) => verbs))).to.deep.equal(new Set(['list']));
    const allowed = role.flatMap(({ apiGroups, resources }) =>
      resources.map((resource) => `${apiGroups.join()} ${resource}`),
    );
    const wanted = Object.keys(lists).map((path) => {
      const [, group = '', resource = ''] = /^\/apis?\/(?:([^/]+\.[^/]+)\/)?v[^/]+\/(.+)$/.exec(path) ?? [];
      return `${group} ${resource}`;
    });
    expect(allowed.toSorted()).to.deep.equal(wanted.toSorted());
  });

  it('takes a cluster that does not know the admin tiers as one without them, and asks for no nodes then', async () => {
    const { server, kubeconfig } = await serve(['policy.networking.k8s.io']);
    await using _ = server;
    const { world } = await readExplainCluster({ kubeconfig, context: '' });
    expect(world.adminPolicies).to.deep.equal([]);
    expect(server.requests.some(({ url }) => url.pathname.endsWith('/nodes'))).to.equal(false);
  });

  it('refuses files and a cluster at once, and neither of them', async () => {
    const both = await thrownBy(() => explainCommand(['file.yaml', '--context', 'x']));
    expect(both.message).to.include('files and a cluster at once').and.include('file.yaml');
    const neither = await thrownBy(() => explainCommand([]));
    expect(neither.message).to.include('no manifests named, and no cluster').and.include('--context');
  });
});
