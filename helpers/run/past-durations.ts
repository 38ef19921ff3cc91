import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseRecord, RunRecord } from '../report/record.ts';

/** How long cases took in a run before, in milliseconds by their names, and where that stands. */
type PastDurations = { folder: string; durations: ReadonlyMap<string, number> };

/** Older ones say less and less, and each must be read. */
const mostRecords = 10;

/**
 * The newest run below `results` on such a provider with such a plugin that knows at least half of these cases; undefined
 * where there is none. What is no record is passed over: nothing but an estimate rests on it.
 */
export const findPastDurations = (
  results: string,
  { provider, plugin }: Pick<RunRecord['environment'], 'provider' | 'plugin'>,
  names: readonly string[],
): PastDurations | undefined => {
  for (const folder of newestFirst(results).slice(0, mostRecords)) {
    const record = read(join(folder, 'record.json'));
    if (record?.environment?.provider !== provider || record.environment.plugin !== plugin) continue;
    const durations = new Map(
      record.cases?.filter(isTimed).map(({ name, durationMs }) => [name, durationMs]),
    );
    if (2 * names.filter((name) => durations.has(name)).length >= Math.max(1, names.length))
      return { folder, durations };
  }
  return undefined;
};

/** An error took until a deadline, or never ran. */
const isTimed = (entry: Pick<CaseRecord, 'status' | 'durationMs'> | undefined): boolean =>
  (entry?.status === 'pass' || entry?.status === 'fail') && entry.durationMs > 0;

const newestFirst = (results: string): string[] => {
  const folders = attempt(() => readdirSync(results)) ?? [];
  return folders
    .flatMap((name) => {
      const folder = join(results, name);
      const changedAt = attempt(() => statSync(join(folder, 'record.json')).mtimeMs);
      return changedAt === undefined ? [] : [{ folder, changedAt }];
    })
    .toSorted((one, other) => other.changedAt - one.changedAt)
    .map(({ folder }) => folder);
};

type Found = { environment?: Partial<RunRecord['environment']>; cases?: CaseRecord[] };

const read = (file: string): Found | undefined => {
  const found = attempt(() => JSON.parse(readFileSync(file, 'utf8')) as Found | null) ?? undefined;
  return found === undefined || Array.isArray(found.cases) ? found : undefined;
};

const attempt = <Value>(work: () => Value): Value | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};
