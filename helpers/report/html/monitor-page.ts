import {
  countVerdicts,
  describeLimits,
  exitCodeOfMonitor,
  worstClock,
  type MonitorRecord,
} from '../monitor-record.ts';
import type { Status } from '../record.ts';
import { describeEnvironment } from '../summary.ts';
import { formatSeconds } from '../text.ts';
import { html, type Markup } from './markup.ts';
import { formatPage } from './page.ts';
import { formatTimelineFigure } from './timeline.ts';

const verdicts: Readonly<Record<number, { status: Status; words: string }>> = {
  0: { status: 'pass', words: 'As wanted' },
  1: { status: 'fail', words: 'Lost or leaked for too long' },
  2: { status: 'error', words: 'Could not be told' },
};

/** What `netpol monitor` saw, from a redacted record, as one HTML file. */
export const formatMonitorPage = (run: MonitorRecord): string => {
  const { flows, limits, durationMs, intervalMs, source, startedAt, operation } = run;
  const { status, words } = verdicts[exitCodeOfMonitor(run)] ?? { status: 'error', words: 'No verdict' };
  const { pass, fail, error } = countVerdicts(run);
  const headline = `${words}: ${pass} of ${flows.length} flows right, ${fail} wrong, ${error} not told`;
  const watch = {
    endMs: durationMs,
    ...(operation !== undefined && { ...operation, name: 'the command' }),
  };
  const facts: [string, string | Markup][] = [
    ['watched', `${source}, each flow every ${intervalMs} ms for ${formatSeconds(durationMs)}`],
    ['begun', startedAt],
    ['limits', describeLimits(limits)],
    ['environment', describeEnvironment(run)],
    ...(operation === undefined
      ? []
      : ([['command', html`<code>${operation.command.join(' ')}</code> ${operation.end}`]] satisfies [
          string,
          Markup,
        ][])),
    ['known to', `${intervalMs} ms, the interval, and ${worstClock(run)}, the clocks of the pods`],
  ];
  const body = html`<header>
      <p class="product">netpol-conformance monitor</p>
      <h1 class="${status}">${headline}</h1>
      <dl>
        ${facts.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
    </header>
    <main>
      <section aria-labelledby="timeline">
        <h2 id="timeline">Timeline</h2>
        ${formatTimelineFigure(flows, watch)}
      </section>
    </main>`;
  return formatPage(`${words} · netpol-conformance monitor`, body);
};
