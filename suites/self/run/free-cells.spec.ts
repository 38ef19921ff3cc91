import { expect } from 'chai';
import { compareMatrices } from '../../../helpers/matrix/compare.ts';
import type { Outcome, ProbeKind } from '../../../helpers/matrix/matrix.ts';
import { watchFreeCells } from '../../../helpers/run/free-cells.ts';
import type { GridSeen } from '../../../helpers/run/observe.ts';

const gridOf = (free: Outcome, traffic?: ProbeKind['traffic']): GridSeen => {
  const names = { rows: ['x/a'], columns: ['x/b', 'x/c'] };
  const want = { ...names, cells: ['undefined' as const, 'deny' as const] };
  const got = {
    ...names,
    cells: [
      { outcome: free, milliseconds: 1 },
      { outcome: 'dropped' as const, milliseconds: 1 },
    ],
  };
  const kind: ProbeKind = {
    target: 'pod',
    family: 'IPv4',
    protocol: 'TCP',
    port: 80,
    ...(traffic && { traffic }),
  };
  return { kind, want, got, comparison: compareMatrices(want, got) };
};

const outcomes = (rounds: readonly (readonly [GridSeen, boolean])[]): Outcome[] => {
  const freeCells = watchFreeCells();
  for (const [grid, isAsWanted] of rounds) freeCells.watch([grid], isAsWanted);
  return freeCells.of(rounds.at(-1)![0]).got.cells.map(({ outcome }) => outcome);
};

describe('free cells', () => {
  it('are closed where they answered before the last two rounds only: they closed after what is wanted closed', () => {
    expect(
      outcomes([
        [gridOf('connected'), true],
        [gridOf('dropped'), true],
        [gridOf('dropped'), true],
      ]),
    ).to.deep.equal(['dropped', 'dropped']);
  });

  it('are open where they answered in one of the last two rounds that hold', () => {
    expect(
      outcomes([
        [gridOf('connected'), true],
        [gridOf('dropped'), true],
      ]),
    ).to.deep.equal(['connected', 'dropped']);
  });

  it('forget what they answered before the rounds that hold', () => {
    expect(
      outcomes([
        [gridOf('connected'), true],
        [gridOf('dropped'), false],
        [gridOf('dropped'), true],
      ]),
    ).to.deep.equal(['dropped', 'dropped']);
    expect(
      outcomes([
        [gridOf('connected'), false],
        [gridOf('dropped'), true],
      ]),
    ).to.deep.equal(['dropped', 'dropped']);
  });

  it('are as the last round saw them where they are asked patiently', () => {
    expect(
      outcomes([
        [gridOf('connected', 'established'), true],
        [gridOf('dropped', 'established'), true],
      ]),
    ).to.deep.equal(['dropped', 'dropped']);
  });
});
