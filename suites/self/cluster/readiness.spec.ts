import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { waitUntilClusterReady } from '../../../helpers/cluster/cluster-readiness.ts';
import { openClient } from '../../../helpers/kube/client.ts';
import { kubeconfigFor, messageOf, startFakeServer, thrownBy } from '../kube/fake-server.ts';

const node = (taints: string[]) => ({
  metadata: { name: 'node0' },
  spec: { taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

const brain = (availableReplicas: number) => ({
  metadata: { name: 'brain', namespace: 'there' },
  status: { availableReplicas },
});

describe('a cluster that gets ready', () => {
  const waitWith = async (taints: () => string[], deployments: () => object[] = () => []) => {
    const folder = mkdtempSync(join(tmpdir(), 'netpol-readiness-'));
    await using server = await startFakeServer();
    writeFileSync(join(folder, 'config'), kubeconfigFor(server.url), { mode: 0o600 });
    const client = openClient({ kubeconfig: join(folder, 'config') });
    rmSync(folder, { recursive: true });
    const itemsOf = (path: string): object[] => {
      if (path.endsWith('/deployments')) return deployments();
      return path.endsWith('/nodes') ? [node(taints())] : [];
    };
    server.answer = ({ url }) => ({
      status: 200,
      body: { items: itemsOf(url.pathname) },
    });
    const kubeletWords = () => Promise.resolve('');
    const plugin = { waits: [{ deployment: 'there/brain' }] };
    await waitUntilClusterReady(client, { nodes: 1, kubeletWords, deadline: 1000, plugin });
  };

  it('is waited for until a node that says Ready has lost the taint of one that is not', async () => {
    const answers = [['node.kubernetes.io/not-ready'], ['node.kubernetes.io/not-ready'], []];
    await waitWith(
      () => answers.shift() ?? [],
      () => [brain(1)],
    );
    expect(answers).to.deep.equal([]);
  });

  it('is told with the taint that stays', async () => {
    const error = await thrownBy(() => waitWith(() => ['node.kubernetes.io/not-ready']));
    expect(messageOf(error)).to.include('node node0: taint node.kubernetes.io/not-ready');
  });

  it('is not waited for because of a taint of its owner', async () => {
    await waitWith(
      () => ['dedicated', 'node.kubernetes.io/unschedulable'],
      () => [brain(1)],
    );
  });

  it('is waited for until what its plugin waits for is there, and then until it is available', async () => {
    const answers = [[], [brain(0)], [brain(1)]];
    await waitWith(
      () => [],
      () => answers.shift() ?? [brain(1)],
    );
    expect(answers).to.deep.equal([]);
  });

  it('is told with what its plugin waits for', async () => {
    const missing = await thrownBy(() => waitWith(() => []));
    expect(messageOf(missing)).to.include('no Deployment there/brain');
    const late = await thrownBy(() =>
      waitWith(
        () => [],
        () => [brain(0)],
      ),
    );
    expect(messageOf(late)).to.include('brain: no replica available');
  });
});
