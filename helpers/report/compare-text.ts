import { describeComparison, type ComparedCase, type ComparedRun, type Comparison } from './compare.ts';
import { describeFeature } from './compare-features.ts';
import { groupByArea } from './property-areas.ts';
import { statuses } from './record.ts';
import { describeEnvironment } from './summary.ts';
import { formatTable } from './table.ts';
import { cutEnd, formatSettle, removeControls, wrap } from './text.ts';

/** Cases that one of the runs does not have; the rest is in `--json`. Runs of other profiles have hundreds. */
const maximumMissing = 20;

/** Runs side by side for a terminal: what they are, what their plugins do, which cases differ. Needs no colour. */
export const formatComparison = (comparison: Comparison, width: number): string => {
  const { runs, regressions, fixed, changed, missing, same, flaky } = comparison;
  const [first] = runs;
  const cases = (title: string, rows: readonly ComparedCase[], maximum = rows.length): string[] =>
    formatCases({ title: `${title} (${rows.length})`, rows, maximum }, runs, width);
  const sections = [
    runs.flatMap((run) => describeRun(run, width)),
    warnOfVersions(runs, width),
    formatTable(
      countsOf(comparison),
      runs.map(({ label }) => label),
      width,
    ),
    formatProperties(comparison, width),
    cases(`regressions: passed in ${first?.label}, red later`, regressions),
    cases(`fixed: red in ${first?.label}, passes later`, fixed),
    cases('changed otherwise', changed),
    cases('flaky: the same plugin in the same environment passes and is red', flaky),
    formatSlower(comparison, width),
    formatFeatures(comparison, width),
    cases('not in every run', missing, maximumMissing),
    wrap(`${countCases(same)} the same status in every run; ${describeComparison(comparison)}`, width, '', 2),
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

const countsOf = ({ runs }: Comparison): Parameters<typeof formatTable>[0] => {
  const row = (name: string, wordOf: (run: ComparedRun) => string) => ({
    name,
    words: runs.map(wordOf),
    about: '',
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
    rows: members.map(({ name, about, words, differs }) => ({
      name: removeControls(`${differs ? '*' : ' '} ${name}`),
      words: words.map((word) => removeControls(word ?? '-')),
      about,
    })),
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

const formatCases = (
  { title, rows, maximum }: { title: string; rows: readonly ComparedCase[]; maximum: number },
  runs: readonly ComparedRun[],
  width: number,
): string[] => {
  if (rows.length === 0) return [];
  const section = {
    title,
    rows: rows.slice(0, maximum).map(({ name, statuses, reason }) => ({
      name: removeControls(name),
      words: statuses.map((status) => status ?? '-'),
      about: removeControls(reason),
    })),
  };
  const hidden = rows.length - section.rows.length;
  return [
    ...formatTable(
      [section],
      runs.map(({ label }) => label),
      width,
    ),
    ...(hidden > 0 ? [`  ... and ${hidden} more, all of them with --json`] : []),
  ];
};

const formatSlower = ({ runs, slower }: Comparison, width: number): string[] => {
  if (slower.length === 0) return [];
  const rows = slower.map(({ name, settleMs }) => ({
    name: removeControls(name),
    words: settleMs.map((time) => (time === null ? '-' : formatSettle(time))),
    about: '',
  }));
  const title = `slower: settles more than twice as late as in ${runs[0]?.label} (${slower.length})`;
  return formatTable(
    [{ title, rows }],
    runs.map(({ label }) => label),
    width,
  );
};

/** Features that do not look the same in every run; all of them are on the page. */
const formatFeatures = ({ runs, features }: Comparison, width: number): string[] => {
  const rows = features
    .map(({ name, counts }) => ({
      name: removeControls(name),
      words: counts.map((each) => describeFeature(each)?.words ?? '-'),
      about: '',
    }))
    .filter(({ words }) => new Set(words).size > 1);
  if (rows.length === 0) return [];
  return formatTable(
    [{ title: `features that differ (${rows.length} of ${features.length})`, rows }],
    runs.map(headingOf),
    width,
  );
};

const countCases = (count: number): string => (count === 1 ? '1 case has' : `${count} cases have`);
