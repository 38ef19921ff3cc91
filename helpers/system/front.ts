import type { Problem } from '../errors.ts';
import { describe, isObject } from '../kube/checks.ts';
import { parseDocuments } from '../kube/yaml.ts';
import type { System } from './system.ts';

/** A release as `system.yaml` lists it. Components of `from` that have no file of their own here are the same here. */
export type ListedRelease = {
  name: string;
  about: string;
  /** The release that clusters come from; absent for the first. */
  from?: string;
  /** Components of `from` that are no more. */
  without: string[];
  line: number;
};

type Front = Pick<System, 'name' | 'about' | 'source' | 'namespaces' | 'tenants'> & {
  releases: ListedRelease[];
};

/** Reads `system.yaml`. What is wrong goes to `problems`. */
export const readFront = (text: string, file: string, problems: Problem[]): Front => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  problems.push(...flaws);
  const [document] = documents;
  const value = isObject(document?.value) ? document.value : {};
  const complain = (place: (string | number)[], message: string): void => {
    problems.push({ file, ...(document?.keyPositionOf(place) ?? { line: 1 }), message });
  };
  const textAt = (key: string): string => {
    const given = value[key];
    if (typeof given === 'string' && given !== '') return given;
    complain(
      [key],
      given === undefined ? `\`${key}\` is missing` : `\`${key}\`: wanted text, got ${describe(given)}`,
    );
    return '';
  };
  for (const key of Object.keys(value))
    if (!known.includes(key)) complain([key], `unknown key \`${key}\`: known are ${known.join(', ')}`);
  const listed = Array.isArray(value['releases']) ? (value['releases'] as unknown[]) : [];
  if (listed.length === 0)
    complain(['releases'], '`releases`: wanted a list like [{ name: before, about: ... }]');
  const releases: ListedRelease[] = [];
  for (const [index, item] of listed.entries()) {
    const release = readRelease(item, releases);
    if (typeof release === 'string') complain(['releases', index], release);
    else releases.push({ ...release, line: document?.positionOf(['releases', index]).line ?? 1 });
  }
  return {
    name: textAt('system'),
    about: textAt('about'),
    source: textAt('source'),
    namespaces: textAt('namespaces'),
    ...(value['tenants'] !== undefined && { tenants: textAt('tenants') }),
    releases,
  };
};

const known = ['system', 'about', 'source', 'namespaces', 'tenants', 'releases'];

/** The release, or what is wrong with it. */
const readRelease = (
  item: unknown,
  earlier: readonly ListedRelease[],
): Omit<ListedRelease, 'line'> | string => {
  const before = earlier.at(-1)?.name;
  const { name, about, from = before, without = [], ...others } = isObject(item) ? item : {};
  const isGood =
    typeof name === 'string' &&
    typeof about === 'string' &&
    Array.isArray(without) &&
    without.every((one) => typeof one === 'string') &&
    Object.keys(others).length === 0;
  if (!isGood)
    return 'wanted { name, about }, and perhaps `from`, a release, and `without`, a list of components';
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    return `\`name\`: wanted that of a folder, got ${describe(name)}`;
  if (earlier.some((other) => other.name === name)) return `two releases are called ${name}`;
  if (from === undefined) return { name, about, without };
  if (typeof from !== 'string' || !earlier.some((other) => other.name === from))
    return `\`from\`: wanted a release above this one, got ${describe(from)}`;
  return { name, about, from, without };
};
