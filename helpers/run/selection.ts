import { glob } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, type Config } from '../config.ts';
import { parseFlags } from '../config/flags.ts';
import { parseShard, type Shard } from '../config/shard.ts';
import { InputError, UsageError, type Problem } from '../errors.ts';
import { isGenerated } from '../scenario/generated-case.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { settleAll } from '../wait.ts';
import { chooseScenarios } from './choose-scenarios.ts';
import { help, valuesOfMore, type CommandName } from './help.ts';
import { lintScenario } from './lint.ts';
import { choosePool } from './profiles.ts';
import { chooseShard } from './shards.ts';
import { keepOnly, loadSuite, type LoadedSuite } from './suite.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The words of a command line, all checked: configuration, filters and the flags that are not settings. */
export const readCommandLine = (
  command: CommandName,
  argv: readonly string[],
): { config: Config; positionals: string[]; json: boolean; flags: Record<string, unknown> } => {
  const { flags, positionals } = parseFlags(command, argv, help[command].options, valuesOfMore(command));
  const asked = typeof flags.config === 'string' ? flags.config : undefined;
  if (asked !== undefined && !existsSync(asked)) {
    throw new UsageError({
      subject: `\`--config\`: no file ${asked}`,
      wanted: 'a YAML file',
      next: 'npm start -- run --help',
    });
  }
  const file = asked ?? (existsSync('netpol.yaml') ? 'netpol.yaml' : undefined);
  return { config: loadConfig(flags, process.env, file), positionals, json: flags.json === true, flags };
};

/** The scenarios that a command line chooses. */
export type SelectedSuite = LoadedSuite & {
  /** Those that the user does not want, with the reason. */
  skipped: ReadonlyMap<Scenario, string>;
  /** What a filter may mean that is no name, folder, feature or file: how many scenarios it was taken for. */
  guessed?: ReadonlyMap<string, number>;
  /** The hand-drawn scenarios that were not chosen; undefined where they were not even read. */
  unasked: readonly Scenario[] | undefined;
  /** Where only one shard of the chosen ones is left: which, and all of them. */
  shard?: Shard & { selection: readonly Scenario[] };
};

/**
 * The suite that a command line chooses, its scenarios loaded, linted against the oracle, and filtered.
 * @throws InputError, UsageError
 */
export const selectSuite = async (
  filters: readonly string[],
  { profile, features, skip }: Pick<Config, 'profile' | 'features' | 'skip'>,
): Promise<SelectedSuite> => {
  const own = await loadOwnFiles(filters);
  const others = filters.filter((filter) => !own.has(filter));
  const pool = choosePool(profile, others);
  const isOwnOnly = own.size > 0 && others.length === 0;
  const files = isOwnOnly ? [] : await Array.fromAsync(glob(pool.specs, { cwd: root }));
  const scenarios = [...own.values()].flat();
  const suite = await loadSuite(
    files.toSorted(inOrderOf).map((file) => join(root, file)),
    scenarios,
  );
  const { chosen, skipped, guessed } = chooseScenarios(
    suite.scenarios.filter((scenario) => scenarios.includes(scenario) || pool.has(scenario)),
    { filters: [...others, ...scenarios.map(({ file }) => file)], features, skip },
  );
  // The grids of generated cases are the oracle's own.
  const problems: Problem[] = [...chosen]
    .filter((scenario) => scenarios.includes(scenario) || !isGenerated(scenario))
    .flatMap(lintScenario);
  if (problems.length > 0)
    throw new InputError(
      'The scenarios are not right:',
      problems,
      'grid and policies must say the same: correct the one that is wrong, as docs/scenario.md explains',
    );
  // Where one hand-drawn scenario was loaded, all were.
  const drawn = suite.scenarios.filter((scenario) => !isGenerated(scenario) && !scenarios.includes(scenario));
  const unasked = drawn.length === 0 ? undefined : drawn.filter((scenario) => !chosen.has(scenario));
  return { ...keepOnly(suite, chosen), skipped, guessed, unasked };
};

/** What a shard such as `2/8` leaves of a suite; all of it where that is empty. @throws UsageError where that is nothing */
export const keepShard = (suite: SelectedSuite, shard: string): SelectedSuite => {
  const meant = parseShard(shard);
  if (meant === undefined) return suite;
  const chosen = new Set(chooseShard(suite.scenarios, meant, suite.skipped));
  return { ...suite, ...keepOnly(suite, chosen), shard: { ...meant, selection: suite.scenarios } };
};

/** The scenarios of filters that are files of the user, such as what `netpol fuzz` wrote, each by its file's name. */
const loadOwnFiles = async (filters: readonly string[]): Promise<Map<string, Scenario[]>> => {
  const own = filters.filter(
    (filter) => filter.endsWith('.yaml') && existsSync(filter) && !isShipped(filter),
  );
  const loaded = own.map(async (filter): Promise<[string, Scenario[]]> => {
    const scenarios = await loadScenarios(filter);
    return [filter, scenarios.map((scenario) => ({ ...scenario, name: scenario.file }))];
  });
  return new Map(await settleAll(loaded));
};

const isShipped = (path: string): boolean => resolve(path).startsWith(join(root, 'manifests/scenarios/'));

/** What people drew comes before what was generated. */
const inOrderOf = (one: string, other: string): number =>
  Number(one.includes('generated')) - Number(other.includes('generated')) || one.localeCompare(other);
