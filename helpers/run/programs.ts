import { execa } from 'execa';
import { missingPackages } from '../cluster/lab/programs.ts';
import { EnvironmentError, messageOf } from '../errors.ts';

/**
 * Makes sure that the lab's programs are there: installs them with apt-get when we are root and have it.
 * @throws EnvironmentError with the exact command where we may not
 */
export const installPrograms = async (log: (line: string) => void): Promise<void> => {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  const complaint = { subject: `the lab needs ${missing.join(' and ')}`, next: `sudo ${install.join(' ')}` };
  if (process.getuid?.() !== 0 || !(await isThere('apt-get'))) throw new EnvironmentError(complaint);
  log(`installing ${missing.join(' ')} with apt-get`);
  try {
    const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: 300_000 };
    await execa('apt-get', ['update', '-qq'], quiet);
    await execa('apt-get', install.slice(1), quiet);
  } catch (error) {
    throw new EnvironmentError({ ...complaint, got: messageOf(error).split('\n')[0] ?? '' });
  }
};

const isThere = async (program: string): Promise<boolean> => {
  const { failed } = await execa('sh', ['-c', `command -v ${program}`], {
    reject: false,
    // Debian keeps these out of an ordinary user's PATH.
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return !failed;
};
