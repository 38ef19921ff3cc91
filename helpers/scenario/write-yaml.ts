import { stringify } from 'yaml';

// Plain data as YAML the way that people write policies: lists of maps below each other, small maps on one line.
// `yaml` alone writes all of it in one style or the other.

/** The widest map that stands on one line, in characters. */
const widest = 90;

/** A map as lines of block style; what is small in it stands on one line. */
export const formatBlock = (value: object): string[] =>
  entriesOf(value).flatMap(([key, part]) => formatEntry(key, part));

/** The value on one line. */
export const formatFlow = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(formatFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return formatScalar(value, /[,[\]{}]/);
  const entries = entriesOf(value).map(
    ([key, part]) => `${formatScalar(key, /[,[\]{}]/)}: ${formatFlow(part)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
};

/** A scalar, quoted where YAML 1.1 would read something else than the text that it is. */
export const formatScalar = (value: unknown, reserved = /^$/): string => {
  if (typeof value !== 'string') return String(value);
  const isPlain =
    stringify(value, { version: '1.1', lineWidth: 0 }) === `${value}\n` && !reserved.test(value);
  if (isPlain) return value;
  return /[\p{Cc}]/u.test(value) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`;
};

const formatEntry = (key: string, value: unknown): string[] => {
  const flow = formatFlow(value);
  if (typeof value !== 'object' || value === null || isEmpty(value)) return [`${formatScalar(key)}: ${flow}`];
  if (Array.isArray(value) && value.some(isMap))
    return [`${formatScalar(key)}:`, ...value.flatMap((item: unknown) => indent(formatItem(item)))];
  if (key !== 'spec' && flow.length <= widest && !holdsListOfMaps(value))
    return [`${formatScalar(key)}: ${flow}`];
  return Array.isArray(value)
    ? [`${formatScalar(key)}:`, ...value.flatMap((item: unknown) => indent(formatItem(item)))]
    : [`${formatScalar(key)}:`, ...indent(formatBlock(value))];
};

/** An item of a list; the lines after the first are as deep as what follows the dash. */
const formatItem = (item: unknown): string[] => {
  const isSmall = !isMap(item) || Object.values(item).every((part) => !isMap(part) && !holdsListOfMaps(part));
  const [first = '', ...rest] = isSmall ? [formatFlow(item)] : formatBlock(item);
  return [`- ${first}`, ...indent(rest)];
};

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: object): boolean => entriesOf(value).length === 0;

const holdsListOfMaps = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(isMap) : isMap(value) && Object.values(value).some(holdsListOfMaps);

/** What is undefined is absent, as in JSON. */
const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, part]) => part !== undefined);

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
