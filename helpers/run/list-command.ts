import { profiles } from '../config.ts';
import { features } from '../scenario/features.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { vacuousReason } from './lint.ts';
import { profileOf } from './profiles.ts';
import { readCommandLine, selectSuite } from './selection.ts';

const aboutProfiles = Object.fromEntries(
  Object.entries(profileOf).map(([name, { about }]): [string, string] => [name, about]),
);

/** `netpol list`: what `run` with the same filters would prove. Returns the exit code. @throws InputError, UsageError */
export const listCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, json } = readCommandLine('list', argv);
  const { scenarios, skipped } = await selectSuite(positionals, config);
  const listed = scenarios.filter((scenario) => !skipped.has(scenario));
  console.log(
    json
      ? JSON.stringify({ scenarios: listed.map(describe), features, profiles: aboutProfiles }, null, 2)
      : formatList(listed),
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

const formatList = (scenarios: readonly Scenario[]): string => {
  const lines = scenarios.map(({ name, title }) => `${name}\n    ${title}`);
  const used = Object.entries(features).map(([name, sentence]) => {
    const count = scenarios.filter((scenario) => (scenario.features as string[]).includes(name)).length;
    return `  ${name.padEnd(28)} ${String(count).padStart(3)}  ${sentence}`;
  });
  const choice = Object.entries(aboutProfiles).map(([name, about]) => `  ${name.padEnd(28)}      ${about}`);
  return [
    ...[...lines, '', `${scenarios.length} scenarios, by feature:`, ...used],
    ...['', `Others are listed and run with --profile NAME (default ${profiles[0]}):`, ...choice],
  ].join('\n');
};
