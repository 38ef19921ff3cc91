import { longestOf, totalOf, type Stretch } from '../matrix/timeline.ts';
import type { RunRecord } from './record.ts';

/** One flow that was watched: who asked whom, over what, and when it was not as wanted. */
export type FlowRecord = {
  from: string;
  to: string;
  /** `v4 TCP/80`. */
  probe: string;
  /** `new`: each probe is a connection of its own. `lasting`: all go over one that was open before. */
  connection: 'new' | 'lasting';
  want: 'allow' | 'deny';
  /** In milliseconds since the begin of the monitor. */
  stretches: Stretch[];
};

/** The longest stretch of one flow that is borne, in milliseconds. */
export type MonitorLimits = { lossMs: number; leakMs: number; blindMs: number };

/** The result of `netpol monitor`. */
export type MonitorRecord = Pick<RunRecord, 'tool' | 'run' | 'command' | 'startedAt' | 'environment'> & {
  schemaVersion: 1;
  /** What says which flows are open and which closed: a scenario's name and step. */
  source: string;
  durationMs: number;
  /** Between two probes of a flow; a stretch is known to one interval. */
  intervalMs: number;
  limits: MonitorLimits;
  flows: FlowRecord[];
  /** How far the clock of each asking pod was ahead, and how wrong that may be. */
  clocks: { pod: string; offsetMs: number; uncertaintyMs: number }[];
  /** The folder, below that of the result, with evidence of the moments in which a flow was lost or leaked too long. */
  evidence?: string;
  /** What the command that was waited for did; absent where there was none. */
  operation?: { command: string[]; fromMs: number; toMs: number; end: string; failed: boolean };
};

/** `x/b -> x/a v4 TCP/80`, with `lasting` where all probes go over one connection. */
export const nameFlow = ({ from, to, probe, connection }: FlowRecord): string =>
  `${from} -> ${to} ${probe}${connection === 'lasting' ? ' lasting' : ''}`;

export type What = Stretch['what'];

export const stretchesOfKind = ({ stretches }: Pick<FlowRecord, 'stretches'>, what: What): Stretch[] =>
  stretches.filter((stretch) => stretch.what === what);

export const longest = (flow: Pick<FlowRecord, 'stretches'>, what: What): number =>
  longestOf(stretchesOfKind(flow, what));

export const total = (flow: Pick<FlowRecord, 'stretches'>, what: What): number =>
  totalOf(stretchesOfKind(flow, what));

/**
 * Whether a flow was lost or leaked for longer than is borne, could not be told, or was right. What may be a loss is none,
 * but is not borne for longer than one either, nor together with one beside it.
 */
export const judgeFlow = (
  flow: Pick<FlowRecord, 'stretches'>,
  { lossMs, leakMs, blindMs }: MonitorLimits,
): 'fail' | 'error' | 'pass' => {
  if (longest(flow, 'loss') > lossMs || longest(flow, 'leak') > leakMs) return 'fail';
  const doubtful = longestOf(
    flow.stretches.filter(({ what, mayBeLoss }) => what === 'loss' || mayBeLoss === true),
  );
  return longest(flow, 'blind') > blindMs || doubtful > lossMs ? 'error' : 'pass';
};

type Judged = Pick<MonitorRecord, 'flows' | 'limits'>;

/** How many flows were judged how. */
export const countVerdicts = ({ flows, limits }: Judged): Record<ReturnType<typeof judgeFlow>, number> => {
  const counts = { fail: 0, error: 0, pass: 0 };
  for (const flow of flows) counts[judgeFlow(flow, limits)] += 1;
  return counts;
};

/** 2 wins over 1: what could not be told may hide what failed. Without a flow nothing was told. */
export const exitCodeOfMonitor = (record: Judged & Pick<MonitorRecord, 'operation'>): number => {
  const { error, fail } = countVerdicts(record);
  if (record.flows.length === 0 || record.operation?.failed === true || error > 0) return 2;
  return fail > 0 ? 1 : 0;
};

export const describeLimits = ({ lossMs, leakMs, blindMs }: MonitorLimits): string =>
  `at most ${lossMs} ms lost, ${leakMs} ms leaked, ${blindMs} ms not told`;

/** How wrong a time may be for want of one clock for all pods. */
export const worstClock = ({ clocks }: Pick<MonitorRecord, 'clocks'>): string =>
  `${Math.max(0, ...clocks.map(({ uncertaintyMs }) => uncertaintyMs)).toFixed(1)} ms`;
