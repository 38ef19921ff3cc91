import { buildMatrix, type Expectation, type Observation } from '../../../helpers/matrix/matrix.ts';
import type {
  CaseRecord,
  GridRecord,
  Implementation,
  RunRecord,
  StepRecord,
} from '../../../helpers/report/record.ts';
import { closeRunRecord, createRunRecord, type RunStart } from '../../../helpers/report/run-record.ts';

const pods = ['x/a', 'x/b', 'y/a', 'y/b'];
const connected: Observation = {
  outcome: 'connected',
  milliseconds: 0.8,
  answeredBy: 'x/a',
  sourceSeen: '10.0.0.2',
};
const dropped: Observation = { outcome: 'dropped', milliseconds: 250 };
const refused: Observation = { outcome: 'refused', milliseconds: 0.4, detail: 'ECONNREFUSED' };
const unasked: Observation = { outcome: 'error', milliseconds: 0, detail: 'not asked' };
const lost: Observation = { outcome: 'error', milliseconds: 0, detail: 'the stream of x/b ended' };

const reasons: Readonly<Record<string, string>> = {
  'x/b': 'allow-y-b isolates x/a; x/b matches podSelector, namespace x does not match',
  'y/a': 'allow-y-b isolates x/a; namespace y matches, pod a does not',
};

const seenAs: Readonly<Record<Expectation, Observation>> = {
  allow: connected,
  deny: dropped,
  ignored: unasked,
  undefined: dropped,
};

type Wrong = Readonly<Record<string, Observation>>;

/** The grid of house.md's example; `wrong` says what was seen instead, by `from -> to`. */
const grid = (probe: string, wrong: Wrong = {}): GridRecord => {
  const want = buildMatrix(pods, pods, (row, column): Expectation => {
    if (row === column) return 'ignored';
    return column === 'x/a' && row !== 'y/b' ? 'deny' : 'allow';
  });
  const asWanted = want.cells.map((cell) => seenAs[cell]);
  const got = asWanted.map(
    (seen, index) => wrong[`${pods[Math.floor(index / 4)]} -> ${pods[index % 4]}`] ?? seen,
  );
  const differing = Object.entries(wrong).flatMap(([cell, seen]) => {
    const [from = '', to = ''] = cell.split(' -> ');
    if (seen.outcome === 'error') return [];
    return [
      {
        from,
        to,
        want: to === 'x/a' ? ('deny' as const) : ('allow' as const),
        got: seen,
        reason: reasons[from] ?? '',
      },
    ];
  });
  return { probe, rows: pods, columns: pods, want: [...want.cells], got, differing };
};

const step = (grids: GridRecord[], changes: Partial<StepRecord> = {}): StepRecord => ({
  action: 'apply allow-y-b',
  line: 6,
  settleMs: { deny: 34 },
  firstMs: { deny: 22 },
  rounds: 4,
  retries: 1,
  grids,
  ...changes,
});

/** A flow that was out of sight for a moment, which is borne. */
const restart: Partial<StepRecord> = {
  action: 'restart plugin',
  settleMs: {},
  operation: {
    attempt: 1,
    fromMs: 500,
    toMs: 1_210,
    endMs: 1_715,
    intervalMs: 20,
    limits: { lossMs: 0, leakMs: 0, blindMs: 1_000 },
    watched: 20,
    flows: [
      {
        from: 'x/b',
        to: 'x/a',
        probe: 'v4 TCP/80',
        connection: 'new',
        want: 'deny',
        stretches: [{ what: 'blind', from: 640.5, to: 700, detail: 'no probe' }],
      },
    ],
  },
};

const entry = (name: string, title: string, changes: Partial<CaseRecord>): CaseRecord => ({
  name: `network-policy/${name}`,
  title,
  file: `manifests/scenarios/network-policy/${name}.yaml`,
  spec: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
  features: ['NetworkPolicy'],
  status: 'pass',
  startedAt: '2026-01-02T03:04:06.000Z',
  durationMs: 210,
  steps: [],
  ...changes,
});

const wrongCells: Wrong = { 'x/b -> x/a': connected, 'y/a -> x/a': connected };
const families = (wrong: Wrong): GridRecord[] => [grid('v4 TCP/80', wrong), grid('v6 TCP/80', wrong)];

/** One case of each kind that a report must tell apart; none of them is `vanished` before the record is closed. */
export const samples = {
  pass: entry('peers/pod-and-namespace', 'A peer with both selectors admits only pods that satisfy both', {
    settleMs: 34,
    steps: [step(families({}), { settleMs: { allow: 21, deny: 34 } }), step(families({}), restart)],
  }),
  fail: entry(
    'peers/pod-and-namespace-again',
    'A peer with both selectors still admits only pods that satisfy both',
    {
      status: 'fail',
      message: '4 of 24 probes differ after step 1 (apply allow-y-b)',
      durationMs: 1520,
      steps: [step(families(wrongCells), { settleMs: {}, rounds: 9, retries: 9 })],
      evidence: 'network-policy/peers/pod-and-namespace-again',
    },
  ),
  error: entry('isolation/deny-all', 'A policy without rules isolates', {
    status: 'error',
    message:
      '1 probes could not be told after step 1 (apply allow-y-b)\n  got:    x/b -> x/a v4 TCP/80: error\n  next:   see the evidence: agent log, pods and events of this moment',
    durationMs: 340,
    steps: [step([grid('v4 TCP/80', { 'x/b -> x/a': lost }), grid('v6 TCP/80')])],
    evidence: 'network-policy/isolation/deny-all',
  }),
  skip: entry('services/name', 'A policy holds behind the DNS name of a Service', {
    status: 'skip',
    message: 'the lab has no cluster DNS',
    durationMs: 0,
  }),
  mixed: entry('rules/mixed', 'Too much is allowed & <too> little "as well"', {
    status: 'fail',
    message: '2 of 12 probes differ after step 1 (apply allow-y-b)',
    durationMs: 1490,
    steps: [
      step([grid('v4 UDP/81', { 'x/b -> x/a': connected, 'y/b -> y/a': refused })], {
        settleMs: {},
        rounds: 7,
        retries: 7,
      }),
    ],
  }),
} as const;

const vanished = entry('isolation/never', 'A case whose hook failed is not silent', {});

export const implementation: Implementation = {
  organization: 'example',
  project: 'example-plugin',
  url: 'https://plugin.example',
  version: 'v1.2.3',
  contact: ['@one', 'two@plugin.example'],
  additionalInformation: 'https://ci.example/runs/7',
};

const start = (declared: readonly CaseRecord[]): RunStart => ({
  version: '0.1.0',
  run: 'a1b2c3',
  command: ['netpol', 'run', '--provider', 'lab'],
  startedAt: '2026-01-02T03:04:05.000Z',
  environment: {
    provider: 'lab',
    plugin: 'reference',
    families: ['IPv4', 'IPv6'],
    nodes: 2,
    versions: { kernel: '6.18.5', node: '24.21.0' },
  },
  config: { provider: 'lab', plugin: 'reference', kubeconfig: '', lanes: 3 },
  implementation,
  unasked: [],
  declared,
});

/** A closed record of these cases. */
export const recordOf = (cases: readonly CaseRecord[], declared = cases): RunRecord =>
  closeRunRecord(createRunRecord(start(declared)), {
    finished: cases,
    durationMs: 3120,
    neverRan: new Map([[vanished.name, 'the "before all" hook failed: no lane was free']]),
  });

/** Records by the name of their golden files. */
export const records: Readonly<Record<'pass' | 'fail' | 'error' | 'skip' | 'vanished' | 'all', RunRecord>> = {
  pass: recordOf([samples.pass]),
  fail: recordOf([samples.fail]),
  error: recordOf([samples.error]),
  skip: recordOf([samples.skip]),
  vanished: recordOf([], [vanished]),
  all: {
    ...recordOf(Object.values(samples), [...Object.values(samples), vanished]),
    vacuous: [{ name: samples.pass.name, reason: 'no step asserts a denied cell' }],
  },
};

/** What a run starts with, for tests that open a record themselves. */
export const startOf = start;
