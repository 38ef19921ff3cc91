import { formatCaseLine, formatProgress, formatRedCase } from '../report/console.ts';
import { openLive, type Output } from '../report/live.ts';
import type { CaseRecord, DeclaredCase, RunRecord } from '../report/record.ts';
import { redact } from '../report/redact.ts';
import { formatSummary } from '../report/summary.ts';
import { findPastDurations } from './past-durations.ts';
import type { Session } from './session.ts';
import { estimateTimeLeft } from './time-left.ts';

/** What a person sees of a run: notes, a line a case, each red case in full, a progress line on a terminal, the summary. */
export type Screen = {
  note(line: string): void;
  /** From now on the progress line tells how far the run is, and, as soon as that can be told, how long it will take. */
  begin(
    declared: readonly DeclaredCase[],
    session: Pick<Session, 'running' | 'work'>,
    environment: Pick<RunRecord['environment'], 'provider' | 'plugin'>,
  ): void;
  finish(entry: CaseRecord): void;
  end(record: RunRecord): void;
};

const widest = 120;

export const openScreen = (output: Output, results: string, flags: readonly string[]): Screen => {
  const live = openLive(output);
  const colour = output.isTTY === true && !process.env.NO_COLOR;
  const layout = { width: Math.min(widest, output.columns || 100), colour };
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let nameWidth = 0;
  let done = 0;
  let red = 0;
  const note = (line: string): void => live.print(redact(`netpol: ${line}`));
  return {
    note,
    begin: (declared, { running, work }, environment) => {
      const names = declared.map(({ name }) => name);
      const past = output.isTTY === true ? findPastDurations('results', environment, names) : undefined;
      if (past !== undefined) note(`the time left is told by ${past.folder}/`);
      nameWidth = Math.max(...declared.map(({ name }) => name.length));
      const show = (): void => {
        const elapsedMs = performance.now() - began;
        const leftMs = estimateTimeLeft(work(), past?.durations ?? new Map());
        const progress = { done, total: declared.length, red, elapsedMs, leftMs, running: running() };
        live.progress(formatProgress(progress, layout));
      };
      timer = setInterval(show, 100);
      timer.unref();
    },
    finish: (entry) => {
      done += 1;
      const isRed = entry.status === 'fail' || entry.status === 'error';
      if (isRed) red += 1;
      live.print(
        isRed ? formatRedCase(entry, { results, flags }, layout) : formatCaseLine(entry, layout, nameWidth),
      );
    },
    end: (record) => {
      clearInterval(timer);
      live.close();
      live.print(formatSummary(record, { results, flags }, layout));
    },
  };
};
