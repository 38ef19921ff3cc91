import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readFacts } from '../../../helpers/cluster/facts.ts';
import { openClient } from '../../../helpers/kube/client.ts';
import type { V1Node } from '../../../helpers/kube/client.ts';
import { kubeconfigFor, startFakeServer } from '../kube/fake-server.ts';
import { temporaryFolder } from '../netpol.ts';

const daemonSet = (name: string, ...command: string[]) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ name, image: 'image', command }] } } },
});

describe('The plugins that a cluster is known to run', () => {
  const enginesOf = async (kubeletVersion: string, items: object[]): Promise<string[]> => {
    await using folder = await temporaryFolder();
    await using server = await startFakeServer();
    const kubeconfig = join(folder.path, 'config');
    await writeFile(kubeconfig, kubeconfigFor(server.url), { mode: 0o600 });
    server.answer = ({ url }) => {
      const isAsked = url.pathname.endsWith('/daemonsets');
      return { status: isAsked ? 200 : 404, body: isAsked ? { items } : {} };
    };
    const node = { status: { nodeInfo: { kubeletVersion } } } as V1Node;
    return (await readFacts(openClient({ kubeconfig }), [node])).engines;
  };

  it('are all that may enforce, but not kindnet where it is too old or told not to', async () => {
    const beside = daemonSet('kube-network-policies');
    const [on, off] = ['true', 'false'].map((word) => daemonSet('kindnet', `--network-policy=${word}`));
    expect(await enginesOf('v1.34.4', [beside, daemonSet('unrelated')])).to.deep.equal([
      'kube-network-policies',
    ]);
    expect(await enginesOf('v1.34.4', [beside, on!])).to.deep.equal(['kindnet', 'kube-network-policies']);
    expect(await enginesOf('v1.34.4', [beside, off!])).to.deep.equal(['kube-network-policies']);
    expect(await enginesOf('v1.30.1', [on!])).to.deep.equal([]);
  });
});
