import { dirname } from 'node:path/posix';
import { describeRedCase } from './console.ts';
import type { CaseRecord, RunRecord } from './record.ts';
import { replayFlags } from './replay.ts';
import { escapeXml, formatAttributes, type Attributes } from './xml.ts';

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
    `<testsuites${formatAttributes(attributes)}>`,
    ...[...suites].flatMap(([folder, cases]) => formatSuite(folder, cases, record)),
    '</testsuites>',
    '',
  ].join('\n');
};

const formatSuite = (folder: string, cases: readonly CaseRecord[], record: RunRecord): string[] => {
  const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const attributes = { name: folder, ...countsOf(cases), time, timestamp: record.startedAt };
  return [
    `  <testsuite${formatAttributes(attributes)}>`,
    '    <properties>',
    ...Object.entries(propertiesOf(record)).map(
      ([name, value]) => `      <property${formatAttributes({ name, value })}/>`,
    ),
    '    </properties>',
    ...cases.flatMap((entry) => formatCase(entry, replayFlags(record))),
    '  </testsuite>',
  ];
};

const formatCase = (entry: CaseRecord, flags: readonly string[]): string[] => {
  const { name, title, file, durationMs } = entry;
  const attributes = { classname: name.replaceAll('/', '.'), name: title, file, time: seconds(durationMs) };
  const result = formatResult(entry, flags);
  if (result === undefined) return [`    <testcase${formatAttributes(attributes)}/>`];
  return [`    <testcase${formatAttributes(attributes)}>`, `      ${result}`, '    </testcase>'];
};

const formatResult = (entry: CaseRecord, flags: readonly string[]): string | undefined => {
  const message = (entry.message ?? 'no reason was given').split('\n')[0];
  // The evidence lies beside this file, wherever the results were written.
  const text = (): string => escapeXml(describeRedCase(entry, { results: '.', flags }, layout).join('\n'));
  switch (entry.status) {
    case 'pass':
      return undefined;
    case 'skip':
      return `<skipped${formatAttributes({ message })}/>`;
    case 'fail':
      return `<failure${formatAttributes({ message, type: 'fail' })}>${text()}</failure>`;
    case 'error':
      return `<error${formatAttributes({ message, type: 'error' })}>${text()}</error>`;
  }
};

const propertiesOf = ({ run, tool, environment, shard }: RunRecord): Record<string, string> => ({
  run,
  ...(shard !== undefined && { shard: `${shard.index}/${shard.count}` }),
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
