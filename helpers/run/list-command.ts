import { profiles } from '../config.ts';
import { widthOfText } from '../report/layout.ts';
import { wrap } from '../report/text.ts';
import { features } from '../scenario/features.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { vacuousReason } from './lint.ts';
import { profileOf } from './profiles.ts';
import { keepShard, readCommandLine, selectSuite } from './selection.ts';

const aboutProfiles = Object.fromEntries(
  Object.entries(profileOf).map(([name, { about }]): [string, string] => [name, about]),
);

/** `netpol list`: what `run` with the same filters would prove. Returns the exit code. @throws InputError, UsageError */
export const listCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, json } = readCommandLine('list', argv);
  const { scenarios, skipped } = keepShard(await selectSuite(positionals, config), config.shard);
  const listed = scenarios.filter((scenario) => !skipped.has(scenario));
  console.log(
    json
      ? JSON.stringify({ scenarios: listed.map(describe), features, profiles: aboutProfiles }, null, 2)
      : formatList(listed, widthOfText(process.stdout), positionals.length > 0),
  );
  return 0;
};

const describe = (scenario: Scenario): Record<string, unknown> => {
  const { name, title, file, spec, features, pods, steps } = scenario;
  const vacuous = vacuousReason(scenario);
  return {
    name,
    title,
    file,
    spec,
    features,
    pods: pods.length,
    steps: steps.length,
    ...(vacuous !== undefined && { vacuous }),
  };
};

/** `isFiltered`: features that nothing chosen needs say nothing. */
const formatList = (scenarios: readonly Scenario[], width: number, isFiltered: boolean): string => {
  const lines = scenarios.flatMap(({ name, title }) => [name, ...wrap(title, width, '    ', 4)]);
  const used = Object.entries(features).flatMap(([name, sentence]) => {
    const count = scenarios.filter((scenario) => (scenario.features as string[]).includes(name)).length;
    if (isFiltered && count === 0) return [];
    return formatRow(`  ${name.padEnd(28)} ${String(count).padStart(3)}  `, sentence, width);
  });
  const choice = Object.entries(aboutProfiles).flatMap(([name, about]) =>
    formatRow(`  ${name.padEnd(28)}      `, about, width),
  );
  return [
    ...[...lines, '', `${scenarios.length} scenarios, by feature:`, ...used, ''],
    ...wrap(`Others are listed and run with --profile NAME (default ${profiles[0]}):`, width, '', 2),
    ...choice,
  ].join('\n');
};

/** What is told beside a name, or below it where there is no room. */
const formatRow = (start: string, text: string, width: number): string[] =>
  width - start.length < 30
    ? [start.trimEnd(), ...wrap(text, width, '      ', 6)]
    : wrap(text, width, start, start.length);
