import type { CaseRecord } from '../record.ts';
import { readSettleTimes, sortSettleTimes } from '../settle-times.ts';
import { formatSettle } from '../text.ts';
import { html, type Markup } from './markup.ts';

const verdicts = ['allow', 'deny'] as const;
const width = 620;
const height = 200;
const margin = { left: 44, right: 28, top: 12, bottom: 28 };

/** How long changes took until they held: the share of steps that had settled by then, over time, and the same in numbers. */
export const formatSettling = (cases: readonly Pick<CaseRecord, 'steps'>[]): Markup => {
  const times = readSettleTimes(cases);
  const told = verdicts.flatMap((verdict) => {
    const known = times[verdict];
    return known === undefined ? [] : [{ verdict, ...known }];
  });
  if (told.length === 0) return html`<p>No step of this run has such a time.</p>`;
  return html`<p>From an accepted change until it held, for what opens and what closes.</p>
    <figure class="settling">${drawCurves(cases)}</figure>
    <div class="wide" tabindex="0" role="group" aria-label="Times to settle">
      <table>
        <thead>
          <tr>
            <th scope="col">verdict</th>
            <th scope="col">p50</th>
            <th scope="col">p90</th>
            <th scope="col">p99</th>
            <th scope="col">max</th>
            <th scope="col">steps</th>
          </tr>
        </thead>
        <tbody>
          ${told.map(
            ({ verdict, p50Ms, p90Ms, p99Ms, maxMs, steps }) =>
              html`<tr>
                <th scope="row">${verdict}</th>
                ${[p50Ms, p90Ms, p99Ms, maxMs].map((time) => html`<td>${formatSettle(time)}</td>`)}
                <td>${steps}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div> `;
};

/** Times below a millisecond are one: the axis is logarithmic. */
const drawCurves = (cases: readonly Pick<CaseRecord, 'steps'>[]): Markup => {
  const curves = verdicts.flatMap((verdict) => {
    const times = sortSettleTimes(cases, verdict).map((time) => Math.max(1, time));
    return times.length === 0 ? [] : [{ verdict, times }];
  });
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(10, ...curves.flatMap(({ times }) => times)))));
  const x = (time: number): number =>
    round(margin.left + (Math.log10(time) / decades) * (width - margin.left - margin.right));
  const y = (share: number): number =>
    round(height - margin.bottom - share * (height - margin.top - margin.bottom));
  const path = (times: readonly number[]): string =>
    times.reduce(
      (drawn, time, index) => `${drawn}H${x(time)}V${y((index + 1) / times.length)}`,
      `M${x(1)} ${y(0)}`,
    ) + `H${width - margin.right}`;
  return html`<svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="Share of steps that had settled, over time; the table below has the numbers"
    >
      ${[0, 0.5, 1].map((share) => html`<path class="grid" d="M${margin.left} ${y(share)}H${width - margin.right}" /><text x="${margin.left - 6}" y="${y(share) + 4}" text-anchor="end">${share * 100} %</text>`)}
      ${Array.from({ length: decades + 1 }, (_, decade) => html`<path class="grid" d="M${x(10 ** decade)} ${y(0)}V${y(1)}" /><text x="${x(10 ** decade)}" y="${height - 8}" text-anchor="middle">${formatSettle(10 ** decade)}</text>`)}
      ${curves.map(({ verdict, times }) => html`<path class="curve ${verdict}" d="${path(times)}" />`)}
    </svg>
    <figcaption>
      ${curves.map(({ verdict }) => html`<span class="key ${verdict}">${verdict === 'allow' ? '━━' : '╍╍'} ${verdict}</span> `)}
    </figcaption>`;
};

const round = (length: number): number => Math.round(length * 10) / 10;
