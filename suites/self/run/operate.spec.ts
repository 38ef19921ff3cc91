import { expect } from 'chai';
import { BlindError, ProbeError } from '../../../helpers/errors.ts';
import type { OperationRecord } from '../../../helpers/report/record.ts';
import { refuseOutOfSight } from '../../../helpers/run/operate.ts';
import type { Step } from '../../../helpers/scenario/scenario.ts';

const operation: OperationRecord = {
  ...{ attempt: 1, fromMs: 500, toMs: 3_000, endMs: 3_500, intervalMs: 20, watched: 1 },
  limits: { lossMs: 0, leakMs: 0, blindMs: 1_000 },
  flows: [
    {
      ...{ from: 'x/a', to: 'x/b', probe: 'v4 TCP/80', connection: 'new', want: 'deny' },
      stretches: [{ what: 'blind', from: 600, to: 2_000, detail: 'no probe' }],
    },
  ],
};
const limits = { lossMs: 0, leakMs: 0 };
const step = (action: Step['action']): Step => ({ action, expect: [], line: 1 });
const complaintOf = (action: Step['action']): unknown => {
  try {
    refuseOutOfSight(step(action), 1, operation);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('an operation that was out of sight', () => {
  it('was tried again in place, and is an error', () => {
    const error = complaintOf({ verb: 'kill', part: 'plugin', limits });
    expect(error).to.be.instanceOf(ProbeError).and.not.instanceOf(BlindError);
  });

  it('is tried again from the beginning where it makes a change that a plugin can miss only once', () => {
    const meanwhile = { verb: 'delete', policies: [] } as const;
    const error = complaintOf({
      ...{ verb: 'outage', part: 'plugin', nodeOf: 'x/b', limits },
      meanwhile: { ...meanwhile, policies: [] },
    });
    expect(error).to.be.instanceOf(BlindError);
  });
});
