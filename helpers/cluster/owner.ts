import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** The folders of all runs on this machine, live and dead. */
export const listOwnedFolders = async (): Promise<
  { path: string; record: OwnerRecord; isLive: boolean }[]
> => {
  const names = existsSync(tmpdir())
    ? (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
    : [];
  const found = names.map(async (name) => {
    const path = join(tmpdir(), name);
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

// Field 22 of /proc/PID/stat, counted after the program's name, which may hold blanks and brackets.
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
};
