import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, mkdtempDisposable, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';

/** What a run on kind will make, written down before it makes it, so that `netpol clean` finds it after a kill. */
export type OwnerRecord = {
  run: string;
  pid: number;
  /** When that process started, in the kernel's clock ticks: pids are used again. Empty where the system does not tell. */
  started: string;
  cluster: string;
  /** False where the cluster was there before, or where it is to be kept. */
  removeCluster: boolean;
};

export type OwnedFolder = AsyncDisposable & { path: string };

const fileName = 'netpol-owner.json';
const prefix = 'netpol-kind-';
const unpackedPrefix = 'netpol-plugin-';

/**
 * Makes a private folder (0700) with the record of this process in it; disposing removes the folder.
 * @throws EnvironmentError where temporary files cannot be written
 */
export const createOwnedFolder = async (
  record: Omit<OwnerRecord, 'pid' | 'started'>,
): Promise<OwnedFolder> => {
  await using stack = new AsyncDisposableStack();
  try {
    const path = await mkdtemp(join(tmpdir(), `${prefix}${record.run}-`));
    stack.defer(() => rm(path, { recursive: true, force: true }));
    const content: OwnerRecord = { ...record, pid: process.pid, started: startOf(process.pid) };
    await writeFile(join(path, fileName), `${JSON.stringify(content)}\n`, { mode: 0o600 });
    const made = stack.move();
    return { path, [Symbol.asyncDispose]: () => made.disposeAsync() };
  } catch (error) {
    throw new EnvironmentError({
      subject: `temporary files cannot be written to ${tmpdir()}`,
      wanted: 'a folder that can be written, and room in it',
      got: messageOf(error),
      next: 'make room there, or name another folder with TMPDIR',
    });
  }
};

/** A private folder for what is unpacked of a plugin; disposing removes it. Its name tells whose it is after a kill. */
export const createUnpackedFolder = async (): Promise<OwnedFolder> =>
  await mkdtempDisposable(join(tmpdir(), `${unpackedPrefix}${process.pid}-`));

/** What processes of this machine that live no more have unpacked of a plugin. */
export const listDeadUnpackedFolders = async (): Promise<string[]> =>
  (await listTemporary(unpackedPrefix)).filter((path) => {
    const [pid] = basename(path).slice(unpackedPrefix.length).split('-');
    return /^\d+$/.test(pid ?? '') && !isAlive(Number(pid));
  });

/** The folders of all runs on this machine, live and dead. */
export const listOwnedFolders = async (): Promise<
  { path: string; record: OwnerRecord; isLive: boolean }[]
> => {
  const found = (await listTemporary(prefix)).map(async (path) => {
    try {
      const record = JSON.parse(await readFile(join(path, fileName), 'utf8')) as OwnerRecord;
      return [{ path, record, isLive: isAlive(record.pid, record.started) }];
    } catch {
      // Somebody else's folder, or one that is just being removed.
      return [];
    }
  });
  return (await Promise.all(found)).flat();
};

/** Whether another live run of this machine uses the kind cluster. */
export const hasOtherRuns = async (cluster: string, run: string): Promise<boolean> =>
  (await listOwnedFolders()).some(
    ({ record, isLive }) => isLive && record.cluster === cluster && record.run !== run,
  );

/** Whether the process that had this pid then is still there. Without `started` any process of that pid counts. */
export const isAlive = (pid: number, started = ''): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but not ours.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === '' || startOf(pid) === '' || startOf(pid) === started;
};

const listTemporary = async (start: string): Promise<string[]> =>
  existsSync(tmpdir())
    ? (await readdir(tmpdir())).filter((name) => name.startsWith(start)).map((name) => join(tmpdir(), name))
    : [];

// Field 22 of /proc/PID/stat, counted after the program's name, which may hold blanks and brackets.
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
};
