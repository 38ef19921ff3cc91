import type { Expectation, Observation } from '../matrix/matrix.ts';
import type { FlowRecord, MonitorLimits } from './monitor-record.ts';
import type { PropertyRecord } from './properties.ts';

/** How a case may end, in the order in which reports count. */
export const statuses = ['pass', 'fail', 'error', 'skip'] as const;
export type Status = (typeof statuses)[number];

/** Whether a case failed or could not be told; null stands for a run that does not have it. */
export const isRed = (status: Status | null | undefined): boolean => status === 'fail' || status === 'error';

/** A cell that was not as wanted, with the oracle's reason. */
export type DifferingCell = {
  from: string;
  to: string;
  /** `undefined` only where the verdict is free but somebody else answered than may. */
  want: 'allow' | 'deny' | 'undefined';
  got: Observation;
  /** Who may answer; present where it connected but somebody else answered. */
  mayAnswer?: string[];
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
  /** Of established connections: the longest time from the accepted change until one that was cut was cut. */
  cutMs?: number;
};

export type StepRecord = {
  /** `apply deny-all`, as the scenario says it. */
  action: string;
  line: number;
  /** Milliseconds from the accepted change to the first round that held, for cells that open and that close; absent if none. */
  settleMs: { allow?: number; deny?: number };
  /** The same to the first round in which each of these cells had been as wanted once; less where one went back. */
  firstMs?: { allow?: number; deny?: number };
  /** What was measured by probes on end may have been so much earlier, in milliseconds; only where that was the purpose. */
  resolutionMs?: number;
  rounds: number;
  /** Rounds that did not match before the matching ones; all of them where it never held. */
  retries: number;
  grids: GridRecord[];
  /** What the flows of these grids were while something was done to the plugin; only in steps that did. */
  operation?: OperationRecord;
  /** What the API server made of each policy of the step; only in scenarios that ask it. */
  answers?: AnswerRecord[];
};

/** What was watched while something was done to the plugin, or changed. Times count from the begin of the watch. */
export type OperationRecord = {
  /** From 1: it is done again where a flow was out of sight for too long. All else is about this attempt. */
  attempt: number;
  /** From the first word to the plugin until its new processes enforce; or until a change was accepted. */
  fromMs: number;
  toMs: number;
  /** When the watch ended: a stretch until then may have gone on. */
  endMs: number;
  /** Between two probes of a flow; a stretch is known to one interval. */
  intervalMs: number;
  limits: MonitorLimits;
  /** How many flows were watched. */
  watched: number;
  /** Those that were lost, leaked or out of sight for any time. */
  flows: FlowRecord[];
};

/** What the API server made of one policy. */
export type AnswerRecord = {
  /** `x/deny-all`. */
  policy: string;
  want: 'accepted' | 'rejected';
  got: 'accepted' | 'rejected';
  /** HTTP status and words of a refusal. */
  status?: number;
  message?: string;
};

export type CaseRecord = {
  /** `network-policy/peers/pod-and-namespace`, the name that `run` takes as a filter. */
  name: string;
  title: string;
  file: string;
  spec: string;
  features: string[];
  /** What its free cells tell about the plugin, by a name of `scenario/properties.ts`. */
  property?: string;
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

/** What a ConformanceReport says about who made what was tested; empty where it was not given. */
export type Implementation = {
  organization: string;
  project: string;
  url: string;
  version: string;
  contact: string[];
  additionalInformation: string;
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
  /** Who answers for the plugin, as far as the user said; absent where nothing was said. */
  implementation?: Implementation;
  /**
   * How many hand-drawn cases the run was not asked for, by what they need: what was not asked proves nothing.
   * Absent where they were not even read, as with generated cases alone.
   */
  unasked?: { features: string[]; cases: number }[];
  /** Present where only one shard of what was chosen was asked: `cases` are its own. */
  shard?: ShardRecord;
  counts: Record<Status, number>;
  /** In the order of the suite; every declared case, also those that never ran. */
  cases: CaseRecord[];
  /** What the plugin does where the API leaves it open, as far as the passed cases tell. */
  properties: PropertyRecord[];
  /** Cases that a plugin which does nothing would pass, each with the reason. */
  vacuous: { name: string; reason: string }[];
  /** What stopped the run before its end, if anything did. */
  aborted?: string;
};

/** A case before it ran. */
export type DeclaredCase = Pick<CaseRecord, 'name' | 'title' | 'file' | 'spec' | 'features' | 'property'>;

/** One of `count` parts of a suite; `index` counts from 1. */
export type ShardRecord = {
  index: number;
  count: number;
  /** The cases of all shards, in the order of the suite: what stays untold where one of them is missing. */
  selection: DeclaredCase[];
};

/** Asserted cells of a grid: those that the verdict rests on. */
export const countAsserted = ({ want }: GridRecord): number =>
  want.filter((cell) => cell === 'allow' || cell === 'deny').length;

/** Whether a case is about a release of a system, whose policies may be wrong too. A file of the user goes by its path. */
export const isOfSystem = ({ name, file }: Pick<CaseRecord, 'name' | 'file'>): boolean =>
  name.startsWith('system/') && name !== file;

/** How many cases ended how. */
export const countStatuses = (cases: readonly Pick<CaseRecord, 'status'>[]): Record<Status, number> => {
  const counts = { pass: 0, fail: 0, error: 0, skip: 0 };
  for (const { status } of cases) counts[status] += 1;
  return counts;
};

/** 2 wins over 1: what could not be told may hide what failed. A run of skips alone has proved nothing. */
export const exitCodeOf = ({ counts, aborted }: Pick<RunRecord, 'counts' | 'aborted'>): number => {
  if (counts.error > 0 || aborted !== undefined || counts.pass + counts.fail === 0) return 2;
  return counts.fail > 0 ? 1 : 0;
};
