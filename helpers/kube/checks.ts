import { closestOf } from '../errors/closest.ts';
import { flawOfKey, type Flaw } from './syntax.ts';

// Building blocks that say what a JSON value must look like. Each check reports everything that it finds.

type Report = (path: (string | number)[], message: string) => void;
export type Check = (value: unknown, path: (string | number)[], report: Report) => void;
export type Fields = Record<string, unknown>;

/** One thing that is wrong. The message begins with the path, so that it reads alone. */
export type Violation = { path: (string | number)[]; message: string };

export const findViolations = (check: Check, value: unknown): Violation[] => {
  const violations: Violation[] = [];
  check(value, [], (path, message) => {
    const name = formatPath(path);
    violations.push({ path, message: name === '' ? message : `${name}: ${message}` });
  });
  return violations;
};

/** JSON's null stands for an absent field, in a list for an empty object, as in Go. */
export const object = (
  fields: Record<string, Check>,
  required: readonly string[] = [],
  whole?: (value: Fields) => Flaw,
): Check => {
  const known = someFields(fields, required);
  return (value, path, report) => {
    known(value, path, report);
    const given: unknown = value ?? {};
    if (!isObject(given)) return;
    for (const key of Object.keys(given))
      if (!Object.hasOwn(fields, key)) report([...path, key], unknownField(key, Object.keys(fields)));
    const flaw = whole?.(given);
    if (flaw !== undefined) report(path, flaw);
  };
};

/** An object of which we read some fields only. */
export const someFields =
  (fields: Record<string, Check>, required: readonly string[] = []): Check =>
  (value, path, report) => {
    const given: unknown = value ?? {};
    if (!isObject(given)) return report(path, `must be an object, got ${describe(value)}`);
    for (const key of required)
      if (given[key] === undefined || given[key] === null) report([...path, key], 'is missing');
    for (const [key, check] of Object.entries(fields)) {
      const part = given[key];
      if (part !== null && part !== undefined) check(part, [...path, key], report);
    }
  };

export const listOf =
  (item: Check, whole?: (items: unknown[]) => Flaw): Check =>
  (value, path, report) => {
    if (!Array.isArray(value)) return report(path, `must be a list, got ${describe(value)}`);
    const items: unknown[] = value;
    for (const [index, part] of items.entries()) item(part, [...path, index], report);
    const flaw = whole?.(items);
    if (flaw !== undefined) report(path, flaw);
  };

export const text =
  (flawOf: (value: string) => Flaw = () => undefined): Check =>
  (value, path, report) => {
    if (typeof value !== 'string')
      return report(path, `must be a string, got ${describe(value)}${quoteIt(value)}`);
    const flaw = flawOf(value);
    if (flaw !== undefined) report(path, flaw);
  };

export const truth: Check = (value, path, report) => {
  if (typeof value !== 'boolean') report(path, `must be true or false, got ${describe(value)}`);
};

export const numberThat =
  (flawOf: (value: number) => Flaw): Check =>
  (value, path, report) => {
    if (typeof value !== 'number') return report(path, `must be a number, got ${describe(value)}`);
    const flaw = flawOf(value);
    if (flaw !== undefined) report(path, flaw);
  };

export const oneOf = (...values: string[]): Check =>
  text((value) => {
    if (values.includes(value)) return undefined;
    const meant = closestOf(value, values);
    return `must be ${values.join(' or ')}, got ${JSON.stringify(value)}${hint(meant)}`;
  });

export const mapOf =
  (flawOfItem: (value: string) => Flaw, flawOfName: (key: string) => Flaw = flawOfKey): Check =>
  (value, path, report) => {
    if (!isObject(value)) return report(path, `must be an object, got ${describe(value)}`);
    for (const [key, part] of Object.entries(value)) {
      const flaw = flawOfName(key);
      if (flaw !== undefined) report([...path, key], flaw);
      text(flawOfItem)(part, [...path, key], report);
    }
  };

/** `spec.ingress[0].from[1].podSelector` */
const formatPath = (path: readonly (string | number)[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : /^\w+$/.test(part) ? `.${part}` : `['${part}']`))
    .join('')
    .replace(/^\./, '');

const unknownField = (key: string, known: readonly string[]): string =>
  `unknown field${hint(closestOf(key, known))}`;

const hint = (meant: string | undefined): string => (meant === undefined ? '' : `, did you mean ${meant}?`);

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const describe = (value: unknown): string => {
  if (typeof value === 'boolean' || typeof value === 'number') return `the ${typeof value} ${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'an object';
};

const quoteIt = (value: unknown): string => {
  if (typeof value === 'number') return ': quote it';
  return typeof value === 'boolean'
    ? ': quote it (unquoted yes, no, on, off, y and n are booleans in YAML)'
    : '';
};
