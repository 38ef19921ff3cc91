import { execa } from 'execa';
import { missingPackages } from '../cluster/lab/programs.ts';
import { EnvironmentError, messageOf } from '../errors.ts';

/**
 * Makes sure that the lab's programs are there: installs them with apt-get when we are root and have it.
 * @throws EnvironmentError with the exact command where we may not and the lab needs them
 */
export const installPrograms = async (log: (line: string) => void): Promise<void> => {
  const needed = missingPackages('needed');
  const complaint = {
    subject: `the lab needs ${needed.join(' and ')}`,
    next: `sudo apt-get ${installing(needed).join(' ')}`,
  };
  if (needed.length > 0 && !(await mayInstall())) throw new EnvironmentError(complaint);
  if (needed.length > 0) {
    log(`installing ${needed.join(' ')} with apt-get`);
    await install(needed, 300_000).catch((error: unknown) => {
      throw new EnvironmentError({ ...complaint, got: firstLine(error) });
    });
  }
  await installWherePossible(missingPackages('optional'), log).catch((error: unknown) =>
    log(`some scenarios will be skipped: ${firstLine(error)}`),
  );
};

/**
 * Installs packages with apt-get where we are root and have it, within so many milliseconds, and does nothing where not.
 * @throws what apt-get says where it fails
 */
export const installWherePossible = async (
  packages: readonly string[],
  log: (line: string) => void,
  timeout = 60_000,
): Promise<void> => {
  if (packages.length === 0 || !(await mayInstall())) return;
  log(`installing ${packages.join(' ')} with apt-get`);
  // A machine without a way to the packages must not wait for them at every start.
  await install(packages, timeout, '-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=5');
};

const mayInstall = async (): Promise<boolean> => process.getuid?.() === 0 && (await isThere('apt-get'));

const installing = (packages: readonly string[]): string[] => [
  ...['install', '-y', '--no-install-recommends'],
  ...packages,
];

const install = async (
  packages: readonly string[],
  timeout: number,
  ...options: readonly string[]
): Promise<void> => {
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout };
  await execa('apt-get', [...options, 'update', '-qq'], quiet);
  await execa('apt-get', [...options, ...installing(packages)], quiet);
};

const firstLine = (error: unknown): string => messageOf(error).split('\n')[0] ?? '';

/** Whether there is a program of this name. */
export const isThere = async (program: string): Promise<boolean> => {
  const { failed } = await execa('sh', ['-c', `command -v ${program}`], {
    reject: false,
    // Debian keeps these out of an ordinary user's PATH.
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return !failed;
};
