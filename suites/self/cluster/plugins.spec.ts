import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { findNextPlugin, findPlugin, type Plugin } from '../../../helpers/cluster/plugins.ts';
import { UsageError } from '../../../helpers/errors.ts';
import { temporaryFolder } from '../netpol.ts';

const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: kube-system }
`;
const deployment = daemonSet.replace('DaemonSet', 'Deployment');

describe('The version to which a plugin is upgraded', () => {
  /** The plugin that a file with this text is. */
  const findFile = async <Found>(text: string, find: (path: string) => Promise<Found>): Promise<Found> => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'plugin.yaml');
    await writeFile(path, text);
    return await find(path);
  };

  it('is another one that can take its place, or none', async () => {
    const reference = await findPlugin('reference');
    expect(await findNextPlugin('', reference)).to.equal(undefined);
    expect((await findNextPlugin('none', reference))?.name).to.equal('none');
    const agent = await findFile(daemonSet, findPlugin);
    expect(agent.daemonSets).to.deep.equal(['kube-system/agent']);
    const next = await findFile(daemonSet, (path) => findNextPlugin(path, agent));
    expect(next?.daemonSets).to.deep.equal(['kube-system/agent']);
  });

  it('is refused where it or the plugin has no DaemonSet to wait for, or only one of them is a network', async () => {
    const reference = await findPlugin('reference');
    const agent = await findFile(daemonSet, findPlugin);
    const refused: [string, (path: string, plugin: Plugin) => Promise<unknown>, Plugin][] = [
      ['', () => findNextPlugin('default', reference), reference],
      ['', async () => findNextPlugin('reference', await findPlugin('default')), reference],
      [deployment, findNextPlugin, agent],
      // The reference plugin connects the pods.
      [daemonSet, findNextPlugin, reference],
    ];
    for (const [text, find, plugin] of refused) {
      const failure = await findFile(text, (path) => find(path, plugin)).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(UsageError);
      expect((failure as Error).message).to.include('two versions, each with a DaemonSet');
    }
  });

  it('is refused where its description wants another cluster, and told by what', async () => {
    const described = (more: string): string => `plugin: mine
version: v1
source: https://example.com/install
implements: [NetworkPolicy]
install: [{ file: agent.yaml }]
waits: [{ daemonset: kube-system/agent }]
${more}`;
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'agent.yaml'), daemonSet);
    const find = async (more: string) => {
      const path = join(folder.path, 'mine.yaml');
      await writeFile(path, described(more));
      return { path, plugin: await findPlugin(path) };
    };
    const { plugin: plain } = await find('');
    const { plugin: whole } = await find('crdBundles: [v0.2-standard]\nnodeLabels: { zone: a }');
    const rows: [Plugin, string, string][] = [
      [plain, 'network: { kubeProxyMode: nftables }', 'networks {} and {"kubeProxyMode":"nftables"}'],
      [plain, 'nodeLabels: { zone: a }', 'labels of nodes {} and {"zone":"a"}'],
      [plain, 'crdBundles: [v0.2-standard]', 'CRDs v0.2-standard'],
    ];
    for (const [plugin, more, got] of rows) {
      const { path } = await find(more);
      const failure = await findNextPlugin(path, plugin).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(UsageError);
      expect((failure as Error).message).to.include(`got:    ${got}`);
    }
    const { path } = await find('nodeLabels: { zone: a }\nnetwork: { disableDefaultCNI: false }');
    expect((await findNextPlugin(path, whole))?.daemonSets).to.deep.equal(['kube-system/agent']);
  });
});
