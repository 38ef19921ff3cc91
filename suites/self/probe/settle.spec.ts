import { expect } from 'chai';
import { settle, type SettleOptions } from '../../../helpers/probe/settle.ts';

const options: SettleOptions = { rounds: 3, interval: 1, hold: () => 0, budget: 5_000, inFlight: 4 };
/** For what does not settle: a busy machine may need longer than this for what does. */
const brief: SettleOptions = { ...options, budget: 30 };

/** Rounds that answer with these values in turn, the last one for ever. */
const rounds = (...values: string[]): (() => Promise<string>) => {
  let index = 0;
  return () => Promise.resolve(values[Math.min(index++, values.length - 1)] as string);
};
const isDeny = (seen: string): boolean => seen === 'deny';

describe('settle', () => {
  it('ends after enough matching rounds in a row', async () => {
    const settled = await settle(rounds('open', 'open', 'deny'), isDeny, options);
    expect(settled).to.deep.equal({ held: true, last: 'deny', rounds: 5, retries: 2 });
  });

  it('does not take a passing moment for a result', async () => {
    const settled = await settle(rounds('open', 'deny', 'deny', 'open', 'deny'), isDeny, options);
    expect(settled).to.include({ held: true, rounds: 7, retries: 4 });
  });

  it('gives up when the budget is over, and says what it saw last', async () => {
    const settled = await settle(rounds('open'), isDeny, brief);
    expect(settled).to.include({ held: false, last: 'open' });
    expect(settled.retries).to.equal(settled.rounds);
  });

  it('goes on for a while after the budget where nothing could be told, and takes the next that can', async () => {
    const isTold = (seen: string): boolean => seen !== 'unknown';
    const began = performance.now();
    const answer = async (): Promise<string> => (performance.now() - began > 100 ? 'open' : 'unknown');
    const settled = await settle(answer, isDeny, brief, () => {}, isTold);
    expect(settled).to.include({ held: false, last: 'open' });
  });

  it('gives up at last where nothing is ever told', async () => {
    const settled = await settle(
      rounds('unknown'),
      isDeny,
      brief,
      () => {},
      () => false,
    );
    expect(settled).to.include({ held: false, last: 'unknown' });
  });

  it('never settles on something that flaps', async () => {
    let index = 0;
    const flapping = (): Promise<string> => Promise.resolve(index++ % 3 === 2 ? 'open' : 'deny');
    expect(await settle(flapping, isDeny, brief)).to.include({ held: false });
  });

  it('holds a match for the whole window', async () => {
    const starts: number[] = [];
    await settle(rounds('deny'), isDeny, { ...options, hold: () => 40 }, (_, startedAt) =>
      starts.push(startedAt),
    );
    expect(starts.at(-1)! - starts[0]!).to.be.at.least(40);
  });

  it('looks less often once enough rounds have matched, but to the end of the window', async () => {
    const starts: number[] = [];
    // So long that a busy machine misses few of the looks.
    const hold = (): number => 1_000;
    const settled = await settle(rounds('deny'), isDeny, { ...options, hold }, (_, at) => starts.push(at));
    expect(settled.rounds).to.be.within(6, 16);
    expect(starts.at(-1)! - starts[0]!).to.be.at.least(1_000);
    const gaps = starts.slice(1).map((start, index) => start - starts[index]!);
    expect(Math.max(...gaps)).to.be.at.least(1_000 / 5);
  });

  it('reads overlapping rounds in the order of their starts', async () => {
    const seen: string[] = [];
    let index = 0;
    const slowFirst = async (): Promise<string> => {
      const mine = index++;
      await new Promise((resolve) => setTimeout(resolve, mine === 0 ? 20 : 1));
      return mine === 0 ? 'open' : 'deny';
    };
    await settle(slowFirst, isDeny, options, (value) => seen.push(value));
    expect(seen.slice(0, 2)).to.deep.equal(['open', 'deny']);
  });

  it('starts no more rounds than are needed, however long each takes', async () => {
    let started = 0;
    const slow = async (): Promise<string> => {
      started += 1;
      await new Promise((resolve) => setTimeout(resolve, 40));
      return 'deny';
    };
    expect(await settle(slow, isDeny, options)).to.include({ held: true, rounds: 3 });
    expect(started).to.equal(3);
  });

  it('starts further rounds as soon as one of those under way does not match', async () => {
    let started = 0;
    const slow = async (): Promise<string> => {
      started += 1;
      const mine = started;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return mine === 3 ? 'open' : 'deny';
    };
    expect(await settle(slow, isDeny, { ...options, inFlight: 3 })).to.include({
      held: true,
      rounds: 6,
      retries: 3,
    });
    expect(started).to.equal(6);
  });

  it('passes on what a round throws', async () => {
    const broken = (): Promise<string> => Promise.reject(new Error('the stream is gone'));
    let thrown = '';
    await settle(broken, isDeny, options).catch((error: Error) => (thrown = error.message));
    expect(thrown).to.equal('the stream is gone');
  });
});
