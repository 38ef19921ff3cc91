import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtInPlugins, profiles, providers } from '../config.ts';
import { features } from '../scenario/features.ts';
import { modes } from '../system/system.ts';

/** Words that may stand somewhere, and whether the name of a file may. */
export type Answer = { words: string[]; files: boolean };

const manifests = fileURLToPath(new URL('../../manifests/', import.meta.url));

/** What may stand behind a flag, of what begins with `start`; `before`: the words in front of it. */
export const completionsOf = async (
  flag: string,
  start: string,
  before: readonly string[],
): Promise<Answer> => {
  const find = Object.hasOwn(values, flag) ? values[flag] : undefined;
  return { words: (await find?.(start, before)) ?? [], files: !closed.includes(flag) };
};

/** Names of scenarios that begin so, a folder at a time; they are the paths of the files. */
export const scenarioNames = (start: string): string[] => {
  const folder = start.slice(0, start.lastIndexOf('/') + 1);
  // A path of the user is none of ours.
  if (folder.startsWith('/') || folder.startsWith('.') || folder.includes('..')) return [];
  return listFolder(join(manifests, 'scenarios', folder)).flatMap(({ name, isFolder }) =>
    isFolder
      ? [`${folder}${name}/`]
      : name.endsWith('.yaml')
        ? [`${folder}${name.slice(0, -'.yaml'.length)}`]
        : [],
  );
};

type Find = (start: string, before: readonly string[]) => string[] | Promise<string[]>;

const findPlugins: Find = async (start) => {
  const names = [...builtInPlugins, ...namesOf('plugins'), 'mutant:'];
  if (!start.startsWith('mutant:')) return names;
  // They are many modules, and seldom asked for.
  const { mutants } = await import('../reference/mutants.ts');
  return mutants.map(({ name }) => `mutant:${name}`);
};

const findReleases: Find = (_, before) => {
  const system = before.flatMap((word, index) =>
    word === '--system'
      ? [before[index + 1] ?? '']
      : word.startsWith('--system=')
        ? [word.slice('--system='.length)]
        : [],
  )[0];
  if (system === undefined || system === '') return [];
  const shipped = join(manifests, 'systems', system);
  return foldersOf(existsSync(shipped) ? shipped : system);
};

const values: Readonly<Record<string, Find>> = {
  provider: () => [...providers],
  profile: () => [...profiles],
  feature: () => Object.keys(features),
  skip: (start) => [...Object.keys(features), ...scenarioNames(start)],
  plugin: findPlugins,
  'plugin-next': findPlugins,
  'crd-bundle': () => namesOf('crds'),
  system: () => foldersOf(join(manifests, 'systems')),
  release: findReleases,
  from: findReleases,
  to: findReleases,
  mode: () => [...modes],
};

/** Where the name of a file would be wrong. */
const closed = ['provider', 'profile', 'feature', 'skip', 'release', 'from', 'to', 'mode'];

const namesOf = (folder: string): string[] =>
  listFolder(join(manifests, folder)).flatMap(({ name }) =>
    name.endsWith('.yaml') ? [name.slice(0, -'.yaml'.length)] : [],
  );

const foldersOf = (path: string): string[] =>
  listFolder(path).flatMap(({ name, isFolder }) => (isFolder ? [name] : []));

const listFolder = (path: string): { name: string; isFolder: boolean }[] => {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
};
