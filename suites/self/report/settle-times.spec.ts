import { expect } from 'chai';
import { readSettleTimes } from '../../../helpers/report/settle-times.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';

const caseOf = (...settled: CaseRecord['steps'][number]['settleMs'][]): Pick<CaseRecord, 'steps'> => ({
  steps: settled.map((settleMs) => ({
    ...{ action: 'apply p', line: 1, settleMs, rounds: 3, retries: 0, grids: [] },
  })),
});

describe('times to settle', () => {
  it('are percentiles by the nearest rank, apart for what opens and what closes', () => {
    const times = Array.from({ length: 200 }, (_, index) => ({ deny: 200 - index }));
    expect(
      readSettleTimes([caseOf(...times.slice(0, 90)), caseOf({ allow: 7 }, ...times.slice(90))]),
    ).to.deep.equal({
      allow: { p50Ms: 7, p90Ms: 7, p99Ms: 7, maxMs: 7, steps: 1 },
      deny: { p50Ms: 100, p90Ms: 180, p99Ms: 198, maxMs: 200, steps: 200 },
    });
  });

  it('are absent where nothing settled', () => {
    expect(readSettleTimes([caseOf({}), caseOf()])).to.deep.equal({});
  });
});
