import { countStatuses, statuses, type RunRecord } from './record.ts';
import { redactData } from './redact.ts';

/** A record that was written before, or all that is wrong with it. */
export type Read = { record: RunRecord } | { problems: string[] };

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && value >= 0;
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const hasAll =
  (checks: Record<string, Check>): Check =>
  (value) =>
    isMap(value) && Object.entries(checks).every(([key, check]) => check(value[key]));

const isGrid = hasAll({
  probe: isText,
  rows: isListOf(isText),
  columns: isListOf(isText),
  want: isListOf(isText),
  got: isListOf(hasAll({ outcome: isText })),
  differing: isListOf(hasAll({ from: isText, to: isText, want: isText, got: hasAll({ outcome: isText }) })),
});

const isShard = hasAll({
  index: isNumber,
  count: isNumber,
  selection: isListOf(hasAll({ name: isText, title: isText, file: isText, features: isListOf(isText) })),
});

/** What reports rest on. The schema says all of it; a record that somebody wrote by hand must not break a report. */
const fields: Record<string, Check> = {
  tool: hasAll({ name: isText, version: isText }),
  run: isText,
  command: isListOf(isText),
  config: isMap,
  startedAt: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  durationMs: isNumber,
  environment: hasAll({
    provider: isText,
    plugin: isText,
    families: isListOf(isText),
    nodes: isNumber,
    versions: (value) => isMap(value) && Object.values(value).every(isText),
  }),
  shard: (value) => value === undefined || isShard(value),
  counts: hasAll({ pass: isNumber, fail: isNumber, error: isNumber, skip: isNumber }),
  cases: isListOf(
    hasAll({
      name: isText,
      title: isText,
      file: isText,
      spec: isText,
      features: isListOf(isText),
      durationMs: isNumber,
      status: (value) => statuses.some((status) => status === value),
      steps: isListOf(hasAll({ settleMs: isMap, grids: isListOf(isGrid) })),
    }),
  ),
  properties: isListOf(hasAll({ name: isText, value: isText })),
  vacuous: isListOf(hasAll({ name: isText, reason: isText })),
};

/** Reads the text of a `record.json` of this schema version. */
export const readRecord = (text: string): Read => {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    return { problems: [`not JSON: ${(error as Error).message}`] };
  }
  if (!isMap(record)) return { problems: ['wanted a run record, got something else'] };
  if (record.schemaVersion !== 1)
    return {
      problems: [`\`schemaVersion\`: wanted 1, got ${JSON.stringify(record.schemaVersion) ?? 'none'}`],
    };
  const wrong = Object.entries(fields).filter(([field, check]) => !check(record[field]));
  if (wrong.length > 0)
    return { problems: wrong.map(([field]) => `\`${field}\`: not as manifests/run-record.schema.json says`) };
  const read = redactData(record as RunRecord);
  const counts = countStatuses(read.cases);
  const miscounted = statuses.filter((status) => read.counts[status] !== counts[status]);
  if (miscounted.length > 0)
    return { problems: [`\`counts\`: not those of the cases: ${miscounted.join(', ')}`] };
  const names = read.cases.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
  return twice.length === 0
    ? { record: read }
    : { problems: twice.map((name) => `\`cases\`: ${name} stands there twice`) };
};
