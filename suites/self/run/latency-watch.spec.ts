import { AssertionError, expect } from 'chai';
import { ProbeError } from '../../../helpers/errors.ts';
import type { Run } from '../../../helpers/matrix/timeline.ts';
import { now } from '../../../helpers/probe/clock.ts';
import type { Monitor, Watch } from '../../../helpers/probe/monitor.ts';
import type { CheckContext } from '../../../helpers/run/check.ts';
import { askItself, waitUntilWanted } from '../../../helpers/run/latency/watch.ts';

const budget = 200;
const stillHold = 50;
const context = {
  patience: { budget, stillHold, signal: new AbortController().signal },
} as unknown as CheckContext;
const flow = (from: string): Watch => ({
  from,
  request: { protocol: 'TCP', host: '10.0.0.1', port: 80, family: 4, deadline: 300 },
});
const flows = [flow('x/c'), flow('y/a')];
const self = askItself('x/b');

/** What has been seen until now, by milliseconds since a change; `Infinity` is now. */
type Seen = [outcome: Run['outcome'], from: number, to: number, detail?: string][];

/** Waits for a change of so many milliseconds ago. */
const wait = (want: 'allow' | 'deny', ago: number, asked: [Seen, Seen], own: Seen) => {
  const since = now() - ago;
  const seen = new Map([
    [flows[0]!, asked[0]],
    [flows[1]!, asked[1]],
    [self, own],
  ]);
  const runsOf = (watch: Watch): Run[] =>
    (seen.get(watch) ?? []).map(([outcome, from, to, detail]) => ({
      outcome,
      from: since + from,
      to: Math.min(since + to, now()),
      ...(detail !== undefined && { detail }),
    }));
  const monitor = { runsOf, clocks: () => new Map() } as unknown as Monitor;
  return waitUntilWanted({ action: 'change', want, since }, { flows, selves: [self], monitor }, context);
};

const failureOf = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it went well');
};

const open: Seen = [['connected', -500, Infinity]];
const closed: Seen = [
  ['connected', -500, 95],
  ['dropped', 100, Infinity],
];
const prompt: Seen = [['connected', -500, Infinity, '100']];

describe('the wait for a change', function () {
  this.timeout(10_000);

  it('ends when all flows are as wanted for good, with the time of each', async () => {
    const found = await wait(
      'deny',
      1_000,
      [
        closed,
        [
          ['connected', -500, 45],
          ['refused', 50, Infinity],
        ],
      ],
      prompt,
    );
    expect(found.map(({ stable }) => Math.round(stable))).to.deep.equal([100, 50]);
  });

  it('goes on as long as a pod has not answered itself meanwhile', async () => {
    const error = await failureOf(wait('deny', 1_000, [closed, closed], [['connected', -500, 60, '100']]));
    expect(error).to.be.instanceOf(ProbeError);
    expect(error.message).to.include('pods that do not answer themselves');
  });

  it('fails a plugin that closes too late, whatever the other flows did', async () => {
    const late: Seen = [
      ['connected', -500, 295],
      ['dropped', 300, Infinity],
    ];
    const error = await failureOf(wait('deny', 1_000, [closed, late], prompt));
    expect(error).to.be.instanceOf(AssertionError);
    expect(error.message).to.equal(
      'change: not enforced 200 ms later; wanted deny: y/a -> 10.0.0.1 connected',
    );
  });

  it('fails a plugin that never closes, also where a pod has no time: an answer is an answer', async () => {
    const error = await failureOf(wait('deny', 0, [closed, open], [['error', -500, Infinity]]));
    expect(error).to.be.instanceOf(AssertionError);
  });

  it('fails one that does not open, but cannot tell where a pod has no time', async () => {
    const shut: Seen = [['dropped', -500, Infinity]];
    const wrong = await failureOf(wait('allow', 0, [open, shut], prompt));
    expect(wrong).to.be.instanceOf(AssertionError);
    expect(wrong.message).to.include('y/a -> 10.0.0.1 dropped').and.not.include('x/c');
    for (const own of [[['connected', -500, Infinity, '500']], [['connected', -500, 0, '100']]] as Seen[])
      expect(await failureOf(wait('allow', 0, [open, shut], own))).to.be.instanceOf(ProbeError);
  });

  it('cannot tell of a flow that nothing was told of', async () => {
    const error = await failureOf(wait('deny', 0, [closed, []], prompt));
    expect(error).to.be.instanceOf(ProbeError);
    expect(error.message).to.include('y/a -> 10.0.0.1 not told').and.not.include('x/c');
  });
});
