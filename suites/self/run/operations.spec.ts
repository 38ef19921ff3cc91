import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { longest } from '../../../helpers/report/monitor-record.ts';
import type { OperationRecord } from '../../../helpers/report/record.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

type Fate = { status: string; message: string; operation: OperationRecord; evidence: string[] };

/** What became of each scenario of operations in the lab, by its last name. */
const operate = async (
  plugin: string,
  filter = 'operations/plugin',
  ...more: string[]
): Promise<Record<string, Fate>> => {
  await using folder = await temporaryFolder();
  const flags = ['--provider', 'lab', '--plugin', plugin, '--output', folder.path, ...more];
  await runNetpol(['run', filter, ...flags]);
  const { cases } = await readRecord(folder.path);
  const fates = cases.map(
    async ({ name, status, message = '', steps, evidence }): Promise<[string, Fate]> => {
      const operation = steps.find((step) => step.operation !== undefined)?.operation;
      const files = evidence === undefined ? [] : await readdir(join(folder.path, evidence));
      return [name.replace(/^.*\//, ''), { status, message, operation: operation!, evidence: files }];
    },
  );
  return Object.fromEntries(await Promise.all(fates));
};

const longestOf = ({ operation }: Fate, what: 'leak' | 'loss'): number =>
  Math.max(0, ...operation.flows.map((flow) => longest(flow, what)));

describe('operations in the lab', function () {
  this.timeout(120_000);

  it('are without leak and loss with the reference plugin', async () => {
    const {
      'api-server-away': apiServer,
      'node-restarts': node,
      upgraded,
      ...fates
    } = await operate('reference', 'operations');
    expect(upgraded).to.deep.include({
      status: 'skip',
      message: 'no `--plugin-next` says to which version the plugin is upgraded',
    });
    expect(apiServer).to.deep.include({ status: 'skip', message: 'the lab has no API server' });
    expect(node).to.deep.include({ status: 'skip', message: 'the nodes of the lab do not boot' });
    expect(Object.keys(fates)).to.have.members([
      ...['away-from-a-node', 'killed', 'restarted', 'rolled-over'],
      ...['many-policies', 'pods-come-and-go'],
    ]);
    for (const [name, fate] of Object.entries(fates)) {
      expect(fate.status, `${name}: ${fate.message}`).to.equal('pass');
      // What the change of a step opens or closes is not held against the plugin.
      expect(fate.operation.watched, name).to.equal(name === 'away-from-a-node' ? 48 : 28);
      // A process that enforces at once was not replaced.
      expect(fate.operation.toMs - fate.operation.fromMs).to.be.above(50);
      for (const what of ['leak', 'loss'] as const) expect(longestOf(fate, what)).to.equal(0);
    }
  });

  it('show an upgrade without leak and loss, and what leaks where the version flushes that comes or that goes', async () => {
    const upgrade = async (plugin: string, next: string): Promise<Fate> =>
      (await operate(plugin, 'plugin/upgraded', '--plugin-next', next))['upgraded']!;
    // Its only fault is one that no operation meets.
    const harmless = await upgrade('reference', 'mutant:end-port-ignored');
    expect(harmless.status, harmless.message).to.equal('pass');
    const coming = await upgrade('reference', 'mutant:flush-at-start');
    expect(coming.message)
      .to.match(/during step 2 \(upgrade plugin\)/)
      .and.match(/ leaked for \d+ ms/);
    const going = await upgrade('mutant:open-at-stop', 'reference');
    expect(going.message)
      .to.match(/during step 2 \(upgrade plugin\)/)
      .and.match(/ leaked for \d+ ms/);
    const back = await upgrade('mutant:flush-at-start', 'reference');
    expect(back.message)
      .to.match(/during step 4 \(downgrade plugin\)/)
      .and.match(/ leaked for \d+ ms/);
  });

  const withoutUpgrade = async (plugin: string): Promise<[string, Fate][]> => {
    const fates = Object.entries(await operate(plugin)).filter(([name]) => name !== 'upgraded');
    expect(fates).to.have.length.above(0);
    return fates;
  };

  it('show what leaks while a plugin that flushes begins', async () => {
    for (const [name, fate] of await withoutUpgrade('mutant:flush-at-start')) {
      expect(fate.status, name).to.equal('fail');
      expect(fate.message).to.match(
        /(x\/c -> x\/a|y\/b -> x\/b) v4 TCP\/80 leaked for \d+ ms from \d+ ms on/,
      );
      // Something may be lost too: a kernel without rules does not know whose replies are under way.
      expect(longestOf(fate, 'leak'), name).to.be.within(150, 3_000);
      // The rules of that moment, beside those of the end.
      expect(
        fate.evidence.filter((file) => /^at-\d+\.\ds-leak-nft-node[01]\.txt$/.test(file)),
      ).to.have.length(2);
      expect(fate.evidence).to.include('nft-node0.txt');
    }
  });

  it('show what leaks while a plugin that opens at its end is away, but not where it is killed', async () => {
    const { killed, restarted, 'rolled-over': rolledOver } = await operate('mutant:open-at-stop');
    expect(killed?.status, killed?.message).to.equal('pass');
    for (const fate of [restarted!, rolledOver!]) {
      expect(fate.status, fate.message).to.equal('fail');
      expect(longestOf(fate, 'leak')).to.be.within(50, 5_000);
    }
  });

  it('show what is lost while a plugin that closes begins', async () => {
    for (const [name, fate] of await withoutUpgrade('mutant:closed-at-start')) {
      expect(fate.status, name).to.equal('fail');
      expect(fate.message).to.match(/ was lost for \d+ ms/);
      expect(longestOf(fate, 'loss'), name).to.be.within(100, 3_000);
      expect(longestOf(fate, 'leak'), name).to.equal(0);
    }
  });

  it('show a plugin that missed a change, and one that is open while it changes', async () => {
    const { 'away-from-a-node': stale } = await operate('mutant:stale-after-restart');
    expect(stale?.status).to.equal('fail');
    expect(stale?.message).to.match(/probes differ after step 2 \(outage plugin on the node of x\/b/);
    const fates = await operate('mutant:open-between-rules', 'operations/cluster');
    expect(fates['many-policies']?.status).to.equal('fail');
    expect(fates['many-policies']?.message).to.match(/ leaked for \d+ ms/);
  });
});
