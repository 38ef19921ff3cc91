import { expect } from 'chai';
import { waitUntilClusterReady } from '../../../helpers/cluster/cluster-readiness.ts';
import type { Wait } from '../../../helpers/cluster/plugin-description.ts';
import { startFakeServer } from '../kube/fake-server.ts';
import { thrownBy } from '../thrown.ts';

const node = (taints: string[]) => ({
  metadata: { name: 'node0' },
  spec: { taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

const brain = (availableReplicas: number, status: object = {}) => ({
  metadata: { name: 'brain', namespace: 'there', generation: 2 },
  spec: { replicas: 1 },
  status: { availableReplicas, updatedReplicas: 1, observedGeneration: 2, ...status },
});

/** For some nodes only, on so many of them. */
const agent = (numberReady: number) => ({
  metadata: { name: 'agent', namespace: 'there', generation: 1 },
  spec: { template: { spec: { nodeSelector: { agent: 'yes' } } } },
  status: {
    ...{ observedGeneration: 1, numberReady },
    ...{ desiredNumberScheduled: numberReady, updatedNumberScheduled: numberReady },
  },
});

describe('a cluster that gets ready', () => {
  type Scene = {
    taints?: () => string[];
    deployments?: () => object[];
    daemonSets?: () => object[];
    waits?: Wait[];
    deadline?: number;
  };
  const waitWith = async ({
    taints = () => [],
    deployments = () => [brain(1)],
    daemonSets = () => [],
    waits = [{ deployment: 'there/brain' }],
    deadline = 10_000,
  }: Scene): Promise<void> => {
    await using server = await startFakeServer();
    const itemsOf = (path: string): object[] => {
      if (path.endsWith('/deployments')) return deployments();
      if (path.endsWith('/daemonsets')) return daemonSets();
      return path.endsWith('/nodes') ? [node(taints())] : [];
    };
    server.answer = ({ url }) => ({
      status: 200,
      body: { items: itemsOf(url.pathname) },
    });
    const kubeletWords = () => Promise.resolve('');
    await waitUntilClusterReady(server.openClient(), { nodes: 1, kubeletWords, deadline, plugin: { waits } });
  };

  const complaintAbout = async (scene: Scene): Promise<string> =>
    (await thrownBy(() => waitWith({ ...scene, deadline: 1000 }))).message;

  it('is waited for until a node that says Ready has lost the taint of one that is not', async () => {
    const answers = [['node.kubernetes.io/not-ready'], ['node.kubernetes.io/not-ready'], []];
    await waitWith({ taints: () => answers.shift() ?? [] });
    expect(answers).to.deep.equal([]);
  });

  it('is told with the taint that stays', async () => {
    const complaint = await complaintAbout({ taints: () => ['node.kubernetes.io/not-ready'] });
    expect(complaint).to.include('node node0: taint node.kubernetes.io/not-ready');
  });

  it('is not waited for because of a taint of its owner', async () => {
    await waitWith({ taints: () => ['dedicated', 'node.kubernetes.io/unschedulable'] });
  });

  it('is waited for until what its plugin waits for is there, and then until it is available', async () => {
    const answers = [[], [brain(0)], [brain(1)]];
    await waitWith({ deployments: () => answers.shift() ?? [brain(1)] });
    expect(answers).to.deep.equal([]);
  });

  it('is waited for until an awaited Deployment is what was applied last, with all its replicas', async () => {
    const answers = [
      [brain(1, { observedGeneration: 1 })],
      [brain(1, { updatedReplicas: 0 })],
      // The one that is available is the one of before.
      [brain(1, { replicas: 2 })],
      [{ ...brain(1), spec: { replicas: 2 } }],
      [brain(1)],
    ];
    await waitWith({ deployments: () => answers.shift() ?? [brain(1)] });
    expect(answers).to.deep.equal([]);
  });

  it('is waited for until an awaited DaemonSet is on a node, but not until any other one is', async () => {
    const answers = [[agent(0)], [agent(1)]];
    const waits = [{ daemonset: 'there/agent' }];
    await waitWith({ waits, daemonSets: () => answers.shift() ?? [agent(1)] });
    expect(answers).to.deep.equal([]);
    await waitWith({ waits: [], daemonSets: () => [agent(0)] });
  });

  it('is told with what its plugin waits for', async () => {
    expect(await complaintAbout({ deployments: () => [] })).to.include('no Deployment there/brain');
    const late = await complaintAbout({ deployments: () => [brain(0)] });
    expect(late).to.include('brain: no replica available');
  });
});
