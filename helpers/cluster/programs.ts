import { execa } from 'execa';
import { ClusterError, EnvironmentError } from '../errors.ts';

type ProgramOptions = {
  input?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds. */
  timeout?: number;
  /** Heads the message of a failure; default the command itself. */
  subject?: string;
  next?: string;
  /** Gets the warnings of a program that ends well. */
  log?: ((line: string) => void) | undefined;
};

/**
 * Runs a program, docker or kind mostly, and returns what it printed.
 * @throws EnvironmentError where the program is not there; ClusterError with its last words where it fails
 */
export const runProgram = async (
  program: 'docker' | 'kind' | 'helm' | 'tar',
  parameters: readonly string[],
  { input, signal, timeout = 60_000, subject, next, log }: ProgramOptions = {},
): Promise<string> => {
  const { stdout, stderr, failed, exitCode, timedOut, isCanceled, ...rest } = await execa(
    program,
    [...parameters],
    {
      reject: false,
      timeout,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  if (!failed) {
    for (const line of stderr.split('\n')) if (line.startsWith('Warning: ')) log?.(line);
    return stdout;
  }
  if (isCanceled) throw signal?.reason;
  if ('code' in rest && rest.code === 'ENOENT') {
    throw new EnvironmentError({
      subject: `\`${program}\` is not installed`,
      wanted: `${program} on the PATH`,
      next: installation[program],
    });
  }
  const got = timedOut ? `no end after ${timeout / 1000} s` : `exit code ${exitCode}`;
  throw new ClusterError({
    subject: subject ?? `\`${[program, ...parameters.slice(0, 2)].join(' ')}\` failed`,
    got: [got, lastWords(stderr === '' ? stdout : stderr)].filter(Boolean).join(': '),
    ...(next === undefined ? {} : { next }),
  });
};

/** True where the program ends well. */
export const succeeds = async (
  program: 'docker' | 'kind',
  parameters: readonly string[],
): Promise<boolean> => {
  const { failed } = await execa(program, [...parameters], {
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return !failed;
};

const installation = {
  docker: 'install Docker (https://docs.docker.com/engine/install), or choose `--provider lab`',
  kind: 'install kind (https://kind.sigs.k8s.io/docs/user/quick-start), or choose `--provider lab`',
  helm: 'install Helm (https://helm.sh/docs/intro/install): this plugin comes as a chart',
  tar: 'install tar: this plugin comes in an archive',
} as const;

/** The lines of a program's output that say why: those with an error, else the last ones. Never a kubeadm token. */
export const lastWords = (output: string): string => {
  const lines = output
    .replace(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '[redacted]')
    .replace(/[\w+/=]{60,}/g, '[redacted]')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('goroutine '));
  const errors = lines.filter((line) =>
    /^(error|fatal)|\berror(:| response)|cannot|denied|refused|failed/i.test(line),
  );
  return (errors.length > 0 ? errors : lines).slice(-4).join(' | ').slice(-600);
};
