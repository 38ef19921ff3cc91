import { readProperties } from './properties.ts';
import { countStatuses, type CaseRecord, type DeclaredCase, type RunRecord } from './record.ts';
import { redactCommand, redactConfig, redactData } from './redact.ts';

/** What is known when a run begins. */
export type RunStart = Pick<
  RunRecord,
  'run' | 'command' | 'startedAt' | 'environment' | 'config' | 'implementation' | 'unasked' | 'shard'
> & {
  version: string;
  declared: readonly DeclaredCase[];
};

/** What is known when it ends, for whatever reason. */
export type RunEnd = {
  finished: readonly CaseRecord[];
  durationMs: number;
  vacuous?: RunRecord['vacuous'];
  /** Why a case never ran, by name, where more is known than that the run ended before. */
  neverRan?: ReadonlyMap<string, string>;
  /** What stopped the run before its end. */
  aborted?: string;
};

/** A record in which every declared case never ran: an error until the case finishes, so that silence is never green. */
export const createRunRecord = (start: RunStart): RunRecord => {
  const cases = start.declared.map((declared) => neverRan(declared, 'the run ended before its turn'));
  return {
    schemaVersion: 1,
    tool: { name: 'netpol-conformance', version: start.version },
    run: start.run,
    command: redactCommand(start.command),
    startedAt: start.startedAt,
    durationMs: 0,
    environment: redactData(start.environment),
    config: redactConfig(start.config),
    ...(start.implementation !== undefined && { implementation: redactData(start.implementation) }),
    ...(start.unasked !== undefined && { unasked: start.unasked }),
    ...(start.shard !== undefined && { shard: redactData(start.shard) }),
    counts: countStatuses(cases),
    cases,
    properties: [],
    vacuous: [],
  };
};

/**
 * Puts the finished cases into a record, in the order of the suite. Every case that did not finish is an `error`.
 * @throws RangeError where a case finished that nobody declared, or finished twice: the record would count it wrong
 */
export const closeRunRecord = (record: RunRecord, end: RunEnd): RunRecord => {
  const open = new Map(end.finished.map((finished) => [finished.name, finished]));
  if (open.size < end.finished.length) throw new RangeError('a case finished twice');
  const cases = record.cases.map((declared) => {
    const finished = open.get(declared.name);
    open.delete(declared.name);
    if (finished !== undefined) return redactOnce(finished);
    const reason = end.neverRan?.get(declared.name) ?? end.aborted;
    return reason === undefined ? declared : neverRan(declared, reason);
  });
  if (open.size > 0) throw new RangeError(`never declared, but finished: ${[...open.keys()].join(', ')}`);
  return {
    ...record,
    durationMs: end.durationMs,
    counts: countStatuses(cases),
    cases,
    properties: readProperties(cases),
    vacuous: redactData(end.vacuous ?? record.vacuous),
    ...(end.aborted === undefined ? {} : redactData({ aborted: end.aborted })),
  };
};

const redacted = new WeakMap<CaseRecord, CaseRecord>();

/** A run that goes on is closed again and again, and a finished case does not change any more. */
const redactOnce = (entry: CaseRecord): CaseRecord => {
  const known = redacted.get(entry) ?? redactData(entry);
  redacted.set(entry, known);
  return known;
};

const neverRan = ({ features, ...declared }: DeclaredCase, reason: string): CaseRecord =>
  redactData({
    ...declared,
    features: [...features],
    status: 'error',
    message: `never ran: ${reason}`,
    durationMs: 0,
    steps: [],
  });
