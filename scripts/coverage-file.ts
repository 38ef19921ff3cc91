import { parseDocuments } from '../helpers/kube/yaml.ts';
import type { ParsedDocument, Path } from '../helpers/kube/yaml.ts';
import type { Problem } from '../helpers/errors.ts';

/** Work that is planned and not done yet; `monitor` is the continuous probing while something is upgraded. */
export const plans = ['domain-names', 'status', 'systems', 'monitor', 'sctp-probes'] as const;

type Proof = { name: string; line: number };

/** What a peer tests, or a text demands. `cases`: how many generated cases it stands for, by default and in all. */
export type CoverageRow = {
  id: string;
  claim: string;
  provedBy: Proof[];
  note?: string;
  later?: (typeof plans)[number];
  cases?: { default: number; all: number };
  line: number;
};

export type CoveragePeer = { id: string; name: string; source: string; rows: CoverageRow[]; line: number };

type Complain = (path: Path, message: string) => void;

/** Reads the text of `manifests/coverage.yaml`. The peers are worth something only where there are no problems. */
export const readCoverage = (text: string, file: string): { peers: CoveragePeer[]; problems: Problem[] } => {
  const { documents, problems } = parseDocuments(text, file);
  const [document] = documents;
  if (document === undefined || problems.length > 0) {
    const empty = { file, line: 1, message: 'the file is empty' };
    return { peers: [], problems: problems.length > 0 ? problems : [empty] };
  }
  const complain: Complain = (path, message) => {
    problems.push({ file, ...document.keyPositionOf(path), message });
  };
  const top = readFields(document.value, [], ['peers'], complain);
  const peers = readList(top['peers'], ['peers'], complain).map((value, index) =>
    readPeer(value, ['peers', index], document, complain),
  );
  refuseTwins(peers, complain);
  return { peers, problems };
};

const readPeer = (value: unknown, path: Path, document: ParsedDocument, complain: Complain): CoveragePeer => {
  const fields = readFields(value, path, ['id', 'name', 'source', 'rows'], complain);
  const source = readText(fields, 'source', path, complain);
  if (source !== '' && !/^https:\/\/\S+$/.test(source)) complain([...path, 'source'], 'wanted an https link');
  const rows = readList(fields['rows'], [...path, 'rows'], complain);
  return {
    id: readId(fields, path, complain),
    name: readText(fields, 'name', path, complain),
    source,
    rows: rows.map((row, index) => readRow(row, [...path, 'rows', index], document, complain)),
    line: document.keyPositionOf(path).line,
  };
};

const rowKeys = ['id', 'claim', 'provedBy', 'note', 'later', 'cases'];

const readRow = (value: unknown, path: Path, document: ParsedDocument, complain: Complain): CoverageRow => {
  const fields = readFields(value, path, rowKeys, complain);
  const { provedBy, note, later, cases } = fields;
  const proofs = provedBy === undefined ? [] : readList(provedBy, [...path, 'provedBy'], complain);
  const plan = plans.find((name) => name === later);
  if (later !== undefined && plan === undefined)
    complain([...path, 'later'], `wanted one of ${plans.join(', ')}, got ${JSON.stringify(later)}`);
  if (later !== undefined && note === undefined)
    complain([...path, 'later'], 'wanted the reason as the `note` of a row that comes later');
  return {
    id: readId(fields, path, complain),
    claim: readText(fields, 'claim', path, complain),
    provedBy: proofs.flatMap((name, index) => {
      const place = [...path, 'provedBy', index];
      if (typeof name !== 'string') complain(place, `wanted a name, got ${JSON.stringify(name)}`);
      else if (proofs.indexOf(name) < index) complain(place, `\`${name}\` stands here twice`);
      else return [{ name, line: document.positionOf(place).line }];
      return [];
    }),
    ...(note !== undefined && { note: readText(fields, 'note', path, complain) }),
    ...(plan !== undefined && { later: plan }),
    ...(cases !== undefined && { cases: readCases(cases, [...path, 'cases'], complain) }),
    line: document.keyPositionOf(path).line,
  };
};

const readCases = (value: unknown, path: Path, complain: Complain): { default: number; all: number } => {
  const fields = readFields(value, path, ['default', 'all'], complain);
  for (const key of ['default', 'all'])
    if (!Number.isInteger(fields[key])) complain([...path, key], `wanted a whole number as \`${key}\``);
  return { default: Number(fields['default']), all: Number(fields['all']) };
};

const readId = (fields: Record<string, unknown>, path: Path, complain: Complain): string => {
  const id = readText(fields, 'id', path, complain);
  if (id !== '' && !/^[a-z0-9]+([-/][a-z0-9]+)*$/.test(id))
    complain([...path, 'id'], `wanted an id of lower-case words and digits, joined with - or /, got ${id}`);
  return id;
};

const readText = (fields: Record<string, unknown>, key: string, path: Path, complain: Complain): string => {
  const text = fields[key];
  if (typeof text === 'string' && text.trim() !== '') return text;
  complain(
    text === undefined ? path : [...path, key],
    `wanted text as \`${key}\`, got ${JSON.stringify(text)}`,
  );
  return '';
};

const readList = (value: unknown, path: Path, complain: Complain): unknown[] => {
  if (Array.isArray(value)) return value as unknown[];
  complain(path, `wanted a list as \`${path.at(-1)}\`, got ${JSON.stringify(value)}`);
  return [];
};

const readFields = (
  value: unknown,
  path: Path,
  known: readonly string[],
  complain: Complain,
): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    complain(path, `wanted a map of ${known.join(', ')}`);
    return {};
  }
  for (const key of Object.keys(value).filter((name) => !known.includes(name)))
    complain([...path, key], `unknown key \`${key}\`: known are ${known.join(', ')}`);
  return value as Record<string, unknown>;
};

const refuseTwins = (peers: readonly CoveragePeer[], complain: Complain): void => {
  const seen = new Set<string>();
  const refuse = (id: string, path: Path): void => {
    if (id !== '' && seen.has(id)) complain([...path, 'id'], `the id \`${id}\` stands here twice`);
    seen.add(id);
  };
  for (const [index, { id, rows }] of peers.entries()) {
    refuse(id, ['peers', index]);
    for (const [row, { id: own }] of rows.entries()) refuse(own, ['peers', index, 'rows', row]);
  }
};
