import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** An entry of the environment that all processes of one run inherit: others may be under way on this machine. */
export const mark = (folder: string): { env: Record<string, string> } => ({ env: { RUN_OF_A_TEST: folder } });

/** The processes of a marked run that are still there. */
export const leftovers = async (folder: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return environment.includes(`RUN_OF_A_TEST=${folder}`)
      ? readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : '';
  });
  return (await Promise.all(found)).filter((command) => command !== '');
};

/** Kills children of one run only: others may be under way on this machine. */
export const killChild = (parent: number | undefined, pattern: string) =>
  execa('pkill', ['-9', '-P', String(parent), '-f', pattern], { reject: false });
