import { reasonOf } from '../differences.ts';
import type { CaseRecord, RunRecord, Status, StepRecord } from '../record.ts';
import { replayFlags } from '../replay.ts';
import { formatSeconds, formatSettle } from '../text.ts';
import { collectNameLists, describeCase } from './case-data.ts';
import { html, jsonFor, type Markup } from './markup.ts';
import { formatTimelineFigure } from './timeline.ts';

/** What is red comes first. */
const order: readonly Status[] = ['fail', 'error', 'skip', 'pass'];

/** All cases with a filter above them. A case that is opened is drawn by the script, from data that lie below the list. */
export const formatCases = (run: RunRecord): Markup => {
  const cases = order.flatMap((status) => run.cases.filter((entry) => entry.status === status));
  const names = collectNameLists();
  const flags = replayFlags(run);
  const data = cases.map((entry) => describeCase(entry, names, flags));
  const features = [...new Set(run.cases.flatMap((entry) => entry.features))].toSorted();
  return html`<form id="filter" role="search" aria-label="Cases">
      <fieldset>
        <legend>Status</legend>
        ${order.map(
          (status) =>
            html`<label class="${status}"
              ><input type="checkbox" name="status" value="${status}" checked /> ${run.counts[status]}
              ${status}</label
            > `,
        )}
      </fieldset>
      <label
        >Feature
        <select name="feature">
          <option value="">all</option>
          ${features.map((feature) => html`<option>${feature}</option>`)}
        </select></label
      >
      <label>Text <input type="search" name="text" placeholder="name, claim or reason" /></label>
      <output name="shown">${cases.length} of ${cases.length}</output>
    </form>
    <noscript><p>Filters and grids need JavaScript; record.json has all of them.</p></noscript>
    <p class="keys">
      In the grids rows ask and columns are asked: <code>.</code> connects, <code>X</code> is denied (of what
      was got: by silence), <code>R</code> is denied by a refusal, <code>?</code> may be either,
      <code>-</code> is not asserted, <code>!</code> could not be told, <code>=</code> is as wanted,
      <code>[ ]</code> is not, or could not be told. Arrow keys go from cell to cell; the line below a grid
      says more of the cell.
    </p>
    <ol class="cases">
      ${cases.map((entry, index) => formatCase(entry, index))}
    </ol>
    <p id="none" hidden>No case is meant by this filter.</p>
    <script type="application/json" id="data">
      ${jsonFor({ names: names.lists, cases: data })}
    </script>`;
};

const formatCase = (entry: CaseRecord, index: number): Markup => {
  const { name, title, status, features, durationMs, settleMs } = entry;
  const reason = status === 'pass' ? '' : reasonOf(entry);
  const times = [
    ...(settleMs === undefined ? [] : [`settled in ${formatSettle(settleMs)}`]),
    ...(durationMs === 0 ? [] : [formatSeconds(durationMs)]),
  ];
  return html`<li class="${status}" data-name="${name}" data-features="${features.join(' ')}">
    <details data-index="${index}">
      <summary>
        <span class="status">${status}</span> <code>${name}</code>
        <span class="times">${times.join(', ')}</span
        ><span class="title">${title}</span
        >${reason === '' ? undefined : html`<span class="reason">${reason}</span>`}
      </summary>
      <div class="body">${entry.steps.flatMap(formatOperation)}</div>
    </details>
  </li> `;
};

/** Its timeline, whose place is at the step that the script draws. */
const formatOperation = ({ action, operation }: StepRecord, index: number): Markup[] => {
  if (operation === undefined) return [];
  const { flows, endMs, fromMs, toMs } = operation;
  return [
    html`<div class="operation" data-step="${index}">
      <h4>While “${action}”</h4>
      ${formatTimelineFigure(flows, { endMs, fromMs, toMs, name: action })}
    </div>`,
  ];
};
