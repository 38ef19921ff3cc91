import { expect } from 'chai';
import type { Outcome, Traffic } from '../../../helpers/matrix/matrix.ts';
import { watchCuts } from '../../../helpers/run/cuts.ts';
import type { GridSeen } from '../../../helpers/run/observe.ts';

/** A grid of x/a to x/b and x/c in which these outcomes were seen. */
const seen = (outcomes: readonly Outcome[], traffic: Traffic = 'established'): GridSeen => {
  const shape = { rows: ['x/a'], columns: ['x/b', 'x/c'] };
  return {
    kind: { target: 'pod', family: 'IPv4', protocol: 'TCP', port: 80, traffic },
    want: { ...shape, cells: ['undefined', 'undefined'] },
    got: { ...shape, cells: outcomes.map((outcome) => ({ outcome, milliseconds: 1 })) },
    comparison: { differing: [], unknown: [], uncharacterised: [] },
  };
};

/** Rounds of 10 ms each: `c` connected, `d` dropped, `r` refused, `e` error, for the two cells. */
const cutMs = (...rounds: string[]): number | undefined => {
  const outcomeOf: Record<string, Outcome> = { c: 'connected', d: 'dropped', r: 'refused', e: 'error' };
  const cuts = watchCuts();
  const grids = rounds.map((round) => seen(round.split('').map((letter) => outcomeOf[letter] ?? 'error')));
  for (const [index, grid] of grids.entries()) cuts.watch([grid], index * 10);
  return cuts.of(grids.at(-1) as GridSeen).cutMs;
};

describe('the time until connections were cut', () => {
  it('is that of the first round without an answer', () => {
    expect(cutMs('cc', 'cc', 'dc', 'dc')).to.equal(20);
    expect(cutMs('rc', 'rc')).to.equal(0);
  });

  it('is that of the last of several', () => {
    expect(cutMs('cc', 'dc', 'dc', 'dr')).to.equal(30);
  });

  it('begins anew where an answer came in between, and neither begins nor ends where nothing is known', () => {
    expect(cutMs('dc', 'cc', 'dc', 'dc')).to.equal(20);
    expect(cutMs('dc', 'ec', 'dc', 'dc')).to.equal(0);
    expect(cutMs('cc', 'ec', 'dc', 'dc')).to.equal(20);
  });

  it('is none where none was cut in the end', () => {
    expect(cutMs('cc', 'cc')).to.equal(undefined);
    expect(cutMs('dc', 'cc')).to.equal(undefined);
  });

  it('is none of other traffic', () => {
    const cuts = watchCuts();
    const grid = seen(['dropped', 'dropped'], 'fragmented');
    cuts.watch([grid], 0);
    expect(cuts.of(grid)).to.deep.equal({});
  });
});
