import { dirname } from 'node:path/posix';
import { describeRedCase } from './console.ts';
import type { CaseRecord, RunRecord } from './record.ts';
import { removeControls } from './text.ts';

type Attributes = Record<string, string | number | undefined>;

const layout = { width: 110, colour: false };

/**
 * The run as JUnit XML: a testsuite for each folder of scenarios, a testcase for each case with its name, dotted, as
 * `classname` and its title as `name`. The plugin was wrong: `<failure>`; we could not tell: `<error>`; `<skipped>`.
 * Follows https://github.com/testmoapp/junitxml, as the consumers that look for these elements do.
 */
export const formatJunit = (record: RunRecord): string => {
  const suites = Map.groupBy(record.cases, ({ name }) => dirname(name));
  const attributes = { name: record.tool.name, ...countsOf(record.cases), time: seconds(record.durationMs) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${format(attributes)}>`,
    ...[...suites].flatMap(([folder, cases]) => formatSuite(folder, cases, record)),
    '</testsuites>',
    '',
  ].join('\n');
};

const formatSuite = (folder: string, cases: readonly CaseRecord[], record: RunRecord): string[] => {
  const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const attributes = { name: folder, ...countsOf(cases), time, timestamp: record.startedAt };
  return [
    `  <testsuite${format(attributes)}>`,
    '    <properties>',
    ...Object.entries(propertiesOf(record)).map(
      ([name, value]) => `      <property${format({ name, value })}/>`,
    ),
    '    </properties>',
    ...cases.flatMap(formatCase),
    '  </testsuite>',
  ];
};

const formatCase = (entry: CaseRecord): string[] => {
  const { name, title, file, durationMs } = entry;
  const attributes = { classname: name.replaceAll('/', '.'), name: title, file, time: seconds(durationMs) };
  const result = formatResult(entry);
  if (result === undefined) return [`    <testcase${format(attributes)}/>`];
  return [`    <testcase${format(attributes)}>`, `      ${result}`, '    </testcase>'];
};

const formatResult = (entry: CaseRecord): string | undefined => {
  const message = (entry.message ?? 'no reason was given').split('\n')[0];
  // The evidence lies beside this file, wherever the results were written.
  const text = (): string => escape(describeRedCase(entry, { results: '.' }, layout).join('\n'));
  switch (entry.status) {
    case 'pass':
      return undefined;
    case 'skip':
      return `<skipped${format({ message })}/>`;
    case 'fail':
      return `<failure${format({ message, type: 'fail' })}>${text()}</failure>`;
    case 'error':
      return `<error${format({ message, type: 'error' })}>${text()}</error>`;
  }
};

const propertiesOf = ({ run, tool, environment }: RunRecord): Record<string, string> => ({
  run,
  version: tool.version,
  provider: environment.provider,
  plugin: environment.plugin,
  families: environment.families.join(' '),
  nodes: String(environment.nodes),
  ...Object.fromEntries(
    Object.entries(environment.versions).map(([name, value]) => [`version of ${name}`, value]),
  ),
});

const countsOf = (cases: readonly CaseRecord[]): Attributes => {
  const count = (status: CaseRecord['status']): number =>
    cases.filter((entry) => entry.status === status).length;
  return { tests: cases.length, failures: count('fail'), errors: count('error'), skipped: count('skip') };
};

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

const format = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}="${escape(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// XML 1.0 has no way to write most control characters, lone surrogates, U+FFFE and U+FFFF, not even as entities.
const escape = (text: string): string =>
  removeControls(text)
    .toWellFormed()
    .replaceAll(/[\uFFFE\uFFFF]/g, '')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
