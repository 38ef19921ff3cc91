import { expect } from 'chai';
import { formatLatency } from '../../../helpers/report/latency.ts';
import type { StepRecord } from '../../../helpers/report/record.ts';

const step = (action: string, want: 'allow' | 'deny', first: number, stable: number): StepRecord => ({
  ...{ action, line: 1, rounds: 0, retries: 0, grids: [] },
  settleMs: { [want]: stable },
  firstMs: { [want]: first },
  resolutionMs: 5,
});

describe('what a run measured', () => {
  it('is told for each change, in less than 100 columns', () => {
    const applied = Array.from({ length: 100 }, (_, index) =>
      step('apply policy', 'deny', index, index + 10),
    );
    const lines = formatLatency([
      {
        name: 'latency/10-policies-9-pods',
        steps: [...applied, step('start pod, reaching out', 'allow', 0, 0)],
      },
    ]);
    expect(lines).to.deep.equal([
      'latency/10-policies-9-pods              first  all p50      p90      p99      max   within    times',
      '  apply policy                          49 ms    59 ms    99 ms   108 ms   109 ms     5 ms      100',
      '  start pod, reaching out                0 ms     0 ms     0 ms     0 ms     0 ms     5 ms        1',
      '',
    ]);
  });

  it('is nothing where nothing was', () => {
    const { resolutionMs, ...plain } = step('apply policy', 'deny', 1, 2);
    expect(resolutionMs).to.equal(5);
    expect(formatLatency([{ name: 'network-policy/peers/every', steps: [plain] }])).to.deep.equal([]);
  });
});
