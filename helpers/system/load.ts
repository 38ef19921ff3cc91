import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, showPath, type Problem } from '../errors.ts';
import { didYouMean } from '../errors/closest.ts';
import { sortProblems } from '../kube/manifests.ts';
import { readDelivery } from './delivery.ts';
import { readFront, type ListedRelease } from './front.ts';
import { lintSystem } from './lint.ts';
import type { Delivery, System, SystemRelease } from './system.ts';

const shipped = fileURLToPath(new URL('../../manifests/systems/', import.meta.url));

/** The names of the systems that come with this package. */
export const listSystems = async (): Promise<string[]> =>
  (await readdir(shipped, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();

const directoryOf = (nameOrPath: string): string => {
  const own = path.join(shipped, nameOrPath);
  return /^[a-z0-9-]+$/.test(nameOrPath) && existsSync(own) ? own : nameOrPath;
};

/** Where the groups of a system's namespaces stand that somebody has published, if there are any. */
export const groupsFileOf = (nameOrPath: string): string => path.join(directoryOf(nameOrPath), 'groups.yaml');

/**
 * Reads a system by its name, or from a directory: `system.yaml`, and `<release>/<component>.yaml` for each component
 * that is new in a release or changes there since the release that clusters come from.
 * @throws InputError with every problem of every file at once
 */
export const loadSystem = async (nameOrPath: string): Promise<System> => {
  const directory = directoryOf(nameOrPath);
  const problems: Problem[] = [];
  const front = path.join(directory, 'system.yaml');
  if (!existsSync(front)) {
    const known = await listSystems();
    const message = `no system.yaml here; wanted a directory that has one, or one of ${known.join(', ')}${didYouMean(nameOrPath, known)}`;
    throw new InputError(
      'The system cannot be read',
      [{ file: showPath(directory), message }],
      'npm start -- system upgrade --system openshift-like; docs/upgrade-order.md tells the form of your own',
    );
  }
  const { releases: listed, ...description } = readFront(
    await readFile(front, 'utf8'),
    showPath(front),
    problems,
  );
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory() && !listed.some(({ name }) => name === entry.name))
      problems.push({
        file: showPath(path.join(directory, entry.name)),
        message: 'no release of system.yaml is called so',
      });
  const releases: SystemRelease[] = [];
  for (const entry of listed) {
    const before =
      releases.find(({ name }) => name === entry.from)?.deliveries ?? new Map<string, Delivery>();
    const { name, about, from } = entry;
    const deliveries = await readRelease(entry, before, front, problems);
    releases.push({ name, about, ...(from !== undefined && { from }), deliveries });
  }
  const system: System = { ...description, releases };
  if (problems.length === 0) problems.push(...lintSystem(system));
  if (problems.length > 0) {
    const sorted = sortProblems(problems, [showPath(front), ...new Set(problems.map(({ file }) => file))]);
    throw new InputError(
      `${showPath(directory)}: the system is not right`,
      sorted,
      'docs/upgrade-order.md tells the form of a system, manifests/systems/kubernetes-addons is an example',
    );
  }
  return system;
};

/** What there is after a release: what its folder beside `front` holds, and what was there before. */
const readRelease = async (
  { name, without, line }: ListedRelease,
  before: ReadonlyMap<string, Delivery>,
  front: string,
  problems: Problem[],
): Promise<Map<string, Delivery>> => {
  const folder = path.join(path.dirname(front), name);
  const files = existsSync(folder) ? (await readdir(folder)).toSorted() : [];
  const deliveries = new Map([...before].filter(([component]) => !without.includes(component)));
  for (const file of files) {
    const location = path.join(folder, file);
    const delivery = readDelivery(await readFile(location, 'utf8'), showPath(location), problems);
    if (delivery !== undefined) deliveries.set(delivery.component, delivery);
  }
  const complain = (message: string): void => void problems.push({ file: showPath(front), line, message });
  if (files.length === 0 && without.length === 0)
    complain(`release ${name} changes nothing: wanted files in ${showPath(folder)}`);
  for (const component of without)
    if (!before.has(component)) complain(`\`without\`: there was no component ${component} before ${name}`);
  return deliveries;
};
