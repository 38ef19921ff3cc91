import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { ClusterError, EnvironmentError } from '../../errors.ts';
import { programPath } from './programs.ts';

/**
 * The one process that keeps the lab's namespaces alive. It ends when its stdin closes, so also when this process
 * is killed; it is the first process of its PID namespace, so every other process of the lab ends with it, and with
 * them the network namespaces, which are named only on its private /run.
 */
export type Holder = AsyncDisposable & {
  /** Whether it lives in a user namespace of its own. */
  readonly rootless: boolean;
  /** Resolves with the reason when it has ended, and everything inside with it. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** The words before a command that is to run inside. */
  readonly enter: string;
  /** Runs a shell script inside, stops at its first error and gives its stdout. @throws ClusterError */
  run(what: string, script: string): Promise<string>;
  /** Starts a program in a network namespace of the lab. What is returned waits for it and ends as it did. */
  spawn(netns: string, command: readonly string[]): ChildProcessWithoutNullStreams;
};

/** @throws EnvironmentError where this machine forbids the namespaces */
export const startHolder = async (): Promise<Holder> => {
  const refusals: string[] = [];
  // Root of a container may lack the right to make namespaces and still have it inside a user namespace.
  for (const rootless of process.getuid?.() === 0 ? [false, true] : [true]) {
    const started = await tryHolder(rootless);
    if (typeof started !== 'string') return started;
    refusals.push(started);
  }
  const got = refusals.join('; ');
  throw new EnvironmentError({
    subject: 'the lab cannot make its namespaces on this machine',
    wanted: 'network, mount and PID namespaces, as root or in a user namespace',
    got,
    next: nextStep(got),
  });
};

const nextStep = (refusals: string): string => {
  // That is how the kernel says that there are as many as there may be.
  if (refusals.includes('No space left on device'))
    return 'allow more: sudo sysctl -w user.max_user_namespaces=10000 user.max_net_namespaces=10000 user.max_mnt_namespaces=10000 user.max_pid_namespaces=10000';
  if (process.getuid?.() === 0)
    return 'give this container CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged), or run with `--provider kind`';
  return 'sudo npm start -- run --provider lab, or allow user namespaces: sudo sysctl -w user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0';
};

// The shell reads its PID as the outer PID namespace sees it, because /proc is still the outer one. Root without
// CAP_NET_ADMIN may have made the namespaces, and can do nothing in them.
const holderScript = `set -e
mount -t tmpfs netpol /run
ip link set lo up
read -r pid rest < /proc/self/stat
echo "$pid"
while read -r line; do :; done`;

const tryHolder = async (rootless: boolean): Promise<Holder | string> => {
  const user = rootless ? ['--user', '--map-root-user'] : [];
  const flags = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child'];
  const environment = { ...process.env, PATH: programPath() };
  // Detached: Ctrl-C in a terminal is for us, who then take the lab down in order.
  const child = spawn('unshare', [...flags, 'sh', '-c', holderScript], { detached: true, env: environment });
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  child.stdin.on('error', () => {});
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2_000)));
  const [first] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => [String(line)]),
    ended.then(() => []),
  ]);
  if (first === undefined)
    return `${child.spawnargs.slice(0, -3).join(' ')}: ${complaint.trim() || (await ended)}`;

  const enter = [
    '--target',
    first,
    '--net',
    '--mount',
    '--pid',
    ...(rootless ? ['--user', '--preserve-credentials'] : []),
    '--',
  ];
  return {
    rootless,
    ended,
    enter: ['nsenter', ...enter].join(' '),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    run: async (what, script) => {
      const result = await execa('nsenter', [...enter, 'sh', '-e'], {
        input: script,
        env: environment,
        reject: false,
        timeout: 30_000,
        // As the holder itself: an interrupt that broke it off would look like a fault of this machine.
        detached: true,
      });
      if (!result.failed) return result.stdout;
      const got =
        [result.stderr, result.shortMessage].find((text) => text !== undefined && text.trim() !== '') ?? '';
      throw new ClusterError({ subject: `lab: ${what}`, got: got.trim() });
    },
    spawn: (netns, [program = '', ...rest]) => {
      // nsenter stays between us and the program; without the death signal the program would outlive its killing.
      const withDeath = ['setpriv', '--pdeathsig', 'SIGKILL'];
      return spawn('nsenter', [...enter, ...withDeath, 'ip', 'netns', 'exec', netns, program, ...rest], {
        detached: true,
        env: environment,
      });
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await ended;
      clearTimeout(timer);
    },
  };
};
