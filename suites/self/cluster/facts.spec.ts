import { expect } from 'chai';
import { readFacts, warnOfSeveralEngines, type Facts } from '../../../helpers/cluster/facts.ts';
import type { V1Node } from '../../../helpers/kube/client.ts';
import { startFakeServer } from '../kube/fake-server.ts';

const daemonSet = (name: string, ...command: string[]) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ name, image: 'image', command }] } } },
});

describe('The plugins that a cluster is known to run', () => {
  const factsOf = async (
    kubeletVersion: string,
    items: object[],
    installed: string[] = [],
  ): Promise<Facts> => {
    await using server = await startFakeServer();
    server.answer = ({ url }) => {
      const isAsked = url.pathname.endsWith('/daemonsets');
      return { status: isAsked ? 200 : 404, body: isAsked ? { items } : {} };
    };
    const node = { status: { nodeInfo: { kubeletVersion } } } as V1Node;
    return await readFacts(server.openClient(), [node], installed);
  };
  const enginesOf = async (version: string, sets: object[]): Promise<string[]> =>
    (await factsOf(version, sets)).engines;
  const [on, off] = ['true', 'false'].map((word) => daemonSet('kindnet', `--network-policy=${word}`));

  it('are all that may enforce, but not kindnet where it is too old or told not to', async () => {
    const beside = daemonSet('kube-network-policies');
    expect(await enginesOf('v1.34.4', [beside, daemonSet('unrelated')])).to.deep.equal([
      'kube-network-policies',
    ]);
    expect(await enginesOf('v1.34.4', [beside, on!])).to.deep.equal(['kindnet', 'kube-network-policies']);
    expect(await enginesOf('v1.34.4', [beside, off!])).to.deep.equal(['kube-network-policies']);
    expect(await enginesOf('v1.30.1', [on!])).to.deep.equal([]);
  });

  const warningsOf = (facts: Facts): string[] => {
    const lines: string[] = [];
    warnOfSeveralEngines(facts, (line) => lines.push(line));
    return lines;
  };

  it('are also the one that we have installed, whatever its name, with all that belongs to it', async () => {
    const installed = ['kube-system/agent', 'kube-system/helper'];
    const [agent, helper] = [daemonSet('agent'), daemonSet('helper')];
    const alone = await factsOf('v1.34.4', [agent, helper, off!], installed);
    expect(alone.engines).to.deep.equal(['agent', 'helper']);
    expect(alone.versions['plugin']).to.equal('agent (image) + helper (image)');
    expect(alone.versions).to.not.have.property('engines');
    expect(warningsOf(alone)).to.deep.equal([]);
    const beside = await factsOf('v1.34.4', [agent, helper, on!], installed);
    expect(beside.engines).to.deep.equal(['agent', 'helper', 'kindnet']);
    expect(warningsOf(beside).join()).to.include('agent with helper and kindnet both run here');
    const known = await factsOf(
      'v1.34.4',
      [daemonSet('cilium'), helper],
      ['kube-system/cilium', ...installed],
    );
    expect(known.engines).to.deep.equal(['cilium']);
  });
});
