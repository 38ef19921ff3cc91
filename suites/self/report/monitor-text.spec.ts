import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import {
  exitCodeOfMonitor,
  judgeFlow,
  type FlowRecord,
  type MonitorRecord,
} from '../../../helpers/report/monitor-record.ts';
import { formatMonitor, formatMonitorProgress } from '../../../helpers/report/monitor-text.ts';
import { expectGolden } from './golden.ts';

const flow = (
  [from, to, probe]: [string, string, string],
  want: FlowRecord['want'],
  stretches: FlowRecord['stretches'] = [],
  connection: FlowRecord['connection'] = 'new',
): FlowRecord => ({ from, to, probe, connection, want, stretches });

const watched = (flows: FlowRecord[], more: Partial<MonitorRecord> = {}): MonitorRecord => ({
  schemaVersion: 1,
  tool: { name: 'netpol-conformance', version: '0.1.0' },
  run: 'a1b2c3',
  command: ['netpol', 'monitor'],
  startedAt: '2026-01-01T00:00:00.000Z',
  environment: { provider: 'lab', plugin: 'reference', families: ['IPv4', 'IPv6'], nodes: 2, versions: {} },
  source: 'network-policy/isolation/replies-pass after step 1 (apply a-admits-nobody, b-asks-nobody)',
  durationMs: 12_400,
  intervalMs: 20,
  limits: { lossMs: 0, leakMs: 0, blindMs: 1_000 },
  flows,
  clocks: [{ pod: 'x/a', offsetMs: 0.1, uncertaintyMs: 0.42 }],
  ...more,
});

const silent = { what: 'blind', from: 8_000, to: 10_500, detail: 'the agent did not ask' } as const;
const leaked = { what: 'leak', from: 4_000, to: 4_150, detail: 'connected' } as const;
const lost = { what: 'loss', from: 3_000, to: 3_420, detail: 'dropped' } as const;
const rollout = ['kubectl', '-n', 'kube-system', 'rollout', 'restart', 'ds/netpol-reference'];
const operation = { command: rollout, fromMs: 500, toMs: 11_900, end: 'ended well', failed: false };
const right = [
  flow(['x/a', 'x/b', 'v4 TCP/80'], 'allow'),
  flow(['x/a', 'x/b', 'v4 TCP/80'], 'allow', [], 'lasting'),
  flow(['x/b', 'x/a', 'v4 TCP/80'], 'deny'),
];
const wrong = [
  flow(['x/a', 'x/b', 'v6 UDP/80'], 'allow', [lost, { ...lost, from: 5_000, to: 5_020 }]),
  flow(['x/c', 'x/a', 'v6 UDP/80'], 'deny', [leaked]),
];
const untold = [flow(['x/c', 'x/b', 'v4 TCP/80'], 'allow', [silent])];
const many = Array.from({ length: 30 }, (_, index) =>
  flow([`x/${index}`, 'x/a', 'v4 TCP/80'], 'deny', [leaked]),
);

const records = {
  pass: watched(right),
  fail: watched([...right, ...wrong], { operation }),
  borne: watched([...right, ...wrong], { operation, limits: { lossMs: 500, leakMs: 150, blindMs: 1_000 } }),
  error: watched([...right, ...untold]),
  'failed-command': watched(right, {
    operation: { ...operation, end: 'failed with exit code 1', failed: true },
  }),
  all: watched([...right, ...wrong, ...untold], { operation }),
  many: watched(many),
  nothing: watched([]),
};
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
  for (const [name, record] of Object.entries(records)) {
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
