import { formatCaseLine, formatProgress, formatRedCase } from '../report/console.ts';
import { openLive, type Output } from '../report/live.ts';
import type { CaseRecord, DeclaredCase, RunRecord } from '../report/record.ts';
import { redact } from '../report/redact.ts';
import { formatSummary } from '../report/summary.ts';

/** What a person sees of a run: notes, a line a case, each red case in full, a progress line on a terminal, the summary. */
export type Screen = {
  note(line: string): void;
  /** From now on the progress line tells how far the run is. */
  begin(declared: readonly DeclaredCase[], running: () => string[]): void;
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
  return {
    note: (line) => live.print(redact(`netpol: ${line}`)),
    begin: (declared, running) => {
      nameWidth = Math.max(...declared.map(({ name }) => name.length));
      const show = (): void => {
        const elapsedMs = performance.now() - began;
        live.progress(
          formatProgress({ done, total: declared.length, red, elapsedMs, running: running() }, layout),
        );
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
