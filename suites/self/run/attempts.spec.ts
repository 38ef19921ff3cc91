import { expect } from 'chai';
import { proveUntilSeen } from '../../../helpers/run/attempts.ts';
import type { Checked } from '../../../helpers/run/check.ts';

const seen = (status: 'pass' | 'fail' | 'error', cause?: Checked['cause']): Checked => ({
  record: {
    ...{ name: 'x', title: 'x', file: 'x', spec: 'x', features: [], durationMs: 1, status },
    steps: [
      {
        ...{ action: 'apply x', line: 1, settleMs: {}, rounds: 3, retries: 0, grids: [] },
        operation: {
          ...{ attempt: 1, fromMs: 0, toMs: 1, endMs: 2, intervalMs: 20, watched: 1, flows: [] },
          limits: { lossMs: 0, leakMs: 0, blindMs: 1000 },
        },
      },
    ],
  },
  evidence: {},
  ...(cause !== undefined && { cause }),
});

describe('A scenario whose changes are watched', () => {
  /** The status in the end, how often it was proved, and of which attempt the record is. */
  const prove = async (
    results: readonly Checked[],
    signal = new AbortController().signal,
  ): Promise<[string, number, number | undefined]> => {
    let attempts = 0;
    const { record } = await proveUntilSeen(async () => results[(attempts += 1) - 1]!, signal);
    return [record.status, attempts, record.steps[0]?.operation?.attempt];
  };

  it('is proved again while a change was out of sight, three times at most', async () => {
    const blind = (): Checked => seen('error', 'blind');
    expect(await prove([blind(), seen('pass')])).to.deep.equal(['pass', 2, 2]);
    expect(await prove([blind(), seen('fail')])).to.deep.equal(['fail', 2, 2]);
    expect(await prove([blind(), blind(), blind(), seen('pass')])).to.deep.equal(['error', 3, 3]);
  });

  it('is proved once where something was told, or something else stood in the way', async () => {
    expect(await prove([seen('pass')])).to.deep.equal(['pass', 1, 1]);
    expect(await prove([seen('fail'), seen('pass')])).to.deep.equal(['fail', 1, 1]);
    expect(await prove([seen('error', 'cluster'), seen('pass')])).to.deep.equal(['error', 1, 1]);
  });

  it('is not proved again in a run that ends', async () => {
    expect(await prove([seen('error', 'blind'), seen('pass')], AbortSignal.abort())).to.deep.equal([
      'error',
      1,
      1,
    ]);
  });
});
