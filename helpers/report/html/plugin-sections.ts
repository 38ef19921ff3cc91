import { readProfiles } from '../conformance.ts';
import type { LevelStatus } from '../conformance-status.ts';
import { describeProperty } from '../properties.ts';
import { groupByArea } from '../property-areas.ts';
import { countStatuses, statuses, type RunRecord, type Status } from '../record.ts';
import { html, type Markup } from './markup.ts';
import { statusCell } from './page.ts';

/** The profiles of the ConformanceReport: what the run says of each kind of policy. */
export const formatProfiles = (run: RunRecord): Markup => {
  const rows = readProfiles(run).flatMap(({ name, crd, standard, experimental }) => [
    formatLevel(name, 'standard', standard, crd),
    ...(experimental === undefined ? [] : [formatLevel(name, 'experimental', experimental, crd)]),
  ]);
  return html`<p>As in conformance.yaml: what could not be told counts as failed.</p>
    <div class="wide" tabindex="0" role="group" aria-label="Profiles">
      <table>
        <thead>
          <tr>
            <th scope="col">profile</th>
            <th scope="col">level</th>
            <th scope="col">result</th>
            <th scope="col">passed</th>
            <th scope="col">failed</th>
            <th scope="col">skipped</th>
            <th scope="col">CRD</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div> `;
};

const resultClasses: Readonly<Record<LevelStatus['result'], Status>> = {
  success: 'pass',
  partial: 'skip',
  failure: 'fail',
};

const formatLevel = (name: string, level: string, status: LevelStatus, crd = ''): Markup => {
  const { result, statistics } = status;
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${level}</td>
    ${statusCell(resultClasses[result], result)}
    <td>${statistics.Passed}</td>
    <td>${statistics.Failed}</td>
    <td>${statistics.Skipped}</td>
    <td>${crd}</td>
  </tr> `;
};

/** Each feature that a case needs, with how its cases ended; its name leads to them. */
export const formatFeatures = ({ cases }: RunRecord): Markup => {
  const names = [...new Set(cases.flatMap(({ features }) => features))];
  const rows = names.map((feature) => {
    const counts = countStatuses(cases.filter(({ features }) => features.includes(feature)));
    return html`<tr>
      <th scope="row"><a href="#feature=${encodeURIComponent(feature)}">${feature}</a></th>
      ${statuses.map((status) =>
        counts[status] === 0 ? html`<td>-</td>` : statusCell(status, `${counts[status]} ${status}`),
      )}
    </tr> `;
  });
  return html`<p>A case that needs several features counts for each.</p>
    <div class="wide" tabindex="0" role="group" aria-label="Features">
      <table>
        <thead>
          <tr>
            <th scope="col">feature</th>
            ${statuses.map((status) => html`<th scope="col">${status}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div> `;
};

/** What the API leaves open, and this plugin does. */
export const formatProperties = ({ properties }: Pick<RunRecord, 'properties'>): Markup => {
  const areas = groupByArea(properties).map(
    ({ area, members }) =>
      html`<tbody>
        <tr>
          <th scope="rowgroup" colspan="4">${area}</th>
        </tr>
        ${members.map(({ name, value, families, cutMs }) => {
          const words =
            families === undefined ? [value, value] : [families.IPv4 ?? '-', families.IPv6 ?? '-'];
          return html`<tr>
            <th scope="row"><code>${name}</code></th>
            ${words.map((word) => html`<td>${word}</td>`)}
            <td>${describeProperty({ name, cutMs })}</td>
          </tr> `;
        })}
      </tbody> `,
  );
  return html`<p>What the API leaves open, and this plugin does. None of it is right or wrong.</p>
    ${
      areas.length === 0
        ? html`<p>No passed case of this run tells one.</p>`
        : html`<div class="wide" tabindex="0" role="group" aria-label="Properties">
            <table>
              <thead>
                <tr>
                  <th scope="col">property</th>
                  <th scope="col">IPv4</th>
                  <th scope="col">IPv6</th>
                  <th scope="col">about</th>
                </tr>
              </thead>
              ${areas}
            </table>
          </div>`
    } `;
};
