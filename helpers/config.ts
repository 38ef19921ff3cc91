import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { implementationOptions, type ImplementationConfig } from './config/implementation.ts';
import { parseValue, wantedOf, type Option } from './config/option.ts';
import { findOutputProblem, outputOptions, type OutputConfig } from './config/output.ts';
import { parseShard, wantedShard } from './config/shard.ts';
import { InputError, messageOf, type Problem } from './errors.ts';
import { didYouMean } from './errors/closest.ts';

export const providers = ['auto', 'lab', 'kind', 'existing'] as const;
export type ProviderName = (typeof providers)[number];

/** Plugins that need no manifest, beside the `mutant:NAME` ones. */
export const builtInPlugins = ['default', 'reference', 'none'] as const;

/** Sets of scenarios to choose from; the first one where nothing else is asked for. */
export const profiles = [
  'hand-drawn',
  'operations',
  'generated-pairwise',
  'generated-precedence',
  'generated-112',
  'generated-all',
  'latency',
  'all',
] as const;
export type ProfileName = (typeof profiles)[number];

/** Everything that a user can set. Milliseconds where a name ends in `Ms`. */
export type Config = {
  provider: ProviderName;
  plugin: string;
  pluginNext: string;
  kubeconfig: string;
  context: string;
  cluster: string;
  keep: boolean;
  kindImage: string;
  probeImage: string;
  kindConfig: string;
  crdBundle: string[];
  lanes: number;
  /** Empty: the first one, and generated cases where they are named. */
  profile: ProfileName | '';
  features: string[];
  skip: string[];
  /** `2/8`, as `parseShard` reads it; empty: all of the suite. */
  shard: string;
  output: string;
  settleBudgetMs: number;
  force: boolean;
  clusterWide: boolean;
} & OutputConfig &
  ImplementationConfig;

/** Flag, environment variable (`NETPOL_` + upper-case flag) and key of netpol.yaml of each setting. */
export const options: Record<keyof Config, Option> = {
  provider: {
    flag: 'provider',
    type: 'string',
    placeholder: providers.join('|'),
    help: 'where to run; auto = existing with --kubeconfig or --context, else kind where Docker and kind answer, else the lab',
  },
  plugin: {
    flag: 'plugin',
    type: 'string',
    placeholder: 'NAME',
    help: `${builtInPlugins.join(', ')}, mutant:NAME, NAME or NAME/MODE under manifests/plugins, or a PATH`,
  },
  pluginNext: {
    flag: 'plugin-next',
    type: 'string',
    placeholder: 'NAME',
    help: 'the version to which scenarios of PluginUpgrade upgrade the plugin, named as for --plugin',
  },
  kubeconfig: {
    flag: 'kubeconfig',
    type: 'string',
    placeholder: 'FILE',
    help: 'of an existing cluster (default: as kubectl finds it)',
  },
  context: { flag: 'context', type: 'string', placeholder: 'NAME', help: 'context in that kubeconfig' },
  cluster: {
    flag: 'cluster',
    type: 'string',
    placeholder: 'NAME',
    help: 'name of the kind cluster; one that runs is used again and left alone',
  },
  keep: { flag: 'keep', type: 'boolean', help: 'leave the kind cluster running afterwards' },
  kindImage: { flag: 'kind-image', type: 'string', placeholder: 'IMAGE', help: 'node image for kind' },
  probeImage: {
    flag: 'probe-image',
    type: 'string',
    placeholder: 'IMAGE',
    help: 'image of the probe pods (Node >= 20)',
  },
  kindConfig: {
    flag: 'kind-config',
    type: 'string',
    placeholder: 'FILE',
    help: 'kind configuration instead of ours',
  },
  crdBundle: {
    flag: 'crd-bundle',
    type: 'list',
    placeholder: 'NAME|FILE|URL',
    help: 'CRDs of the admin tiers to install where they are missing: v0.1-standard, v0.1-experimental, v0.2-standard, v0.2-experimental, a file or an https URL (repeatable)',
  },
  lanes: {
    flag: 'lanes',
    type: 'number',
    placeholder: 'N',
    help: 'scenarios that run at the same time; 0 = as many as fit and pay',
  },
  profile: {
    flag: 'profile',
    type: 'string',
    placeholder: 'NAME',
    help: `which scenarios: ${profiles.join(', ')} (default ${profiles[0]})`,
  },
  features: {
    flag: 'feature',
    type: 'list',
    placeholder: 'NAME',
    help: 'only scenarios that need this feature (repeatable)',
  },
  skip: {
    flag: 'skip',
    type: 'list',
    placeholder: 'NAME',
    help: 'skip this feature, scenario or folder (repeatable)',
  },
  shard: {
    flag: 'shard',
    type: 'string',
    placeholder: 'I/N',
    help: 'only the I-th of N parts of what is chosen; the same choice is always cut the same way',
  },
  output: {
    flag: 'output',
    type: 'string',
    placeholder: 'DIR',
    help: 'where the results go (default results/<run>)',
  },
  settleBudgetMs: {
    flag: 'settle-budget',
    type: 'number',
    placeholder: 'MS',
    help: 'how long a change may take to be enforced; 0 = 5000 in the lab, else 15000',
  },
  force: {
    flag: 'force',
    type: 'boolean',
    help: 'although another run is active on this cluster',
  },
  clusterWide: {
    flag: 'cluster-wide',
    type: 'boolean',
    help: 'on an existing cluster, run also scenarios whose admin policies select pods that are not ours',
  },
  ...outputOptions,
  ...implementationOptions,
};

const emptyOf = { string: '', boolean: false, number: 0, list: [] } as const;

const keys = Object.keys(options) as (keyof Config)[];

/** Nothing asked for: every setting is empty, and the provider is chosen. */
export const defaults = {
  ...Object.fromEntries(keys.map((key) => [key, emptyOf[options[key].type]])),
  provider: 'auto',
} as Config;

export const environmentName = (key: keyof Config): string =>
  `NETPOL_${options[key].flag.replaceAll('-', '_').toUpperCase()}`;

/**
 * Merges defaults < netpol.yaml < environment < flags into one typed object.
 * `flags` as they come from `config/flags.ts`.
 * @throws InputError with every problem of every source at once
 */
export const loadConfig = (
  flags: Record<string, unknown>,
  environment: Record<string, string | undefined>,
  file: string | undefined,
): Config => {
  const problems: Problem[] = [];
  const config = { ...defaults };
  const sources: Partial<Record<keyof Config, string>> = {};
  const set = (key: keyof Config, value: unknown, source: string): void => {
    const parsed = parseValue(options[key].type, value);
    if (parsed === undefined)
      problems.push({
        file: source,
        message: `\`${options[key].flag}\`: wanted ${wantedOf(options[key].type)}, got ${JSON.stringify(value)}`,
      });
    else {
      Object.assign(config, { [key]: parsed });
      sources[key] = source;
    }
  };
  const known = keys.map((key) => options[key].flag);
  for (const [flag, value] of Object.entries(readFile(file, problems))) {
    const key = keys.find((key) => options[key].flag === flag);
    if (key === undefined)
      problems.push({
        file: file ?? '',
        message: `unknown key \`${flag}\`${didYouMean(flag, known) || `; known: ${known.join(', ')}`}`,
      });
    else set(key, value, file ?? '');
  }
  for (const key of keys) {
    const value = environment[environmentName(key)];
    if (value !== undefined && value !== '') set(key, value, environmentName(key));
  }
  for (const key of keys)
    if (flags[options[key].flag] !== undefined) set(key, flags[options[key].flag], 'command line');
  const refuse = (key: 'provider' | 'profile' | 'shard', wanted: string, hint = ''): void =>
    void problems.push({ file: key, message: `wanted ${wanted}, got ${JSON.stringify(config[key])}${hint}` });
  const refuseUnknown = (key: 'provider' | 'profile', known: readonly string[]): void => {
    if (!known.includes(config[key]))
      refuse(key, `one of ${known.join(', ')}`, didYouMean(config[key], known));
  };
  refuseUnknown('provider', providers);
  if (config.profile !== '') refuseUnknown('profile', profiles);
  if (config.shard !== '' && parseShard(config.shard) === undefined) refuse('shard', wantedShard);
  problems.push(...findOutputProblem(config, sources));
  if (problems.length > 0)
    throw new InputError('The configuration is not usable:', problems, 'npm start -- run --help');
  return config;
};

const readFile = (file: string | undefined, problems: Problem[]): Record<string, unknown> => {
  if (file === undefined) return {};
  try {
    const content: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (typeof content === 'object' && !Array.isArray(content)) return content as Record<string, unknown>;
    problems.push({ file, message: 'wanted a mapping of settings' });
  } catch (error) {
    problems.push({ file, message: messageOf(error) });
  }
  return {};
};
