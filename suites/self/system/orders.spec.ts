import { expect } from 'chai';
import type { Journey, Move } from '../../../helpers/system/moves.ts';
import { distinctOrders, orderByRank, worstOrders } from '../../../helpers/system/orders.ts';
import type { Violation } from '../../../helpers/system/upgrade.ts';

const moves = ['dns', 'monitoring', 'console', 'etcd'].map((component): Move => ({
  component,
  what: 'release',
}));
/** Console waits for dns, and etcd for console. */
const journey: Journey = {
  moves,
  before: [[], [], [0], [2]],
  placementAt: () => ({ deliveries: new Map(), modeOf: () => 'restricted' }),
  deliveriesOf: () => [undefined, undefined],
};
const wrongAfter = (...numbers: number[]): Violation => ({
  link: {
    ...{ kind: 'needed', from: 'x/a', to: 'y/a', protocol: 'TCP', port: 80 },
    ...{ why: '', file: '', line: 1 },
  },
  ...{ kind: 'loss', reason: '', blame: [] },
  order: numbers.map((number) => moves[number]!),
});

describe('orders of moves', () => {
  it('are those of their ranks, but that each comes after those that it waits for', () => {
    expect(orderByRank([0, 1, 2, 3], journey)).to.deep.equal([0, 1, 2, 3]);
    expect(orderByRank([3, 2, 1, 0], journey)).to.deep.equal([1, 0, 2, 3]);
  });

  it('begin, where they are the worst, with what leads to it, and go to the end', () => {
    expect(worstOrders([wrongAfter(1), wrongAfter(0, 2)], journey)).to.deep.equal([
      [1, 0, 2, 3],
      [0, 2, 1, 3],
    ]);
  });

  it('are made once where they are the same at the end, and not at all for what is wrong from the start', () => {
    expect(worstOrders([wrongAfter(1), wrongAfter(1, 0), wrongAfter()], journey)).to.deep.equal([
      [1, 0, 2, 3],
    ]);
    expect(
      distinctOrders([
        [1, 0],
        [0, 1],
        [1, 0],
      ]),
    ).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
  });
});
