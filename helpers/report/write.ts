import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';
import { formatConformance } from './conformance.ts';
import { formatMonitorPage } from './html/monitor-page.ts';
import { formatRunPage } from './html/run-page.ts';
import { formatJunit } from './junit.ts';
import type { MonitorRecord } from './monitor-record.ts';
import { isOfSystem, type RunRecord, type ShardRecord } from './record.ts';
import { redact, redactData } from './redact.ts';
import { formatTap } from './tap.ts';

/**
 * Refuses a folder where results could not be written: tries a text of that size where the folder is or would be made,
 * and leaves nothing there.
 * @throws EnvironmentError
 */
export const requireRoom = (directory: string, sample: string): void => {
  let place = resolve(directory);
  while (!isThere(place)) place = dirname(place);
  const got = statSync(place, { throwIfNoEntry: false })?.isDirectory()
    ? tryText(place, sample)
    : `${place} is no folder`;
  if (got === undefined) return;
  throw new EnvironmentError({
    subject: `Results cannot be written to ${directory}`,
    wanted: 'a folder that is there or can be made, and room in it',
    got,
    next: elsewhere,
  });
};

/** Whether there is something, be it a link that leads nowhere. */
const isThere = (path: string): boolean => {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
};

const tryText = (folder: string, text: string): string | undefined => {
  const file = join(folder, `.netpol.${process.pid}.tmp`);
  try {
    writeFileSync(file, text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    rmSync(file, { force: true });
  }
};

/**
 * Writes `record.json` and the reports beside it. A report that cannot be written does not keep the others from being written.
 * @throws EnvironmentError naming every file that could not be written
 */
export const writeResults = (directory: string, record: RunRecord): void => {
  const clean = redactData(record);
  writeAll(directory, {
    'record.json': () => formatRecord(clean),
    'report.html': () => formatRunPage(clean),
    'junit.xml': () => formatJunit(clean),
    'results.tap': () => formatTap(clean),
    // It speaks of the plugin alone.
    ...(!clean.cases.some(isOfSystem) && { 'conformance.yaml': () => formatConformance(clean) }),
  });
};

/**
 * Writes `record.json` only: what is on disk while the run goes on, in case that it never ends.
 * @throws EnvironmentError
 */
export const writeRecord = (directory: string, record: RunRecord): void =>
  writeAll(directory, { 'record.json': () => formatRecord(redactData(record)) });

/** Writes `monitor.json` and `monitor.html`. @throws EnvironmentError */
export const writeMonitor = (directory: string, record: MonitorRecord): void => {
  const clean = redactData(record);
  writeAll(directory, {
    'monitor.json': () => `${JSON.stringify(clean, null, 2)}\n`,
    'monitor.html': () => formatMonitorPage(clean),
  });
};

/**
 * Writes the evidence of one red case below the results, redacted.
 * @returns the folder, relative to `directory`, as `CaseRecord.evidence` holds it
 * @throws EnvironmentError naming every file that could not be written
 */
export const writeEvidence = (
  directory: string,
  caseName: string,
  files: Readonly<Record<string, string>>,
): string => {
  const folder = caseName.split('/').map(safeName).join('/');
  const writers = Object.entries(files).map(
    ([name, content]) => [safeName(name), () => redact(content)] as const,
  );
  writeAll(join(directory, folder), Object.fromEntries(writers));
  return folder;
};

/** One case a line below an indented head: to be read, searched and compared line by line without being huge. */
export const formatRecord = ({ cases, shard, ...head }: RunRecord): string => {
  const lists = [
    ...(shard === undefined ? [] : [`"shard": ${formatShard(shard)}`]),
    `"cases": ${formatLines(cases, '  ')}`,
  ];
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  ${lists.join(',\n  ')}\n}\n`;
};

const formatShard = ({ index, count, selection }: ShardRecord): string =>
  `{\n    "index": ${index},\n    "count": ${count},\n    "selection": ${formatLines(selection, '    ')}\n  }`;

const formatLines = (entries: readonly object[], indent: string): string =>
  `[${entries.map((entry) => `\n${indent}  ${JSON.stringify(entry)}`).join(',')}\n${indent}]`;

const elsewhere = 'make room there, or choose another folder with `--output`';

const writeAll = (directory: string, writers: Readonly<Record<string, () => string>>): void => {
  const failures: string[] = [];
  for (const [name, content] of Object.entries(writers)) {
    try {
      writeAtomically(join(directory, name), content());
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (failures.length === 0) return;
  throw new EnvironmentError({
    subject: `Results were not written to ${directory}`,
    wanted: Object.keys(writers).join(', '),
    got: failures.join('; '),
    next: elsewhere,
  });
};

// Synchronous, so that it also works while the process ends; a reader sees the old file or the new one, never a half.
const writeAtomically = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = openSync(temporary, 'w');
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

const safeName = (name: string): string => name.replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '') || '-';
