import type { Expectation, Observation } from '../matrix/matrix.ts';

export type Status = 'pass' | 'fail' | 'error' | 'skip';

/** A cell that was not as wanted, with the oracle's reason. */
export type DifferingCell = {
  from: string;
  to: string;
  want: 'allow' | 'deny';
  got: Observation;
  reason: string;
};

/** One grid after one step: what was wanted, what was seen, drawn and cell by cell. */
export type GridRecord = {
  /** `v4 TCP/80`. */
  probe: string;
  rows: string[];
  columns: string[];
  /** Row-major, as long as rows x columns. */
  want: Expectation[];
  got: Observation[];
  differing: DifferingCell[];
};

export type StepRecord = {
  /** `apply deny-all`, as the scenario says it. */
  action: string;
  line: number;
  /**
   * Milliseconds from the accepted change to the first of the rounds that held, for cells that open (`allow`)
   * and cells that close (`deny`); absent where no such cell changed or where it never held.
   */
  settleMs: { allow?: number; deny?: number };
  rounds: number;
  /** Rounds that did not match before the matching ones. */
  retries: number;
  grids: GridRecord[];
};

export type CaseRecord = {
  /** `network-policy/peers/pod-and-namespace`, the name that `run` takes as a filter. */
  name: string;
  title: string;
  file: string;
  spec: string;
  features: string[];
  status: Status;
  /** Why it failed, could not be told, or was skipped; absent when passed. */
  message?: string;
  startedAt?: string;
  durationMs: number;
  /** The longest time to settle of any step; absent where nothing settled. */
  settleMs?: number;
  steps: StepRecord[];
  /** Folder below the results with the evidence of a red case. */
  evidence?: string;
};

export type RunRecord = {
  schemaVersion: 1;
  tool: { name: 'netpol-conformance'; version: string };
  run: string;
  command: string[];
  startedAt: string;
  durationMs: number;
  environment: {
    provider: string;
    plugin: string;
    families: string[];
    nodes: number;
    versions: Record<string, string>;
  };
  /** The effective configuration, redacted. */
  config: Record<string, unknown>;
  counts: Record<Status, number>;
  /** In the order of the suite; every declared case, also those that never ran. */
  cases: CaseRecord[];
  /** Cases that a plugin which does nothing would pass, each with the reason. */
  vacuous: { name: string; reason: string }[];
  /** What stopped the run before its end, if anything did. */
  aborted?: string;
};
