import { relative } from 'node:path';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../errors/closest.ts';
import type { Scenario } from '../scenario/scenario.ts';

type Chosen = {
  chosen: Set<Scenario>;
  /** Those of them that `skip` takes out again, with the reason. */
  skipped: Map<Scenario, string>;
  /** Filters that are no name, folder, feature or file, with how many scenarios have them in a name or title. */
  guessed: Map<string, number>;
};

/**
 * The scenarios that these filters choose, all of them without a filter. A filter means a scenario by its name or file; or,
 * where there is none, those of a feature; or of a folder; or those that have it in a name or title.
 * @throws UsageError where a filter means nothing
 */
export const chooseScenarios = (
  scenarios: readonly Scenario[],
  {
    filters,
    features,
    skip,
  }: { filters: readonly string[]; features: readonly string[]; skip: readonly string[] },
): Chosen => {
  const meant = new Map(
    [...filters, ...features, ...skip].map((filter) => [filter, findMeant(scenarios, filter)]),
  );
  const isMeant = (scenario: Scenario, filter: string): boolean =>
    meant.get(filter)?.found.has(scenario) ?? false;
  const chosen = scenarios.filter(
    (scenario) =>
      (filters.length === 0 || filters.some((filter) => isMeant(scenario, filter))) &&
      (features.length === 0 || scenario.features.some((feature) => features.includes(feature))),
  );
  if (chosen.length === 0) {
    throw new UsageError({
      subject: 'no scenario is left to run',
      wanted: 'filters and features that agree',
      next: 'npm start -- list',
    });
  }
  const skipped = chosen.flatMap((scenario): [Scenario, string][] => {
    const by = skip.find((filter) => isMeant(scenario, filter));
    return by === undefined ? [] : [[scenario, `--skip ${by}`]];
  });
  const guessed = [...meant].flatMap(([filter, { found, isGuess }]): [string, number][] =>
    isGuess ? [[filter, found.size]] : [],
  );
  return { chosen: new Set(chosen), skipped: new Map(skipped), guessed: new Map(guessed) };
};

const findMeant = (
  scenarios: readonly Scenario[],
  filter: string,
): { found: Set<Scenario>; isGuess: boolean } => {
  const path = filter.replace(/\/$/, '');
  const ways: ((scenario: Scenario) => boolean)[] = [
    ({ name, file }) => name === path || file === path || relative(process.cwd(), file) === path,
    ({ features }) => (features as string[]).includes(filter),
    ({ name }) => `/${name}/`.includes(`/${path}/`),
    ({ name, title }) => name.includes(path) || title.toLowerCase().includes(filter.toLowerCase()),
  ];
  for (const [index, isMeant] of ways.entries()) {
    const found = scenarios.filter(isMeant);
    if (found.length > 0) return { found: new Set(found), isGuess: index === ways.length - 1 };
  }
  throw new UsageError({
    subject: `no scenario is meant by \`${filter}\`${didYouMean(path, wordsOf(scenarios))}`,
    wanted: 'a name, a folder, a feature, a scenario file, or a part of a name or title',
    next: 'npm start -- list',
  });
};

/** Names, folders and their parts, and features: what a filter can be that is misspelt. */
const wordsOf = (scenarios: readonly Scenario[]): string[] => {
  const words = new Set<string>();
  for (const { name, features } of scenarios) {
    const parts = name.split('/');
    for (const [start] of parts.entries())
      for (let end = parts.length; end > start; end -= 1) words.add(parts.slice(start, end).join('/'));
    for (const feature of features) words.add(feature);
  }
  return [...words];
};
