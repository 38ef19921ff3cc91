import { expect } from 'chai';
import { longest } from '../../../helpers/report/monitor-record.ts';
import type { OperationRecord } from '../../../helpers/report/record.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

type Fate = { status: string; message: string; operation: OperationRecord };

/** What became of each scenario of plugin operations in the lab, by its last name. */
const operate = async (plugin: string): Promise<Record<string, Fate>> => {
  await using folder = await temporaryFolder();
  const flags = ['--provider', 'lab', '--plugin', plugin, '--output', folder.path];
  await runNetpol(['run', 'operations/plugin', ...flags]);
  const { cases } = await readRecord(folder.path);
  return Object.fromEntries(
    cases.map(({ name, status, message = '', steps }): [string, Fate] => {
      const operation = steps.find((step) => step.operation !== undefined)?.operation;
      return [name.replace(/^.*\//, ''), { status, message, operation: operation! }];
    }),
  );
};

const longestOf = ({ operation }: Fate, what: 'leak' | 'loss'): number =>
  Math.max(0, ...operation.flows.map((flow) => longest(flow, what)));

describe('operations on the plugin in the lab', function () {
  this.timeout(120_000);

  it('are without leak and loss with the reference plugin', async () => {
    const fates = await operate('reference');
    expect(Object.keys(fates).toSorted()).to.deep.equal(['killed', 'restarted', 'rolled-over']);
    for (const [name, fate] of Object.entries(fates)) {
      expect(fate.status, `${name}: ${fate.message}`).to.equal('pass');
      expect(fate.operation.watched).to.equal(28);
      // A process that enforces at once was not replaced.
      expect(fate.operation.toMs - fate.operation.fromMs).to.be.above(50);
      for (const what of ['leak', 'loss'] as const) expect(longestOf(fate, what)).to.equal(0);
    }
  });

  it('show what leaks while a plugin that flushes begins', async () => {
    for (const [name, fate] of Object.entries(await operate('mutant:flush-at-start'))) {
      expect(fate.status, name).to.equal('fail');
      expect(fate.message).to.match(/x\/c -> x\/a v4 TCP\/80 leaked for \d+ ms from \d+ ms on/);
      // Something may be lost too: a kernel without rules does not know whose replies are under way.
      expect(longestOf(fate, 'leak'), name).to.be.within(150, 3_000);
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
    for (const [name, fate] of Object.entries(await operate('mutant:closed-at-start'))) {
      expect(fate.status, name).to.equal('fail');
      expect(fate.message).to.match(/ was lost for \d+ ms/);
      expect(longestOf(fate, 'loss'), name).to.be.within(100, 3_000);
      expect(longestOf(fate, 'leak'), name).to.equal(0);
    }
  });
});
