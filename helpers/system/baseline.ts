import type { Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { parseDocuments } from '../kube/yaml.ts';
import { isFindingId, keyOf, type Finding, type FindingId } from './findings.ts';

/** A finding that was there when a team began to audit. */
export type BaselineEntry = {
  id: FindingId;
  namespace: string;
  object: string;
  detail?: string;
  file: string;
  line: number;
};

const schemaVersion = 1;

/** The text of a baseline: a finding a line, in a fixed order, so that what goes is a line that goes. */
export const formatBaseline = (findings: readonly Finding[]): string => {
  const lines = findings
    .map(({ id, namespace, object, detail }) => ({
      id,
      namespace,
      object,
      ...(detail !== undefined && { detail }),
    }))
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    .map((entry) => `\n    ${JSON.stringify(entry)}`);
  return `{\n  "schemaVersion": ${schemaVersion},\n  "findings": [${lines.join(',')}\n  ]\n}\n`;
};

/** What is wrong goes to `problems`. */
export const readBaseline = (text: string, file: string, problems: Problem[]): BaselineEntry[] => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  problems.push(...flaws);
  if (flaws.length > 0) return [];
  const [document] = documents;
  const value = document?.value;
  if (
    document === undefined ||
    !isObject(value) ||
    value['schemaVersion'] !== schemaVersion ||
    !Array.isArray(value['findings'])
  ) {
    problems.push({
      file,
      line: 1,
      message: `wanted a baseline as \`--write-baseline\` writes it: { "schemaVersion": ${schemaVersion}, "findings": [...] }`,
    });
    return [];
  }
  return value['findings'].flatMap((item: unknown, index): BaselineEntry[] => {
    const { line } = document.positionOf(['findings', index]);
    const { id, namespace, object, detail } = isObject(item) ? item : {};
    if (
      isFindingId(id) &&
      typeof namespace === 'string' &&
      typeof object === 'string' &&
      (detail === undefined || typeof detail === 'string')
    )
      return [{ id, namespace, object, ...(detail !== undefined && { detail }), file, line }];
    problems.push({
      file,
      line,
      message: `wanted { id, namespace, object, detail } with a known id, got ${JSON.stringify(item)}`,
    });
    return [];
  });
};
