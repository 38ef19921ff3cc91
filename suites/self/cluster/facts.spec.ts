import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  readFacts,
  refuseSecondEngine,
  warnOfSeveralEngines,
  type Facts,
} from '../../../helpers/cluster/facts.ts';
import { UsageError } from '../../../helpers/errors.ts';
import { openClient, type KubeClient } from '../../../helpers/kube/client.ts';
import type { V1Node } from '../../../helpers/kube/client.ts';
import { kubeconfigFor, messageOf, startFakeServer, thrownBy } from '../kube/fake-server.ts';
import { temporaryFolder } from '../netpol.ts';

const daemonSet = (name: string, ...command: string[]) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ name, image: 'image', command }] } } },
});

describe('The plugins that a cluster is known to run', () => {
  const askWith = async <Answer>(
    kubeletVersion: string,
    sets: object[],
    ask: (client: KubeClient, node: V1Node) => Promise<Answer>,
  ): Promise<Answer> => {
    await using folder = await temporaryFolder();
    await using server = await startFakeServer();
    const kubeconfig = join(folder.path, 'config');
    await writeFile(kubeconfig, kubeconfigFor(server.url), { mode: 0o600 });
    const node = { status: { nodeInfo: { kubeletVersion } } } as V1Node;
    server.answer = ({ url }) => {
      const items = { daemonsets: sets, nodes: [node] }[url.pathname.split('/').at(-1) ?? ''];
      return items === undefined ? { status: 404, body: {} } : { status: 200, body: { items } };
    };
    return await ask(openClient({ kubeconfig }), node);
  };
  const factsOf = async (version: string, sets: object[], installed: string[] = []): Promise<Facts> =>
    askWith(version, sets, (client, node) => readFacts(client, [node], installed));
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

  it('are none that enforce where another one is to be installed', async () => {
    const manifests = async (): Promise<string> => '';
    const plugin = { name: 'mine.yaml', network: {}, daemonSets: ['kube-system/agent'], manifests };
    const refuse = (
      version: string,
      sets: object[],
      one: typeof plugin | { name: string; network: object },
    ) => askWith(version, sets, (client) => refuseSecondEngine(client, one));
    const error = await thrownBy(() => refuse('v1.34.4', [on!, daemonSet('agent')], plugin));
    expect(error).to.be.instanceOf(UsageError);
    expect(messageOf(error)).to.include('kube-system/kindnet').and.include('`# kind: disableDefaultCNI`');
    await refuse('v1.34.4', [off!], plugin);
    await refuse('v1.30.1', [on!], plugin);
    await refuse('v1.34.4', [on!], { ...plugin, daemonSets: ['kube-system/kindnet'] });
    await refuse('v1.34.4', [on!], { name: 'default', network: {} });
  });
});
