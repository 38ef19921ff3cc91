import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';

// Debian keeps `ip` and `nft` where an ordinary user's PATH does not look.
const systemDirectories = ['/usr/sbin', '/sbin'];

const packages: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
};

/** Without these some scenarios are skipped, and the lab is the same. */
const optionalPackages: Readonly<Record<string, string>> = { ping: 'iputils-ping' };

/** The PATH with which the lab runs programs. */
export const programPath = (path = process.env['PATH'] ?? ''): string =>
  [path, ...systemDirectories].filter((part) => part !== '').join(delimiter);

/** Debian's packages that hold the programs that the lab lacks here: those that it needs, or those that it can do without. */
export const missingPackages = (which: 'needed' | 'optional', path = programPath()): string[] => {
  const programs = Object.entries(which === 'needed' ? packages : optionalPackages);
  return [...new Set(programs.flatMap(([program, name]) => (isOnPath(program, path) ? [] : name)))];
};

/** Says the exact command that installs what is missing. @throws EnvironmentError */
export const requirePrograms = (path = programPath(), isRoot = process.getuid?.() === 0): void => {
  const missing = Object.keys(packages).filter((program) => !isOnPath(program, path));
  if (missing.length === 0) return;
  const wanted = [...new Set(missing.map((program) => packages[program]))];
  throw new EnvironmentError({
    subject: 'the lab builds its network with programs that this machine lacks',
    wanted: Object.keys(packages).join(', '),
    got: `no ${missing.join(', ')} in ${path}`,
    next: `${isRoot ? '' : 'sudo '}apt-get install -y ${wanted.join(' ')}`,
  });
};

/** @throws EnvironmentError everywhere but on Linux */
export const requireLinux = (platform: string = process.platform): void => {
  if (platform === 'linux') return;
  throw new EnvironmentError({
    subject: 'the lab is made of network namespaces',
    wanted: 'Linux',
    got: platform,
    next: 'run with `--provider kind` or `--provider existing`',
  });
};

const isOnPath = (program: string, path: string): boolean =>
  path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
