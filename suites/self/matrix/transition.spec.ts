import { expect } from 'chai';
import type { Run } from '../../../helpers/matrix/timeline.ts';
import { transitionOf } from '../../../helpers/matrix/transition.ts';

const run = (outcome: Run['outcome'], from: number, to: number): Run => ({ outcome, from, to });
const since = 1_000;
const hold = 200;
const of = (want: 'allow' | 'deny', ...runs: Run[]) => transitionOf(want, runs, { since, hold });

describe('a transition', () => {
  it('is the first probe that met the other verdict, and was at most as much earlier as the probe before', () => {
    const runs = [run('connected', 0, 1_095), run('dropped', 1_100, 1_400)];
    expect(of('deny', ...runs)).to.deep.equal({ first: 100, stable: 100, resolution: 5 });
    const back = [run('dropped', 0, 1_020), run('connected', 1_030, 1_400)];
    expect(of('allow', ...back)).to.deep.equal({ first: 30, stable: 30, resolution: 10 });
  });

  it('is for good only after the last probe that met something else', () => {
    const runs = [
      run('connected', 0, 1_095),
      run('refused', 1_100, 1_145),
      run('connected', 1_150, 1_195),
      run('dropped', 1_200, 1_400),
    ];
    expect(of('deny', ...runs)).to.deep.equal({ first: 100, stable: 200, resolution: 5 });
  });

  it('is none before it has held, nor where it ended again', () => {
    expect(of('deny', run('connected', 0, 1_095), run('dropped', 1_100, 1_299))).to.equal(undefined);
    expect(
      of('deny', run('connected', 0, 1_095), run('dropped', 1_100, 1_400), run('connected', 1_405, 1_405)),
    ).to.equal(undefined);
    expect(of('allow')).to.equal(undefined);
    // What was seen before the change says nothing of it.
    expect(of('deny', run('dropped', 0, 999))).to.equal(undefined);
    expect(of('deny', run('dropped', 0, 1_199))).to.equal(undefined);
  });

  it('takes what could not be told for neither verdict, and knows that much less', () => {
    const runs = [run('connected', 0, 1_050), run('error', 1_055, 1_100), run('dropped', 1_105, 1_400)];
    expect(of('deny', ...runs)).to.deep.equal({ first: 105, stable: 105, resolution: 55 });
    const unsure = [run('error', 0, 1_100), run('dropped', 1_105, 1_400)];
    expect(of('deny', ...unsure)).to.deep.equal({ first: 105, stable: 105, resolution: 105 });
    for (const outcome of ['error', 'handshake'] as const) {
      expect(of('allow', run(outcome, 0, 2_000)), outcome).to.equal(undefined);
      expect(of('deny', run(outcome, 0, 2_000)), outcome).to.equal(undefined);
    }
    // A connection that opens is a leak whether the pod answers or not.
    const late = [run('handshake', 0, 1_050), run('dropped', 1_060, 1_400)];
    expect(of('deny', ...late)).to.deep.equal({ first: 60, stable: 60, resolution: 10 });
  });

  it('is known as badly as the worse of its ends', () => {
    const runs = [
      run('connected', 0, 1_020),
      run('dropped', 1_100, 1_145),
      run('connected', 1_150, 1_195),
      run('dropped', 1_200, 1_400),
    ];
    expect(of('deny', ...runs)).to.deep.equal({ first: 100, stable: 200, resolution: 80 });
  });

  it('has held only while the pod served', () => {
    const runs = [run('refused', 1_010, 1_300)];
    const watched = { since, heldFrom: 1_200, hold };
    expect(transitionOf('deny', runs, watched)).to.equal(undefined);
    const leaking = [...runs, run('connected', 1_305, 1_395), run('dropped', 1_400, 1_700)];
    expect(transitionOf('deny', leaking, watched)).to.deep.equal({ first: 10, stable: 400, resolution: 10 });
  });

  it('took no time where the flow was as wanted when the change was accepted, as far as that was seen', () => {
    expect(of('deny', run('connected', 0, 990), run('dropped', 995, 1_400))).to.deep.equal({
      first: 0,
      stable: 0,
      resolution: 0,
    });
    expect(of('deny', run('dropped', 1_018, 1_400))).to.deep.equal({ first: 0, stable: 0, resolution: 18 });
  });
});
