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
});
