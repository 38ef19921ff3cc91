import { expect } from 'chai';
import { describePlugin } from '../../../helpers/cluster/plugin-images.ts';
import type { Plugin } from '../../../helpers/cluster/plugins.ts';
import { startFakeServer } from '../kube/fake-server.ts';

const owned = (uid: string, kind: string, name: string, owner: string) => ({
  metadata: { uid, namespace: 'there', name: uid, ownerReferences: [{ kind, name, uid: owner }] },
});

const pod = (owner: string, image: string) => ({
  ...owned(`pod-of-${owner}`, 'any', 'any', owner),
  status: { containerStatuses: [{ image, imageID: `sha@sha256:${image.length}` }] },
});

const lists: Record<string, object[]> = {
  daemonsets: [{ metadata: { uid: 'set', namespace: 'there', name: 'agent' } }],
  replicasets: [owned('mine', 'Deployment', 'brain', 'b'), owned('foreign', 'Deployment', 'other', 'o')],
  pods: [pod('set', 'agent:1'), pod('mine', 'brain:one'), pod('foreign', 'other:xyz')],
};

describe('What is told of a plugin', () => {
  it('names what it says it implements, and the images of its DaemonSets and Deployments by their digests', async () => {
    await using server = await startFakeServer();
    server.answer = ({ url }) => ({
      status: 200,
      body: { items: lists[url.pathname.split('/').at(-1) ?? ''] },
    });
    const daemonSets = ['there/agent'];
    const plugin: Plugin = {
      ...{ name: 'mine', network: {}, implements: ['NetworkPolicy', 'ClusterNetworkPolicy'] },
      ...{ daemonSets, deployments: ['there/brain'] },
    };
    const told = await describePlugin(server.openClient(), [plugin, undefined], daemonSets);
    expect(told['plugin implements']).to.equal('NetworkPolicy, ClusterNetworkPolicy');
    expect(told['plugin images']).to.equal('agent:1@sha256:7, brain:one@sha256:9');
  });
});
