import { closestOf } from '../errors/closest.ts';
import { flawOfKey, flawOfLabelValue } from '../kube/syntax.ts';
import type { Flaw } from '../kube/syntax.ts';
import type { Labels } from '../kube/types.ts';
import type { Path, Position } from '../kube/yaml.ts';

/** Reports a problem at the value (or the key) of a path in a scenario's front matter. */
export type Complain = (path: Path, message: string, where?: 'key' | Position) => void;

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as a map; undefined, with a complaint, where it is none. */
export const readFields = (
  value: unknown,
  path: Path,
  complain: Complain,
  wanted: string,
): Fields | undefined => {
  if (isFields(value)) return value;
  complain(path, `wanted ${wanted}, got ${describe(value)}`);
  return undefined;
};

/** Complains about each key that is not `known`. */
export const refuseUnknownKeys = (
  fields: Fields,
  known: readonly string[],
  path: Path,
  complain: Complain,
): void => {
  for (const key of Object.keys(fields).filter((name) => !known.includes(name))) {
    complain([...path, key], `unknown key \`${key}\`: ${hintFor(key, known)}${booleanHint(key)}`, 'key');
  }
};

/** Behind a complaint about a word that is not `known`. */
export const hintFor = (word: string, known: readonly string[]): string => {
  const closest = closestOf(word, known);
  return closest === undefined ? `known are ${known.join(', ')}` : `did you mean \`${closest}\`?`;
};

/** A string that is not empty; undefined, with a complaint, where it is none. */
export const readText = (
  value: unknown,
  path: Path,
  complain: Complain,
  wanted = 'text',
): string | undefined => {
  if (typeof value === 'string' && value.trim() !== '') return value;
  complain(path, `wanted ${wanted}, got ${describeAsText(value)}`);
  return undefined;
};

/** One string or a list of strings, without repetition. */
export const readTexts = (value: unknown, path: Path, complain: Complain, wanted: string): string[] => {
  if (Array.isArray(value) && value.length === 0) complain(path, `wanted ${wanted}, got an empty list`);
  const items: [unknown, Path][] = Array.isArray(value)
    ? value.map((item: unknown, index) => [item, [...path, index]])
    : [[value, path]];
  const texts: string[] = [];
  for (const [item, place] of items) {
    const text = readText(item, place, complain, wanted);
    if (text === undefined) continue;
    if (texts.includes(text)) complain(place, `\`${text}\` stands here twice`);
    else texts.push(text);
  }
  return texts;
};

/** A map of labels that the API server would take. */
export const readLabels = (value: unknown, path: Path, complain: Complain): Labels => {
  const labels: Labels = {};
  for (const [key, label] of Object.entries(
    readFields(value, path, complain, 'labels like { app: web }') ?? {},
  )) {
    const keyFlaw = flawOfKey(key);
    if (keyFlaw !== undefined) complain([...path, key], keyFlaw, 'key');
    const flaw: Flaw =
      typeof label === 'string' ? flawOfLabelValue(label) : `wanted text, got ${describeAsText(label)}`;
    if (flaw !== undefined) complain([...path, key], `label \`${key}\`: ${flaw}`);
    else labels[key] = label as string;
  }
  return labels;
};

/** Reads `created: later`: whether something is there only from a step on. */
export const readCreated = (value: unknown, path: Path, complain: Complain): boolean => {
  if (value !== 'later')
    complain(path, `wanted \`later\` (or nothing: created before the first step), got ${describe(value)}`);
  return true;
};

/** What a value is, with the trap that made it so: YAML 1.1 reads more words as booleans than people do. */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (typeof value === 'boolean')
    return `${String(value)} (YAML reads yes, no, on, off, y and n as booleans: quote it)`;
  if (typeof value === 'number') return `${value} (a number)`;
  if (typeof value === 'string') return value.trim() === '' ? 'empty text' : `\`${value}\``;
  return Array.isArray(value) ? 'a list' : 'a map';
};

const describeAsText = (value: unknown): string =>
  typeof value === 'number' ? `${value} (a number: quote it)` : describe(value);

/** Behind a complaint about a key that YAML turned from `y` or `on` into a boolean. */
export const booleanHint = (key: string): string =>
  key === 'true' || key === 'false' ? ' (YAML reads yes, no, on, off, y and n as booleans: quote it)' : '';
