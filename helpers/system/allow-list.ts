import type { Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { closestOf } from '../errors/closest.ts';
import { parseDocuments, type ParsedDocument } from '../kube/yaml.ts';
import { findingIds, isFindingId, type FindingId } from './findings.ts';

/** A finding that somebody has looked at and accepted. */
export type AllowEntry = {
  id: FindingId;
  /** A glob of names. */
  namespace: string;
  /** `NetworkPolicy x/p`, or its name alone: `p`. Absent: every object of the namespace. */
  object?: string;
  reason: string;
  /** The last day on which it holds, as `2026-12-31`. */
  expires?: string;
  file: string;
  line: number;
};

/** Reads a list like `[{ id, namespace, object?, reason, expires? }]`. What is wrong goes to `problems`. */
export const readAllowList = (text: string, file: string, problems: Problem[]): AllowEntry[] => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  problems.push(...flaws);
  return documents.flatMap((document) => {
    if (Array.isArray(document.value))
      return document.value.flatMap((item: unknown, index) =>
        readEntry(item, index, document, file, problems),
      );
    problems.push({
      file,
      ...document.positionOf([]),
      message: 'wanted a list of entries like { id, namespace, object, reason, expires }',
    });
    return [];
  });
};

const known = ['id', 'namespace', 'object', 'reason', 'expires'];

const readEntry = (
  item: unknown,
  index: number,
  document: ParsedDocument,
  file: string,
  problems: Problem[],
): AllowEntry[] => {
  const before = problems.length;
  const complain = (key: string | undefined, message: string): void => {
    const path = key === undefined ? [index] : [index, key];
    problems.push({ file, ...document.keyPositionOf(path), message });
  };
  if (!isObject(item)) {
    complain(undefined, 'wanted an entry like { id, namespace, object, reason, expires }');
    return [];
  }
  for (const key of Object.keys(item))
    if (!known.includes(key)) complain(key, `unknown key \`${key}\`: known are ${known.join(', ')}`);
  const textAt = (key: string): string | undefined => {
    const value = item[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    complain(key, `\`${key}\`: wanted text, got ${JSON.stringify(value)}`);
    return undefined;
  };
  const [id, namespace, object, reason, expires] = known.map(textAt);
  for (const key of ['id', 'namespace', 'reason'])
    if (item[key] === undefined || item[key] === null)
      complain(undefined, `\`${key}\` is missing${key === 'reason' ? ': say why this is accepted' : ''}`);
  if (id !== undefined && !isFindingId(id)) {
    const meant = closestOf(id, findingIds);
    complain('id', `unknown id \`${id}\`${meant === undefined ? '' : `, did you mean ${meant}?`}`);
  }
  if (expires !== undefined && !isDay(expires))
    complain('expires', `\`expires\`: wanted a day like 2026-12-31, got ${JSON.stringify(expires)}`);
  if (problems.length > before || !isFindingId(id) || namespace === undefined || reason === undefined)
    return [];
  return [
    {
      id,
      namespace,
      reason,
      ...(object !== undefined && { object }),
      ...(expires !== undefined && { expires }),
      file,
      line: document.positionOf([index]).line,
    },
  ];
};

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().startsWith(text);
