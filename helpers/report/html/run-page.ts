import { exitCodeOf, statuses, isOfSystem, type RunRecord, type Status } from '../record.ts';
import { describeEnvironment, describeShard } from '../summary.ts';
import { formatSeconds } from '../text.ts';
import { formatCases } from './case-list.ts';
import { html, type Markup } from './markup.ts';
import { formatPage, formatParts } from './page.ts';
import { formatFeatures, formatProfiles, formatProperties } from './plugin-sections.ts';
import { formatSettling } from './settle-plot.ts';

/** A redacted record as one HTML file, which works from a disk and without a network. */
export const formatRunPage = (run: RunRecord): string => {
  const parts = [
    ...(isAboutPlugin(run) ? [{ title: 'Profiles', markup: formatProfiles(run) }] : []),
    { title: 'Cases', markup: formatCases(run) },
    ...(isAboutPlugin(run) ? [{ title: 'Features', markup: formatFeatures(run) }] : []),
    { title: 'Time to settle', markup: formatSettling(run.cases) },
    ...(isAboutPlugin(run) ? [{ title: 'Properties', markup: formatProperties(run) }] : []),
    ...(run.vacuous.length > 0 ? [{ title: 'Vacuous', markup: formatVacuous(run) }] : []),
    { title: 'Environment', markup: formatEnvironment(run) },
  ].map((part) => ({ ...part, id: part.title.toLowerCase().replaceAll(' ', '-') }));
  return formatPage(
    `${headlineOf(run)} · ${run.environment.plugin} · netpol-conformance`,
    formatParts(formatHeader(run), parts),
    ['draw-case.js', 'page.js'],
  );
};

const formatHeader = (run: RunRecord): Markup => {
  const { cases, durationMs, startedAt, aborted } = run;
  return html`<header>
    <p class="product">netpol-conformance</p>
    <h1 class="${verdictOf(run)}">${headlineOf(run)}</h1>
    <p>
      ${cases.length} ${cases.length === 1 ? 'case' : 'cases'} in ${formatSeconds(durationMs)}, ${startedAt}
    </p>
    <p>${describeEnvironment(run)}</p>
    ${run.shard === undefined ? undefined : html`<p>${describeShard(run)}</p>`} ${tellVacuous(run)}
    ${aborted === undefined ? undefined : html`<p class="aborted"><strong>Aborted:</strong> ${aborted}</p>`}
  </header>`;
};

/** A release of a system may be wrong too: then nothing is said about the plugin. */
const isAboutPlugin = ({ cases }: RunRecord): boolean => !cases.some(isOfSystem);

/** What could not be told may hide what failed, so it wins; a run of skips alone has proved nothing. */
const verdictOf = (run: RunRecord): Status => {
  const code = exitCodeOf(run);
  if (code === 2) return run.counts.error > 0 || run.aborted !== undefined ? 'error' : 'skip';
  return code === 1 ? 'fail' : 'pass';
};

const verdictWords: Readonly<Record<Status, string>> = {
  pass: 'Passed',
  fail: 'Failed',
  error: 'Could not be told',
  skip: 'Nothing was proved',
};

const headlineOf = (run: RunRecord): string => {
  const told = statuses
    .filter((status) => run.counts[status] > 0)
    .map((status) => `${run.counts[status]} ${status}`);
  const part = run.shard === undefined ? '' : `, shard ${run.shard.index} of ${run.shard.count}`;
  return `${verdictWords[verdictOf(run)]}${part}: ${told.join(', ') || 'no case'}`;
};

/** Green cases say nothing of the plugin where it could do nothing and pass. */
const tellVacuous = ({ cases, vacuous }: RunRecord): Markup | undefined => {
  const names = new Set(vacuous.map(({ name }) => name));
  const passed = cases.filter(({ status }) => status === 'pass');
  const count = passed.filter(({ name }) => names.has(name)).length;
  return count === 0
    ? undefined
    : html`<p>A plugin that does nothing would pass ${count} of the ${passed.length} that passed.</p>`;
};

const formatVacuous = ({ vacuous }: RunRecord): Markup =>
  html`<p>A plugin that does nothing would pass these.</p>
    <dl>
      ${vacuous.map(
        ({ name, reason }) =>
          html`<dt><code>${name}</code></dt>
            <dd>${reason}</dd>`,
      )}
    </dl>`;

const formatEnvironment = ({ command, config, environment, tool, run }: RunRecord): Markup => {
  const told: Record<string, unknown> = {
    run,
    tool: `${tool.name} ${tool.version}`,
    command: command.join(' '),
    provider: environment.provider,
    plugin: environment.plugin,
    families: environment.families.join(', '),
    nodes: environment.nodes,
    ...environment.versions,
  };
  const settings = Object.entries(config).filter(([, value]) => !isEmpty(value));
  const rows = (entries: readonly [string, unknown][]): Markup =>
    html`<table>
      <tbody>
        ${entries.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${typeof value === 'string' ? value : JSON.stringify(value)}</td>
            </tr> `,
        )}
      </tbody>
    </table>`;
  return html`<div class="wide" tabindex="0" role="group" aria-label="What ran">
      ${rows(Object.entries(told))}
    </div>
    <h3>Settings</h3>
    <div class="wide" tabindex="0" role="group" aria-label="Settings">${rows(settings)}</div>`;
};

const isEmpty = (value: unknown): boolean =>
  value === '' || value === false || (Array.isArray(value) && value.length === 0);
