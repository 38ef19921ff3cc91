import type { CaseRecord, RunRecord } from './record.ts';
import { closeRunRecord, createRunRecord, type RunEnd, type RunStart } from './run-record.ts';
import { writeRecord, writeResults } from './write.ts';

/** The record of a run while it goes on. */
export type RunLog = {
  finish(finished: CaseRecord): void;
  /** Says why a case will never run: a hook failed, the run was interrupted. */
  giveUp(name: string, reason: string): void;
  /**
   * Writes all results, tells the closed record and returns it.
   * @throws EnvironmentError where a report could not be written; the record is told before
   */
  close(end?: Pick<RunEnd, 'vacuous' | 'aborted'>, tell?: (record: RunRecord) => void): RunRecord;
};

/** Milliseconds between two writes of the record while the run goes on. */
const checkpointInterval = 1000;

/** What a checkpoint says of itself: it is read only where nothing was written after it. */
const killed = 'the run was killed';

/**
 * Opens the record of a run and keeps an honest version of it on disk all the time: cases that have not finished
 * stand in it as errors, so whatever kills this process, nothing that did not run looks as if it passed.
 * @throws EnvironmentError where `directory` cannot be written: better now than after the run
 */
export const openRunLog = (directory: string, start: RunStart): RunLog => {
  const begin = performance.now();
  const opened = createRunRecord(start);
  const finished: CaseRecord[] = [];
  const neverRan = new Map<string, string>();
  let writtenAt = begin;

  const snapshot = (end: Pick<RunEnd, 'vacuous' | 'aborted'> = {}): RunRecord =>
    closeRunRecord(opened, { ...end, finished, neverRan, durationMs: Math.round(performance.now() - begin) });
  const onExit = (): void => {
    try {
      writeResults(directory, snapshot({ aborted: 'the process ended before the run did' }));
    } catch {
      // Nobody is left to tell; the last checkpoint is on disk and says the same of every unfinished case.
    }
  };

  writeRecord(directory, snapshot({ aborted: killed }));
  process.on('exit', onExit);
  return {
    finish: (entry) => {
      finished.push(entry);
      if (performance.now() - writtenAt < checkpointInterval) return;
      writtenAt = performance.now();
      try {
        writeRecord(directory, snapshot({ aborted: killed }));
      } catch {
        // A full disk is no verdict on this case; `close` meets it again and says so.
      }
    },
    giveUp: (name, reason) => void neverRan.set(name, reason),
    close: (end, tell) => {
      process.off('exit', onExit);
      const closed = snapshot(end);
      try {
        writeResults(directory, closed);
      } finally {
        tell?.(closed);
      }
      return closed;
    },
  };
};
