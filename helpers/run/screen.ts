import { formatCaseLine, formatProgress, formatRedCase } from '../report/console.ts';
import { openLive, type Output } from '../report/live.ts';
import { isRed, type CaseRecord, type DeclaredCase, type RunRecord } from '../report/record.ts';
import { redact } from '../report/redact.ts';
import { changesInPlace, layoutOf } from '../report/layout.ts';
import { formatSteps } from '../report/steps.ts';
import { formatClosing, formatSummary } from '../report/summary.ts';
import { findPastDurations } from './past-durations.ts';
import type { Session } from './session.ts';
import { estimateTimeLeft } from './time-left.ts';

/** What a person sees of a run: notes, a line a case, each red case in full, a progress line on a terminal, the summary. */
export type Screen = {
  note(line: string): void;
  /** A note for those who want to see all that is done. */
  detail(line: string): void;
  /** From now on the progress line tells how far the run is, and, as soon as that can be told, how long it will take. */
  begin(
    declared: readonly DeclaredCase[],
    session: Pick<Session, 'running' | 'work'>,
    environment: Pick<RunRecord['environment'], 'provider' | 'plugin'>,
  ): void;
  finish(entry: CaseRecord): void;
  end(record: RunRecord): void;
};

/** What the record does not know, and how much of it is printed. */
export type ScreenOptions = { results: string; flags: readonly string[]; quiet: boolean; verbose: boolean };

export const openScreen = (output: Output, options: ScreenOptions): Screen => {
  const { results, flags, quiet, verbose } = options;
  const live = openLive(output);
  const layout = layoutOf(output);
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let nameWidth = 0;
  let done = 0;
  let red = 0;
  const print = (line: string): void => live.print(redact(`netpol: ${line}`));
  const note = quiet ? (): void => {} : print;
  return {
    note,
    detail: verbose ? print : () => {},
    begin: (declared, { running, work }, environment) => {
      if (quiet) return;
      const names = declared.map(({ name }) => name);
      const past = changesInPlace(output) ? findPastDurations('results', environment, names) : undefined;
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
      const isBad = isRed(entry.status);
      if (isBad) red += 1;
      const lines = [
        ...(isBad ? [formatRedCase(entry, { results, flags }, layout)] : []),
        ...(isBad || quiet ? [] : [formatCaseLine(entry, layout, nameWidth)]),
        ...(verbose ? formatSteps(entry, layout) : []),
      ];
      for (const line of lines) live.print(line);
    },
    end: (record) => {
      clearInterval(timer);
      live.close();
      live.print((quiet ? formatClosing : formatSummary)(record, { results, flags }, layout));
    },
  };
};
