import {
  describeComparison,
  describeSame,
  wordOfTime,
  type ComparedCase,
  type ComparedRun,
  type Comparison,
} from './compare.ts';
import { describeFeature } from './compare-features.ts';
import { groupByArea } from './property-areas.ts';
import { statuses } from './record.ts';
import { describeEnvironment } from './summary.ts';
import { formatTable, type Row, type Section } from './table.ts';
import { cutEnd, formatSettle, removeControls, wrap } from './text.ts';

/** Cases that one of the runs does not have; the rest is in `--json`. Runs of other profiles have hundreds. */
const maximumMissing = 20;

/** Runs side by side for a terminal: what they are, what their plugins do, which cases differ. Needs no colour. */
export const formatComparison = (comparison: Comparison, width: number): string => {
  const { runs, regressions, fixed, changed, missing, slower, flaky } = comparison;
  const labels = runs.map(({ label }) => label);
  const [first] = labels;
  const tabulate = (title: string, rows: readonly Row[], headings = labels): string[] =>
    rows.length === 0 ? [] : formatTable([{ title, rows: rows.map(cleanRow) }], headings, width);
  const cases = (title: string, all: readonly ComparedCase[], shown = all): string[] => [
    ...tabulate(`${title} (${all.length})`, shown.map(rowOfCase)),
    ...(shown.length < all.length
      ? [`  ... and ${all.length - shown.length} more, all of them with --json`]
      : []),
  ];
  const features = differingFeatures(comparison);
  const sections = [
    runs.flatMap((run) => describeRun(run, width)),
    warnOfVersions(runs, width),
    formatTable(countsOf(runs), labels, width),
    formatProperties(comparison, width),
    cases(`regressions: passed in ${first}, red later`, regressions),
    cases(`fixed: red in ${first}, passes later`, fixed),
    cases('changed otherwise', changed),
    cases('flaky: the same plugin in the same environment passes and is red', flaky),
    tabulate(
      `slower: settles more than twice as late as in ${first} (${slower.length})`,
      slower.map(({ name, settleMs }) => ({ name, words: settleMs.map(wordOfTime) })),
    ),
    tabulate(
      `features that differ (${features.length} of ${comparison.features.length})`,
      features,
      runs.map(headingOf),
    ),
    cases('not in every run', missing, missing.slice(0, maximumMissing)),
    wrap(`${describeSame(comparison)}; ${describeComparison(comparison)}`, width, '', 2),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
};

const describeRun = (run: ComparedRun, width: number): string[] => {
  const { label, path, tool, startedAt, aborted } = run;
  const hang = label.length + 2;
  return [
    ...wrap(`${path}: ${describeEnvironment(run)}`, width, `${label}  `, hang),
    ...wrap(`${tool}, ${startedAt}`, width, ' '.repeat(hang), hang),
    ...(aborted === undefined ? [] : wrap(`aborted: ${aborted}`, width, ' '.repeat(hang), hang)),
  ].map(removeControls);
};

const warnOfVersions = (runs: readonly ComparedRun[], width: number): string[] => {
  if (new Set(runs.map(({ tool }) => tool)).size <= 1) return [];
  const warning =
    'warning: these versions judge differently; read `May change verdicts` in CHANGELOG.md first';
  return wrap(warning, width, '', 2);
};

const cleanRow = ({ name, words, about = '' }: Row): Row => ({
  name: removeControls(name),
  words: words.map(removeControls),
  about: removeControls(about),
});

const rowOfCase = ({ name, statuses, reason }: ComparedCase): Row => ({
  name,
  words: statuses.map((status) => status ?? '-'),
  about: reason,
});

const countsOf = (runs: readonly ComparedRun[]): Section[] => {
  const row = (name: string, wordOf: (run: ComparedRun) => string): Row => ({
    name,
    words: runs.map(wordOf),
  });
  const settled = (verdict: 'allow' | 'deny') =>
    row(verdict, ({ settleMs: { [verdict]: times } }) =>
      times === undefined ? '-' : `${formatSettle(times.p50Ms)}, ${formatSettle(times.maxMs)}`,
    );
  return [
    {
      title: 'cases',
      rows: statuses.map((status) => row(status, ({ counts }) => String(counts[status]))),
    },
    { title: 'time to settle: p50, max', rows: [settled('allow'), settled('deny')] },
  ];
};

const formatProperties = ({ runs, properties }: Comparison, width: number): string[] => {
  if (properties.length === 0) return [];
  const differing = properties.filter(({ differs }) => differs).length;
  const sections = groupByArea(properties).map(({ area, members }) => ({
    title: area,
    rows: members.map(({ name, about, words, differs }) =>
      cleanRow({ name: `${differs ? '*' : ' '} ${name}`, words: words.map((word) => word ?? '-'), about }),
    ),
  }));
  return [
    ...wrap(
      `properties: what the API leaves open; ${differing} of ${properties.length} differ (*)`,
      width,
      '',
      2,
    ),
    ...formatTable(sections, runs.map(headingOf), width - 2).map((line) => `  ${line}`),
  ];
};

/** `A calico`: the letter finds the run, what sets it apart spares the search. */
const headingOf = ({ label, apart }: ComparedRun): string =>
  `${label} ${cutEnd(removeControls(apart), 14)}`.trimEnd();

/** Those that do not look the same in every run; all of them are on the page. */
const differingFeatures = ({ features }: Comparison): Row[] =>
  features
    .map(({ name, counts }) => ({ name, words: counts.map((each) => describeFeature(each)?.words ?? '-') }))
    .filter(({ words }) => new Set(words).size > 1);
