import { longest, nameFlow, stretchesOfKind, total, type FlowRecord } from '../monitor-record.ts';
import { formatSettle } from '../text.ts';
import { marks, mostRows, stretchWords, touchedFlows, worstFirst } from '../timeline.ts';
import { html, type Markup } from './markup.ts';

/** What happened meanwhile, and when all ended. Milliseconds since the begin of the watch, as those of the flows. */
export type Watch = { endMs: number; name: string; fromMs: number; toMs: number } | { endMs: number };

const width = 700;
const rowHeight = 22;

/** Flows over time, the worst first, below what happened meanwhile, and a table that says the same in numbers. */
export const formatTimelineFigure = (flows: readonly FlowRecord[], watch: Watch): Markup => {
  const touched = touchedFlows(flows);
  if (touched.length === 0) return html`<p>No flow was lost, leaked or out of sight.</p>`;
  const shown = touched.slice(0, mostRows);
  return html`<figure class="timeline">
      <div class="wide" tabindex="0" role="group" aria-label="Timeline">${drawTimeline(shown, watch)}</div>
      <figcaption>
        ${formatSettle(watch.endMs)} in all;
        ${worstFirst.map((what) => html`<span class="key ${what}">${marks[what]} ${stretchWords[what]}</span> `)}
      </figcaption>
    </figure>
    <div class="wide" tabindex="0" role="group" aria-label="Flows in numbers">
      <table>
        <thead>
          <tr>
            <th scope="col">flow</th>
            <th scope="col">wanted</th>
            ${worstFirst.map((what) => html`<th scope="col">${stretchWords[what]}, longest of all</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(formatRow)}
        </tbody>
      </table>
    </div>
    ${
      touched.length > shown.length
        ? html`<p>and ${touched.length - shown.length} more flows in the record</p>`
        : undefined
    }`;
};

const formatRow = (flow: FlowRecord): Markup =>
  html`<tr>
    <th scope="row">${nameFlow(flow)}</th>
    <td>${flow.want}</td>
    ${worstFirst.map((what) => {
      const most = longest(flow, what);
      return html`<td>
        ${most === 0 ? '-' : `${formatSettle(most)} of ${formatSettle(total(flow, what))}`}
      </td>`;
    })}
  </tr> `;

const drawTimeline = (flows: readonly FlowRecord[], watch: Watch): Markup => {
  const top = 'name' in watch ? rowHeight : 0;
  const height = top + flows.length * 2 * rowHeight;
  const x = (time: number): number =>
    round((Math.min(Math.max(time, 0), watch.endMs) / Math.max(1, watch.endMs)) * width);
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Timeline of ${flows.length} flows; the table below says the same"
  >
    ${
      'name' in watch
        ? html`<rect
              class="span"
              x="${x(watch.fromMs)}"
              y="0"
              width="${Math.max(1, x(watch.toMs) - x(watch.fromMs))}"
              height="${height}"
            />
            <text x="${Math.min(x(watch.fromMs) + 4, width - 120)}" y="15">${watch.name}</text>`
        : undefined
    }
    ${flows.map((flow, index) => drawFlow(flow, top + index * 2 * rowHeight, x))}
  </svg>`;
};

const drawFlow = (flow: FlowRecord, y: number, x: (time: number) => number): Markup =>
  html`<text x="0" y="${y + 15}">${nameFlow(flow)}</text>
    <rect class="flow" x="0" y="${y + rowHeight}" width="${width}" height="${rowHeight - 6}" />
    ${worstFirst.toReversed().flatMap((what) =>
      stretchesOfKind(flow, what).map(({ from, to }) => {
        const start = x(from);
        const wide = Math.max(2, x(to) - start);
        // A letter besides the colour, where there is room for one.
        const letter =
          wide < 10
            ? undefined
            : html`<text x="${start + 2}" y="${y + rowHeight + 13}">${marks[what]}</text>`;
        return html`<g class="${what}"
          ><rect x="${start}" y="${y + rowHeight}" width="${wide}" height="${rowHeight - 6}"
            ><title>
              ${stretchWords[what]} for ${formatSettle(to - from)}, ${formatSettle(from)} after the begin
            </title></rect
          >${letter}</g
        > `;
      }),
    )}`;

const round = (length: number): number => Math.round(length * 10) / 10;
