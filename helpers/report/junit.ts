import { dirname } from 'node:path/posix';
import { describeInFile } from './console.ts';
import { countStatuses, exitCodeOf, type CaseRecord, type RunRecord } from './record.ts';
import { replayFlags } from './replay.ts';
import { escapeXml, formatAttributes } from './xml.ts';

/**
 * The run as JUnit XML: a testsuite for each folder of scenarios, a testcase for each case with its name, dotted, as
 * `classname` and its title as `name`. The plugin was wrong: `<failure>`; we could not tell: `<error>`; `<skipped>`.
 * Follows https://github.com/testmoapp/junitxml, as the consumers that look for these elements do.
 */
export const formatJunit = (record: RunRecord): string => {
  const suites = Map.groupBy(record.cases, ({ name }) => dirname(name));
  const whole = untoldOf(record);
  const counts = countsOf(record.cases);
  const more = whole === undefined ? 0 : 1;
  const attributes = {
    name: record.tool.name,
    ...{ ...counts, tests: counts.tests + more, errors: counts.errors + more },
    time: seconds(record.durationMs),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${formatAttributes(attributes)}>`,
    ...[...suites].flatMap(([folder, cases]) => formatSuite(folder, cases, record)),
    ...(whole === undefined ? [] : formatWhole(whole)),
    '</testsuites>',
    '',
  ].join('\n');
};

/** Why a run could not be told although no case of it is red: its exit code is 2, and a reader of this file must see that. */
const untoldOf = (record: RunRecord): string | undefined => {
  if (record.counts.error + record.counts.fail > 0 || exitCodeOf(record) !== 2) return undefined;
  return record.aborted === undefined ? 'nothing was proved' : `aborted: ${record.aborted}`;
};

const formatWhole = (message: string): string[] => [
  `  <testsuite${formatAttributes({ name: 'run', tests: 1, failures: 0, errors: 1, skipped: 0 })}>`,
  `    <testcase${formatAttributes({ classname: 'run', name: 'The run proves something, to its end' })}>`,
  `      <error${formatAttributes({ message, type: 'error' })}/>`,
  '    </testcase>',
  '  </testsuite>',
];

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
  const text = (): string => escapeXml(describeInFile(entry, flags));
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

const countsOf = (
  cases: readonly CaseRecord[],
): Record<'tests' | 'failures' | 'errors' | 'skipped', number> => {
  const { fail, error, skip } = countStatuses(cases);
  return { tests: cases.length, failures: fail, errors: error, skipped: skip };
};

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
