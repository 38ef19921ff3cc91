import { glob } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, parseFlags, type Config } from '../config.ts';
import { InputError, UsageError, type Problem } from '../errors.ts';
import { help } from './help.ts';
import { lintScenario } from './lint.ts';
import { chooseScenarios, keepOnly, loadSuite, type LoadedSuite } from './suite.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The words of a command line, all checked: configuration, filters and the flags that are not settings. */
export const readCommandLine = (
  command: keyof typeof help,
  argv: readonly string[],
): { config: Config; positionals: string[]; json: boolean } => {
  const { options, more } = help[command];
  const extra = Object.fromEntries(
    more.map(([flag]) => {
      const [name = '', placeholder] = flag.replace('--', '').split(' ');
      return [name, { type: placeholder === undefined ? ('boolean' as const) : ('string' as const) }];
    }),
  );
  const { flags, positionals } = parseFlags(command, argv, options, extra);
  const asked = typeof flags.config === 'string' ? flags.config : undefined;
  if (asked !== undefined && !existsSync(asked)) {
    throw new UsageError({
      subject: `\`--config\`: no file ${asked}`,
      wanted: 'a YAML file',
      next: 'netpol run --help',
    });
  }
  const file = asked ?? (existsSync('netpol.yaml') ? 'netpol.yaml' : undefined);
  return { config: loadConfig(flags, process.env, file), positionals, json: flags.json === true };
};

/**
 * The suite that a command line chooses, its scenarios loaded, linted against the oracle, and filtered.
 * @throws InputError, UsageError
 */
export const selectSuite = async (
  filters: readonly string[],
  { features, skip }: Pick<Config, 'features' | 'skip'>,
): Promise<LoadedSuite & { skipped: ReturnType<typeof chooseScenarios>['skipped'] }> => {
  const files = await Array.fromAsync(glob('suites/network-policy/**/*.spec.ts', { cwd: root }));
  const suite = await loadSuite(files.toSorted().map((file) => join(root, file)));
  const { chosen, skipped } = chooseScenarios(suite.scenarios, { filters, features, skip });
  const problems: Problem[] = [...chosen].flatMap(lintScenario);
  if (problems.length > 0) throw new InputError('The scenarios are not right:', problems);
  return { ...keepOnly(suite, chosen), skipped };
};
