import type { FlowRecord, MonitorRecord } from '../../../helpers/report/monitor-record.ts';

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
export const right = [
  flow(['x/a', 'x/b', 'v4 TCP/80'], 'allow'),
  flow(['x/a', 'x/b', 'v4 TCP/80'], 'allow', [], 'lasting'),
  flow(['x/b', 'x/a', 'v4 TCP/80'], 'deny'),
];
const wrong = [
  flow(['x/a', 'x/b', 'v6 UDP/80'], 'allow', [lost, { ...lost, from: 5_000, to: 5_020 }]),
  flow(['x/c', 'x/a', 'v6 UDP/80'], 'deny', [leaked]),
];
const untold = [flow(['x/c', 'x/b', 'v4 TCP/80'], 'allow', [silent])];
export const many = Array.from({ length: 30 }, (_, index) =>
  flow([`x/${index}`, 'x/a', 'v4 TCP/80'], 'deny', [leaked]),
);

/** Results of a monitor by the name of their golden files. */
export const monitorRecords = {
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
