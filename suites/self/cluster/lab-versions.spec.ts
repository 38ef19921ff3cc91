import { expect } from 'chai';
import type { PluginOperation } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { descendantsOf, standing } from './lab-probes.ts';

describe('The versions of a plugin in the lab', function () {
  this.timeout(60_000);

  /** The pids of the plugin on both nodes, in which version. */
  const running = (): { version: string; pids: string } => {
    const all = descendantsOf(process.pid).filter(
      ({ command }) => command.includes('node ') && command.includes('reference/plugin.ts'),
    );
    const versions = new Set(all.map(({ command }) => /--mutant (\S+)/.exec(command)?.[1] ?? 'reference'));
    return {
      version: [...versions].join(' and '),
      pids: all
        .map(({ pid }) => pid)
        .toSorted((one, two) => one - two)
        .join(' '),
    };
  };

  it('are gone to in both directions, on both nodes, and back to the first whatever runs', async () => {
    const other = 'end-port-ignored';
    await using lab = await startLab({
      ...{ run: 'self', plugin: 'reference', pluginNext: `mutant:${other}`, log: () => {} },
    });
    await using lane = await lab.openLane(0, standing('x/a'));
    expect((await lane.world()).pods).to.have.length(1);
    const after = async (operation: PluginOperation): Promise<string> => {
      const before = running();
      await lab.operatePlugin(operation);
      const now = running();
      return `${operation} ${now.version}${now.pids === before.pids ? ', as it was' : ''}`;
    };
    const seen: string[] = [];
    for (const operation of [
      ...(['reset', 'upgrade', 'upgrade', 'rollover', 'downgrade', 'downgrade'] as const),
      ...(['reset', 'upgrade', 'reset'] as const),
    ])
      seen.push(await after(operation));
    expect(seen).to.deep.equal([
      'reset reference, as it was',
      `upgrade ${other}`,
      `upgrade ${other}`,
      `rollover ${other}`,
      'downgrade reference',
      'downgrade reference',
      'reset reference, as it was',
      `upgrade ${other}`,
      'reset reference',
    ]);
  });
});
