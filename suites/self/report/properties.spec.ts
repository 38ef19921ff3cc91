import { expect } from 'chai';
import type { Expectation, Outcome } from '../../../helpers/matrix/matrix.ts';
import { readProperties } from '../../../helpers/report/properties.ts';
import type { CaseRecord, GridRecord } from '../../../helpers/report/record.ts';
import { samples } from './samples.ts';

/** A grid of one row; each cell is what was wanted and what was seen. */
const gridOf = (probe: string, cells: readonly (readonly [Expectation, Outcome])[]): GridRecord => ({
  probe,
  rows: ['x/a'],
  columns: cells.map((_, index) => `y/${index}`),
  want: cells.map(([want]) => want),
  got: cells.map(([, outcome]) => ({ outcome, milliseconds: 1 })),
  differing: [],
});

const caseOf = (name: string, grids: GridRecord[], changes: Partial<CaseRecord> = {}): CaseRecord => ({
  ...samples.pass,
  name,
  steps: [{ action: 'apply p', line: 1, settleMs: {}, rounds: 3, retries: 0, grids }],
  ...changes,
});

const told = (...cases: CaseRecord[]): Record<string, string> =>
  Object.fromEntries(readProperties(cases).map(({ name, value }) => [name, value]));

describe('properties of a plugin', () => {
  it('are told in the word for open or closed by the free cells alone', () => {
    const grid = (outcome: Outcome): GridRecord =>
      gridOf('v4 ICMP', [
        ['undefined', outcome],
        ['allow', 'connected'],
        ['ignored', 'error'],
      ]);
    expect(told(caseOf('a', [grid('connected')], { property: 'icmp' }))).to.deep.equal({ icmp: 'allowed' });
    expect(told(caseOf('a', [grid('dropped')], { property: 'icmp' }))).to.deep.equal({ icmp: 'denied' });
    expect(told(caseOf('a', [grid('refused')], { property: 'icmp' }))).to.deep.equal({ icmp: 'denied' });
  });

  it('are mixed where cells or cases disagree, with their numbers', () => {
    const open = caseOf('a', [gridOf('v4 ICMP', [['undefined', 'connected']])], { property: 'icmp' });
    const closed = caseOf('b', [gridOf('v6 ICMP', [['undefined', 'dropped']])], { property: 'icmp' });
    const [icmp] = readProperties([open, closed, closed]);
    expect(icmp).to.deep.include({ value: 'mixed: allowed 1, denied 2', cases: ['a', 'b', 'b'] });
  });

  it('are not told by cases that failed, erred or were skipped', () => {
    const grids = [gridOf('v4 ICMP', [['undefined', 'connected']])];
    for (const status of ['fail', 'error', 'skip'] as const)
      expect(told(caseOf('a', grids, { property: 'icmp', status }))).to.deep.equal({});
  });

  it('are not told by cells of which nothing could be told', () => {
    const grids = [gridOf('v4 ICMP', [['undefined', 'error']])];
    expect(told(caseOf('a', grids, { property: 'icmp' }))).to.deep.equal({});
  });

  it('carry the longest time until something was cut', () => {
    const cut = (cutMs: number): GridRecord => ({
      ...gridOf('v4 established TCP/80', [['undefined', 'dropped']]),
      cutMs,
    });
    expect(
      readProperties([caseOf('a', [cut(12), cut(40)], { property: 'established-tcp' })])[0],
    ).to.deep.equal({ name: 'established-tcp', value: 'cut', cases: ['a'], cutMs: 40 });
  });

  it('tell drop from reject by denied cells of IPv4 where there are any', () => {
    const v4 = (outcome: Outcome): GridRecord => gridOf('v4 TCP/80', [['deny', outcome]]);
    const v6 = gridOf('v6 TCP/80', [['deny', 'dropped']]);
    expect(told(caseOf('a', [v4('dropped'), v6]))).to.deep.equal({ deny: 'drop' });
    expect(told(caseOf('a', [v4('refused'), v6]))).to.deep.equal({ deny: 'reject' });
    expect(told(caseOf('a', [v6]))).to.deep.equal({ deny: 'drop' });
    const service = gridOf('v4 service TCP/80', [['deny', 'refused']]);
    expect(told(caseOf('a', [v4('dropped'), service]))).to.deep.equal({ deny: 'drop' });
    expect(told(caseOf('a', [v4('refused'), v4('dropped')]))).to.deep.equal({
      deny: 'mixed: drop 1, reject 1',
    });
  });
});
