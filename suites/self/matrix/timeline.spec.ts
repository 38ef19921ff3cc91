import { expect } from 'chai';
import { judgeFlow } from '../../../helpers/report/monitor-record.ts';
import {
  longestOf,
  stretchesOf,
  totalOf,
  type MonitorOutcome,
  type Run,
} from '../../../helpers/matrix/timeline.ts';

const window = { from: 0, to: 1000, interval: 20, promptness: 40, exchange: 20, aliveUntil: 1000 };
/** Probes at each 20 ms, each line `outcome from to` with the first and the last of a run. */
const runs = (...lines: string[]): Run[] =>
  lines.map((line) => {
    const [outcome, from, to, ...detail] = line.split(' ');
    return {
      outcome: outcome as MonitorOutcome,
      from: Number(from),
      to: Number(to),
      ...(detail.length > 0 && { detail: detail.join(' ') }),
    };
  });
const alive = runs('connected 0 1000');
const told = (want: 'allow' | 'deny', met: Run[], self: Run[] = alive): string[] =>
  stretchesOf(want, met, [self], window).map(
    ({ what, from, to, detail }) => `${what} ${from} ${to} ${detail}`,
  );

describe('The timeline of a flow', () => {
  it('is empty where it is as wanted all the time', () => {
    expect(told('allow', runs('connected 0 1000'))).to.deep.equal([]);
    expect(told('deny', runs('dropped 0 500', 'refused 520 1000'))).to.deep.equal([]);
  });

  it('is blind where nothing was told, however short that was', () => {
    for (const to of [30, 1000])
      expect(stretchesOf('deny', [], [alive], { ...window, to })).to.deep.equal([
        { what: 'blind', from: 0, to, detail: 'no probe' },
      ]);
  });

  it('has a loss from the first probe that is lost to the first that is not', () => {
    const met = runs('connected 0 380', 'dropped 400 540', 'connected 560 1000');
    expect(told('allow', met)).to.deep.equal(['loss 400 560 dropped']);
  });

  it('has a leak from the first probe that gets through to the first that does not', () => {
    const met = runs('dropped 0 380', 'connected 400 540', 'dropped 560 1000');
    expect(told('deny', met)).to.deep.equal(['leak 400 560 connected']);
  });

  it('joins what is lost in different ways', () => {
    const met = runs('connected 0 80', 'dropped 100 180', 'refused 200 280', 'connected 300 1000');
    expect(told('allow', met)).to.deep.equal(['loss 100 300 dropped']);
  });

  it('takes a handshake without an answer for a leak, and cannot tell whether it is a loss', () => {
    expect(told('deny', runs('dropped 0 80', 'handshake 100 100', 'dropped 120 1000'))).to.deep.equal([
      'leak 100 120 handshake',
    ]);
    expect(told('allow', runs('connected 0 80', 'handshake 100 100', 'connected 120 1000'))).to.deep.equal([
      'blind 100 120 it opened and brought no answer',
    ]);
    const [, doubtful] = stretchesOf(
      'allow',
      runs('connected 0 80', 'error 100 100', 'handshake 120 140', 'connected 160 1000'),
      [alive],
      window,
    );
    expect(doubtful).to.deep.include({ from: 120, to: 160, mayBeLoss: true });
    const limits = { lossMs: 30, leakMs: 0, blindMs: 1000 };
    expect(judgeFlow({ stretches: [doubtful!] }, limits)).to.equal('error');
    expect(judgeFlow({ stretches: [doubtful!] }, { ...limits, lossMs: 40 })).to.equal('pass');
    // What is out of sight for one reason and then for another is so all the time.
    const long = stretchesOf(
      'allow',
      runs('error 0 180', 'handshake 200 380', 'error 400 580', 'connected 600 1000'),
      [alive],
      window,
    );
    expect(long).to.have.length(3);
    expect(judgeFlow({ stretches: long }, { lossMs: 500, leakMs: 0, blindMs: 500 })).to.equal('error');
    expect(judgeFlow({ stretches: long }, { lossMs: 500, leakMs: 0, blindMs: 600 })).to.equal('pass');
  });

  it('takes a handshake for a leak also where the pod does not answer itself', () => {
    const busy = runs('connected 0 100', 'connected 200 1000');
    const open = runs('dropped 0 80', 'handshake 100 180', 'dropped 200 1000');
    expect(told('deny', open, busy)).to.deep.equal([
      'blind 80 100 a pod at its ends does not answer itself in time',
      'leak 100 200 handshake',
      'blind 200 220 a pod at its ends does not answer itself in time',
    ]);
  });

  it('bears a pod that is late, as far as the silence is longer than it may be', () => {
    const met = runs('connected 0 80', 'dropped 100 180', 'connected 200 1000');
    const late = runs('connected 0 80', 'connected 200 1000');
    const patient = { ...window, promptness: 150 };
    expect(stretchesOf('allow', met, [late], patient)).to.deep.equal([
      { what: 'loss', from: 100, to: 200, detail: 'dropped' },
    ]);
    expect(told('allow', met, late)).to.deep.equal([
      'blind 100 200 a pod at its ends does not answer itself in time',
    ]);
  });

  it('is about nothing before it began', () => {
    const early = runs('connected -300 -280', 'connected -100 1000');
    expect(told('allow', early)).to.deep.equal([]);
    expect(told('deny', runs('dropped -300 1000'), early)).to.deep.equal([]);
  });

  it('is blind where probes are missing for more than two intervals', () => {
    expect(told('allow', runs('connected 0 400', 'connected 440 1000'))).to.deep.equal([]);
    expect(told('allow', runs('connected 0 400', 'connected 460 1000'))).to.deep.equal([
      'blind 420 460 no probe',
    ]);
  });

  it('is blind before the first probe, after the last and where none came', () => {
    expect(told('deny', runs('dropped 200 800'))).to.deep.equal([
      'blind 0 200 no probe',
      'blind 820 1000 no probe',
    ]);
    expect(told('allow', [])).to.deep.equal(['blind 0 1000 no probe']);
  });

  it('is blind where a probe could not tell', () => {
    const met = runs('connected 0 80', 'error 100 180 EADDRNOTAVAIL', 'connected 200 1000');
    expect(told('allow', met)).to.deep.equal(['blind 100 200 EADDRNOTAVAIL']);
  });

  it('is blind where the asked pod is silent to itself, whatever is wanted', () => {
    const self = runs('connected 0 380', 'dropped 400 480', 'connected 500 1000');
    const met = runs('connected 0 380', 'dropped 400 600', 'connected 620 1000');
    expect(told('allow', met, self)).to.deep.equal([
      'blind 400 520 a pod at its ends does not answer itself in time',
      'loss 520 620 dropped',
    ]);
    expect(told('deny', runs('dropped 0 1000'), self)).to.deep.equal([
      'blind 360 520 a pod at its ends does not answer itself in time',
    ]);
  });

  it('is blind where the asked pod falls silent after the end, before the last probes had their answer', () => {
    const met = runs('connected 0 960', 'dropped 980 1000');
    const patient = { ...window, exchange: 100, aliveUntil: 1120 };
    const tell = (self: Run[]) => stretchesOf('allow', met, [self], patient).map(({ what }) => what);
    expect(tell(runs('connected 0 1000', 'dropped 1020 1100'))).to.deep.equal(['blind']);
    expect(tell(runs('connected 0 1000'))).to.deep.equal(['blind']);
    expect(tell(runs('connected 0 1120'))).to.deep.equal(['loss']);
  });

  it('is not blind where a silent pod lets connections in', () => {
    const self = runs('dropped 0 1000');
    expect(told('allow', runs('connected 0 1000'), self)).to.deep.equal([]);
    expect(told('deny', runs('connected 0 1000'), self)).to.deep.equal(['leak 0 1000 connected']);
  });

  it('ends with the window, and begins with it', () => {
    expect(told('deny', runs('connected -200 1400'))).to.deep.equal(['leak 0 1000 connected']);
  });

  it('is summed up by its longest stretch and by all of them', () => {
    const met = runs(
      'connected 0 80',
      'dropped 100 180',
      'connected 200 280',
      'dropped 300 480',
      'connected 500 1000',
    );
    const stretches = stretchesOf('allow', met, [alive], window);
    expect([longestOf(stretches), totalOf(stretches)]).to.deep.equal([200, 300]);
    expect([longestOf([]), totalOf([])]).to.deep.equal([0, 0]);
  });
});
