import { expect } from 'chai';
import { lateness } from '../../../helpers/reference/mutants-restart.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

const name = 'latency/10-policies-9-pods';
const changes = ['apply policy', 'delete policy', 'label pod', 'unlabel pod'];
const starts = ['start isolated pod', 'start isolated pod, reaching out', 'start admitted pod'];

const measure = async (plugin: string): Promise<{ output: string; found: CaseRecord }> => {
  await using folder = await temporaryFolder();
  const flags = ['--provider', 'lab', '--plugin', plugin, '--output', folder.path];
  const { output } = await runNetpol(['run', name, ...flags]);
  const { cases } = await readRecord(folder.path);
  expect(cases.map((each) => each.name)).to.deep.equal([name]);
  return { output, found: cases[0]! };
};

const timesOf = ({ steps }: CaseRecord, action: string): number[] =>
  steps
    .filter((step) => step.action === action)
    .map(({ settleMs }) => settleMs.allow ?? settleMs.deny ?? Number.NaN)
    .toSorted((one, other) => one - other);

describe('the latency profile in the lab', function () {
  this.timeout(240_000);

  it('times a plugin that is late by as much as it is', async () => {
    const { output, found } = await measure('mutant:late');
    expect(found.status, found.message).to.equal('pass');
    expect(new Set(found.steps.map(({ action }) => action))).to.have.all.keys(...changes, ...starts);
    for (const action of changes) {
      const times = timesOf(found, action);
      const median = times[Math.floor(times.length / 2)];
      expect(median, action).to.be.within(lateness - 50, lateness + 400);
      expect(output).to.match(new RegExp(`^  ${action} .* ms +\\d+$`, 'm'));
    }
    // Its rules for a pod that starts are as late: it is reachable until then, and reaches out.
    for (const action of starts.slice(0, 2))
      expect(timesOf(found, action).at(-1), action).to.be.within(lateness - 300, lateness + 1_000);
    for (const { settleMs, firstMs, resolutionMs } of found.steps) {
      const [first, all] = [firstMs, settleMs].map((each) => each?.allow ?? each?.deny);
      expect(first).to.be.at.most(all!);
      expect(resolutionMs).to.be.at.least(0);
    }
  });

  it('fails a plugin that does nothing', async () => {
    const { found } = await measure('none');
    expect(found.status).to.equal('fail');
    expect(found.message).to.match(/^apply policy: not enforced 5000 ms later; wanted deny: y\/a -> 10\./);
  });
});
