import {
  describeComparison,
  describeSame,
  exitCodeOfComparison,
  wordOfTime,
  type ComparedCase,
  type ComparedRun,
  type Comparison,
} from '../compare.ts';
import { describeFeature } from '../compare-features.ts';
import { groupByArea } from '../property-areas.ts';
import { statuses, type Status } from '../record.ts';
import { formatSeconds, formatSettle } from '../text.ts';
import { html, type Markup } from './markup.ts';
import { formatPage, formatParts, statusCell } from './page.ts';

type Cell = { words: string; status?: Status | undefined };

/** Runs side by side as one HTML file: plugins x features, what differs, and how long changes took. */
export const formatComparePage = (comparison: Comparison): string => {
  const { runs, regressions, fixed, changed, missing, flaky, slower } = comparison;
  const [first] = runs;
  const cases = (title: string, rows: readonly ComparedCase[]): Part => ({
    title,
    count: rows.length,
    markup: tabulate(
      title,
      runs,
      rows.map(({ name, statuses, reason }) => ({
        name,
        cells: statuses.map((status) => ({ words: status ?? '-', status: status ?? undefined })),
        about: reason,
      })),
    ),
  });
  const parts: Part[] = [
    { title: 'Runs', count: 1, markup: formatRuns(runs) },
    { title: 'Features', count: 1, markup: formatFeatures(comparison) },
    cases(`Regressions: passed in ${first?.label}, red later`, regressions),
    cases(`Fixed: red in ${first?.label}, passes later`, fixed),
    cases('Changed otherwise', changed),
    cases('Flaky: the same plugin in the same environment passes and is red', flaky),
    { title: 'Slower', count: slower.length, markup: formatSlower(comparison) },
    cases('Not in every run', missing),
    { title: 'Properties', count: comparison.properties.length, markup: formatProperties(comparison) },
  ];
  const shown = parts
    .filter(({ count }) => count > 0)
    .map((part, index) => ({ ...part, id: `part-${index}` }));
  const told = describeComparison(comparison);
  const headline = told.charAt(0).toUpperCase() + told.slice(1);
  const body = formatParts(
    html`<header>
      <p class="product">netpol-conformance compare</p>
      <h1 class="${statusOf(comparison)}">${headline}</h1>
      <p>${describeSame(comparison)}.</p>
      ${warnOfVersions(runs)}
    </header>`,
    shown,
  );
  return formatPage(`${headline} · netpol-conformance`, body);
};

/** Green only where nothing that passed is missing. */
const statusOf = (comparison: Comparison): Status => {
  const code = exitCodeOfComparison(comparison);
  if (code === 0) return comparison.unproved > 0 ? 'skip' : 'pass';
  return code === 1 ? 'fail' : 'error';
};

type Part = { title: string; count: number; markup: Markup };

const warnOfVersions = (runs: readonly ComparedRun[]): Markup | undefined =>
  new Set(runs.map(({ tool }) => tool)).size <= 1
    ? undefined
    : html`<p class="aborted">
        These versions judge differently: read “May change verdicts” in CHANGELOG.md first.
      </p>`;

/** What each run is, a row for each fact. */
const formatRuns = (runs: readonly ComparedRun[]): Markup => {
  const versions = new Set(runs.flatMap(({ environment }) => Object.keys(environment.versions)));
  const settled = ({ settleMs }: ComparedRun, verdict: 'allow' | 'deny'): string => {
    const times = settleMs[verdict];
    return times === undefined ? '-' : `${formatSettle(times.p50Ms)}, at most ${formatSettle(times.maxMs)}`;
  };
  const facts: [string, (run: ComparedRun) => string][] = [
    ['plugin', ({ environment }) => environment.plugin],
    ['provider', ({ environment }) => environment.provider],
    ['begun', ({ startedAt }) => startedAt],
    ['took', ({ durationMs }) => formatSeconds(durationMs)],
    ...statuses.map((status): [string, (run: ComparedRun) => string] => [
      status,
      ({ counts }) => String(counts[status]),
    ]),
    ['settles: allow', (run) => settled(run, 'allow')],
    ['settles: deny', (run) => settled(run, 'deny')],
    ['aborted', ({ aborted }) => aborted ?? '-'],
    ['families', ({ environment }) => environment.families.join(', ')],
    ['nodes', ({ environment }) => String(environment.nodes)],
    ...[...versions].map((name): [string, (run: ComparedRun) => string] => [
      name === 'plugin' ? 'plugin as found' : name,
      ({ environment }) => environment.versions[name] ?? '-',
    ]),
    ['tool', ({ tool }) => tool],
    ['record', ({ path }) => path],
  ];
  const rows = facts.map(([name, tell]) => ({ name, cells: runs.map((run) => ({ words: tell(run) })) }));
  return tabulate('Runs', runs, rows);
};

const formatFeatures = ({ runs, features }: Comparison): Markup =>
  tabulate(
    'Features',
    runs,
    features.map(({ name, counts }) => ({
      name,
      cells: counts.map((each) => describeFeature(each) ?? { words: '-' }),
    })),
  );

const formatSlower = ({ runs, slower }: Comparison): Markup =>
  html`<p>They settle more than twice as late as in ${runs[0]?.label}.</p>
    ${tabulate(
      'Slower',
      runs,
      slower.map(({ name, settleMs }) => ({
        name,
        cells: settleMs.map((time) => ({ words: wordOfTime(time) })),
      })),
    )}`;

const formatProperties = ({ runs, properties }: Comparison): Markup =>
  html`<p>What the API leaves open, and the plugins do; * where they differ.</p>
    ${tabulate(
      'Properties',
      runs,
      groupByArea(properties).flatMap(({ members }) =>
        members.map(({ name, words, about, differs }) => ({
          name: `${name}${differs ? ' *' : ''}`,
          cells: words.map((word) => ({ words: word ?? '-' })),
          about,
        })),
      ),
    )}`;

/** A row for each name, a column for each run, and a last one for what needs a sentence. */
const tabulate = (
  label: string,
  runs: readonly ComparedRun[],
  rows: readonly { name: string; cells: readonly Cell[]; about?: string }[],
): Markup => {
  const isTold = rows.some(({ about = '' }) => about !== '');
  return html`<div class="wide" tabindex="0" role="group" aria-label="${label}">
    <table>
      <thead>
        <tr>
          <td></td>
          ${runs.map(({ label, apart }) => html`<th scope="col">${label} ${apart}</th>`)}
          ${isTold ? html`<th scope="col">about</th>` : undefined}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, cells, about }) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map(({ words, status }) =>
                status === undefined ? html`<td>${words}</td>` : statusCell(status, words),
              )}
              ${isTold ? html`<td>${about}</td>` : undefined}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
};
