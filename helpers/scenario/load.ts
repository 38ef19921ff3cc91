import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, showPath } from '../errors.ts';
import { readScenario } from './read.ts';
import type { Problem } from '../errors.ts';
import type { Scenario } from './scenario.ts';

const shipped = fileURLToPath(new URL('../../manifests/scenarios/', import.meta.url));

/**
 * Reads a scenario file, or all scenario files below a directory, in the order of their names. `network-policy/peers`
 * means the scenarios that come with this package, where there are such; anything else is a path.
 * @throws InputError with every problem of every file at once
 */
export const loadScenarios = async (nameOrPath: string): Promise<Scenario[]> => {
  const own = /^[a-z]/.test(nameOrPath) ? path.join(shipped, nameOrPath) : nameOrPath;
  const fileOrDirectory = existsSync(own) ? own : nameOrPath;
  const { files, problems } = await listFiles(fileOrDirectory);
  const scenarios: Scenario[] = [];
  for (const { location, name } of files) {
    const read = readScenario(await readFile(location, 'utf8'), showPath(location), name);
    problems.push(...read.problems);
    scenarios.push(read.scenario);
  }
  problems.push(...findDuplicateTitles(scenarios));
  if (problems.length > 0)
    throw new InputError(
      `${showPath(fileOrDirectory)}: ${countOf(problems)} in the scenarios`,
      problems,
      'docs/scenario.md explains each line of a scenario file, CONTRIBUTING.md has all keys',
    );
  return scenarios;
};

/** Reads all scenarios that come with this package. @throws InputError */
export const loadShipped = (): Promise<Scenario[]> => loadScenarios(shipped);

type Listing = { files: { location: string; name: string }[]; problems: Problem[] };

const listFiles = async (given: string): Promise<Listing> => {
  const file = showPath(given);
  const found = await stat(given).catch(() => undefined);
  if (found === undefined) return { files: [], problems: [{ file, message: 'no such file or directory' }] };
  if (!found.isDirectory())
    return { files: [{ location: given, name: nameOf(given, path.dirname(given)) }], problems: [] };
  const entries = await readdir(given, { recursive: true, withFileTypes: true });
  const locations = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
  const problems = locations
    .filter((location) => !isScenario(location))
    .map((location) => ({
      file: showPath(location),
      message: 'not a scenario: wanted a name like deny-all.yaml',
    }));
  const files = locations.filter(isScenario).map((location) => ({ location, name: nameOf(location, given) }));
  if (files.length === 0) problems.push({ file, message: 'no scenarios in this directory' });
  return { files, problems };
};

const isScenario = (location: string): boolean => /^[a-z0-9-]+\.yaml$/.test(path.basename(location));

/** `network-policy/peers/pod-and-namespace`: the path below `manifests/scenarios`, else below the directory given. */
const nameOf = (location: string, directory: string): string => {
  const whole = path.resolve(location).split(path.sep).join('/');
  const [, below = path.relative(directory, location)] = /.*\/manifests\/scenarios\/(.*)$/.exec(whole) ?? [];
  return below.replace(/\.yaml$/, '');
};

const findDuplicateTitles = (scenarios: readonly Scenario[]): Problem[] =>
  scenarios.flatMap(({ title, file }, index) => {
    const first = scenarios.find((other) => title !== '' && other.title === title);
    if (first === undefined || scenarios.indexOf(first) === index) return [];
    return [{ file, line: 1, message: `the same claim stands in ${first.file}` }];
  });

const countOf = (problems: readonly Problem[]): string =>
  `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
