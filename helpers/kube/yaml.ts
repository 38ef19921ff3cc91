import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Alias, Document, Node, Pair, Tags } from 'yaml';
import type { Problem } from '../errors.ts';

/** Names a place inside a document: `['spec', 'ingress', 0, 'from']`. */
export type Path = readonly (string | number)[];

/** Both count from 1. */
export type Position = { line: number; column: number };

export type ParsedDocument = {
  /** Plain JSON data, read as Kubernetes reads YAML (1.1: an unquoted `yes`, `on` or `y` is a boolean). */
  value: unknown;
  /** Where the value at this path begins; where there is none, that of its nearest existing ancestor. */
  positionOf: (path: Path) => Position;
  /** Where the key of the value at this path begins; an item of a list has its own position. */
  keyPositionOf: (path: Path) => Position;
};

/**
 * Reads all YAML or JSON documents of a text. Documents that hold nothing are left out, and so are those with
 * a problem. Never throws: what is wrong comes back with its line and column.
 */
export const parseDocuments = (
  text: string,
  file: string,
): { documents: ParsedDocument[]; problems: Problem[] } => {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const documents: ParsedDocument[] = [];
  const complain = (offset: number, message: string): void => {
    problems.push({ file, ...positionAt(lines, offset), message });
  };
  for (const document of parseSafely(text, lines, complain)) {
    const start = document.contents?.range?.[0] ?? document.range[0];
    const errors = document.errors.filter(isTooDeep).slice(0, 1);
    for (const error of errors.length > 0 ? errors : document.errors)
      complain(error.pos[0], isTooDeep(error) ? tooDeep : firstSentence(error.message));
    const lost = listLostAliases(document);
    for (const { range, source } of lost)
      complain(range?.[0] ?? start, `the alias *${source} has no anchor &${source} before it`);
    if (document.errors.length + lost.length > 0) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value === null || value === undefined) continue;
      if (containsItself(value)) complain(start, 'an anchor contains an alias to itself');
      else documents.push({ value, ...locate(document, lines) });
    } catch (thrown) {
      complain(start, messageOfFailure(thrown));
    }
  }
  return { documents, problems };
};

type Parsed = Document.Parsed;

const parseSafely = (
  text: string,
  lines: LineCounter,
  complain: (offset: number, message: string) => void,
): Parsed[] => {
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
      version: '1.1',
      customTags: likeKubernetes,
    });
    return [...parsed];
  } catch (thrown) {
    complain(0, messageOfFailure(thrown));
    return [];
  }
};

/** Kubernetes' parser knows no dates, no base-60 numbers and no collections beyond JSON's. */
const likeKubernetes = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      !(tag.format === 'TIME' || /:(timestamp|binary|omap|pairs|set)$/.test(tag.tag)),
  );

const listLostAliases = (document: Parsed): Alias[] => {
  const lost: Alias[] = [];
  if (document.errors.length > 0) return lost;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) lost.push(alias);
    },
  });
  return lost;
};

const tooDeep = 'the document is nested too deeply';

/** What the parser makes of its own full stack. */
const isTooDeep = ({ message }: Error): boolean => message.startsWith('Maximum call stack size exceeded');

const messageOfFailure = (thrown: unknown): string => {
  if (thrown instanceof RangeError) return tooDeep;
  const message = thrown instanceof Error ? thrown.message : 'the document cannot be read';
  return message.startsWith('Excessive alias count')
    ? 'aliases (*name) repeat so much content that the document is refused'
    : message;
};

const firstSentence = (message: string): string => (message.split('\n')[0] ?? message).replace(/:$/, '');

const containsItself = (value: unknown, above = new Set<unknown>()): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (above.has(value)) return true;
  above.add(value);
  const found = Object.values(value).some((part) => containsItself(part, above));
  above.delete(value);
  return found;
};

const positionAt = (lines: LineCounter, offset: number): Position => {
  const { line, col } = lines.linePos(Math.max(0, offset));
  return line === 0 ? { line: 1, column: 1 } : { line, column: col };
};

const locate = (document: Parsed, lines: LineCounter): Omit<ParsedDocument, 'value'> => {
  const top: Place = { value: document.contents, key: document.contents };
  const placeOf = (path: Path): Place => {
    let place = top;
    for (const segment of path) {
      const next = stepInto(place.value, segment, document);
      if (next === undefined) return place;
      place = next;
    }
    return place;
  };
  const offsetOf = (node: Node | null): number => node?.range?.[0] ?? document.contents?.range?.[0] ?? 0;
  return {
    positionOf: (path) => positionAt(lines, offsetOf(placeOf(path).value)),
    keyPositionOf: (path) => positionAt(lines, offsetOf(placeOf(path).key)),
  };
};

type Place = { value: Node | null; key: Node | null };

const stepInto = (node: Node | null, segment: string | number, document: Parsed): Place | undefined => {
  const target = isAlias(node) ? (node.resolve(document) ?? null) : node;
  if (isSeq<Node>(target)) {
    const item = target.items[Number(segment)];
    return item === undefined ? undefined : { value: item, key: item };
  }
  if (!isMap<Node, Node | null>(target)) return undefined;
  const pair = target.items.find((candidate) => keyOf(candidate) === String(segment));
  return pair === undefined ? undefined : { value: pair.value ?? pair.key, key: pair.key };
};

const keyOf = (pair: Pair<Node, Node | null>): string | undefined =>
  isScalar(pair.key) ? String(pair.key.value) : undefined;
