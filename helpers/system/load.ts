import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, type Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { parseDocuments } from '../kube/yaml.ts';
import { readDelivery } from './delivery.ts';
import { lintSystem } from './lint.ts';
import type { Delivery, System, SystemRelease } from './system.ts';

const shipped = fileURLToPath(new URL('../../manifests/systems/', import.meta.url));

/** The names of the systems that come with this package. */
export const listSystems = async (): Promise<string[]> =>
  (await readdir(shipped, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();

/**
 * Reads a system by its name, or from a directory: `system.yaml`, and `<release>/<component>.yaml` for each component
 * that is new in a release or changes there.
 * @throws InputError with every problem of every file at once
 */
export const loadSystem = async (nameOrPath: string): Promise<System> => {
  const own = path.join(shipped, nameOrPath);
  const directory = /^[a-z0-9-]+$/.test(nameOrPath) && existsSync(own) ? own : nameOrPath;
  const show = (location: string): string => {
    const relative = path.relative(process.cwd(), location);
    return relative === '' || relative.startsWith('..') ? location : relative;
  };
  const problems: Problem[] = [];
  const front = path.join(directory, 'system.yaml');
  if (!existsSync(front)) {
    const known = (await listSystems()).join(', ');
    const message = `no system.yaml here; wanted a directory that has one, or one of ${known}`;
    throw new InputError('The system cannot be read', [{ file: show(directory), message }]);
  }
  const description = readFront(await readFile(front, 'utf8'), show(front), problems);
  const releases: SystemRelease[] = [];
  let before: ReadonlyMap<string, Delivery> = new Map();
  for (const { name, about, without } of description.releases) {
    const folder = path.join(directory, name);
    const files = existsSync(folder) ? (await readdir(folder)).toSorted() : [];
    const changed: Delivery[] = [];
    for (const file of files) {
      const location = path.join(folder, file);
      const delivery = readDelivery(await readFile(location, 'utf8'), show(location), problems);
      if (delivery !== undefined) changed.push(delivery);
    }
    const kept = [...before].filter(([component]) => !without.includes(component));
    const deliveries = new Map([...kept, ...changed.map((one): [string, Delivery] => [one.component, one])]);
    releases.push({ name, about, deliveries });
    before = deliveries;
  }
  const { name, about, source, namespaces } = description;
  const system: System = { name, about, source, namespaces, releases };
  if (problems.length === 0) problems.push(...lintSystem(system, show(front)));
  if (problems.length > 0) throw new InputError(`${show(directory)}: the system is not right`, problems);
  return system;
};

type Front = Pick<System, 'name' | 'about' | 'source' | 'namespaces'> & {
  releases: { name: string; about: string; without: string[] }[];
};

const readFront = (text: string, file: string, problems: Problem[]): Front => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  problems.push(...flaws);
  const [document] = documents;
  const value = isObject(document?.value) ? document.value : {};
  const complain = (place: (string | number)[], message: string): void => {
    problems.push({ file, ...(document?.positionOf(place) ?? { line: 1 }), message });
  };
  const textAt = (key: string): string => {
    const given = value[key];
    if (typeof given === 'string' && given !== '') return given;
    complain([key], `\`${key}\`: wanted text`);
    return '';
  };
  for (const key of Object.keys(value))
    if (!['system', 'about', 'source', 'namespaces', 'releases'].includes(key))
      complain([key], `unknown key \`${key}\``);
  const listed = Array.isArray(value['releases']) ? (value['releases'] as unknown[]) : [];
  if (listed.length === 0)
    complain(['releases'], '`releases`: wanted a list like [{ name: before, about: ... }]');
  const releases = listed.flatMap((item, index) => {
    const { name, about, without = [], ...others } = isObject(item) ? item : {};
    const isGood =
      typeof name === 'string' &&
      typeof about === 'string' &&
      Array.isArray(without) &&
      Object.keys(others).length === 0;
    if (!isGood)
      complain(['releases', index], 'wanted { name, about } and perhaps `without`, a list of components');
    return isGood ? [{ name, about, without: (without as unknown[]).map(String) }] : [];
  });
  return {
    name: textAt('system'),
    about: textAt('about'),
    source: textAt('source'),
    namespaces: textAt('namespaces'),
    releases,
  };
};
