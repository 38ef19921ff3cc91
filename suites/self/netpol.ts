import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';
import type { RunRecord } from '../../helpers/report/record.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'helpers/run/cli.ts');

// What the caller's shell says about plugins and images must not decide what these tests prove.
const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NETPOL_')));

export type Ended = {
  exitCode: number;
  output: string;
  stdout: string;
  stderr: string;
  milliseconds: number;
};

/** Starts the command line as a process of its own, in the language of a user: words in, text and exit code out. */
export const startNetpol = (args: readonly string[], { env, ...options }: Options = {}) =>
  execa(process.execPath, [cli, ...args], {
    cwd: root,
    env: { ...bare, NO_COLOR: '1', ...env },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 900_000,
    ...options,
  });

export const runNetpol = async (args: readonly string[], options: Options = {}): Promise<Ended> => {
  const began = performance.now();
  const { exitCode = -1, all, stdout, stderr } = await startNetpol(args, options);
  return {
    exitCode,
    output: String(all),
    stdout: String(stdout),
    stderr: String(stderr),
    milliseconds: performance.now() - began,
  };
};

/** A folder for results that is gone with the test. */
export const temporaryFolder = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'netpol-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

export const readRecord = async (folder: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(folder, 'record.json'), 'utf8')) as RunRecord;
