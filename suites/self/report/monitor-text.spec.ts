import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { exitCodeOfMonitor, judgeFlow } from '../../../helpers/report/monitor-record.ts';
import { formatMonitor, formatMonitorProgress } from '../../../helpers/report/monitor-text.ts';
import { expectGolden } from './golden.ts';
import { many, monitorRecords, right } from './monitor-samples.ts';

const exitCodes = { pass: 0, fail: 1, borne: 0, error: 2, 'failed-command': 2, all: 2, many: 1, nothing: 2 };

describe('the verdict about a flow', () => {
  const limits = { lossMs: 500, leakMs: 0, blindMs: 1_000 };
  const away = { what: 'loss', from: 1_000, to: 1_450, detail: 'dropped' } as const;
  const doubtful = { what: 'blind', from: 1_450, to: 1_900, detail: 'no answer', mayBeLoss: true } as const;

  it('takes what is lost and what may be lost beside it together', () => {
    expect(judgeFlow({ stretches: [away] }, limits)).to.equal('pass');
    expect(judgeFlow({ stretches: [doubtful] }, limits)).to.equal('pass');
    expect(judgeFlow({ stretches: [away, doubtful] }, limits)).to.equal('error');
    expect(judgeFlow({ stretches: [away, { ...doubtful, from: 1_600 }] }, limits)).to.equal('pass');
    expect(judgeFlow({ stretches: [{ ...away, to: 1_501 }, doubtful] }, limits)).to.equal('fail');
  });
});

describe('the result of a monitor', () => {
  for (const [name, record] of Object.entries(monitorRecords)) {
    const print = (width: number, colour = false): string =>
      formatMonitor(record, 'results/a1b2c3', { width, colour });

    it(`is printed as the golden: ${name}`, () => {
      expectGolden(`monitor/${name}.txt`, `${print(100)}\n`);
    });

    it(`keeps inside its width: ${name}`, () => {
      for (const width of [100, 80])
        expect(
          print(width)
            .split('\n')
            .filter((line) => line.length > width),
        ).to.deep.equal([]);
    });

    it(`is the same text in colour: ${name}`, () => {
      expect(stripVTControlCharacters(print(100, true))).to.equal(print(100));
    });

    it(`has an exit code: ${name}`, () => {
      expect(exitCodeOfMonitor(record)).to.equal(exitCodes[name as keyof typeof exitCodes]);
    });
  }

  it('shows the worst eight while it goes on, and how many there are', () => {
    const [head, ...table] = formatMonitorProgress(many, 5_000, { width: 100, colour: false });
    expect(head).to.equal(
      '5.00 s: 30 flows, 0 lost, 30 leaked, 0 not told for a while; Ctrl-C ends it with the result',
    );
    expect(table).to.have.length(9);
    expect(formatMonitorProgress(right, 5_000, { width: 100, colour: false })).to.have.length(1);
  });
});
