import { join } from 'node:path';
import { ClusterError, UsageError } from '../../errors.ts';
import type { World } from '../../kube/world.ts';
import { mutants } from '../../reference/mutants.ts';
import { settleAll, within } from '../../wait.ts';
import type { PluginOperation } from '../cluster.ts';
import { nodes } from './addresses.ts';
import { unknownMutant } from '../unknown-mutant.ts';
import { isVersionChange, wayTo } from '../versions.ts';
import type { Holder } from './holder.ts';

const pluginFile = join(import.meta.dirname, '../../reference/plugin.ts');

/** The arguments for the reference plugin, or undefined for `none`. @throws UsageError for what the lab does not know */
const parsePlugin = (plugin: string): string[] | undefined => {
  if (plugin === 'none') return undefined;
  if (plugin === 'reference') return [];
  const names = mutants.map(({ name }) => name);
  const mutant = plugin.startsWith('mutant:') ? plugin.slice('mutant:'.length) : undefined;
  if (mutant !== undefined && names.includes(mutant)) return ['--mutant', mutant];
  if (mutant !== undefined) throw unknownMutant(mutant);
  throw new UsageError({
    subject: 'the lab has no Kubernetes API, so only the reference plugin runs there',
    wanted: '`--plugin reference`, `mutant:NAME` or `none`',
    got: `\`${plugin}\``,
    next: 'correct the name, or run another plugin with `--provider kind`',
  });
};

/** What the reference plugin is started with, and the version to which it is upgraded; undefined where there is none. */
export type PluginFlags = Record<'flags' | 'nextFlags', readonly string[] | undefined>;

/** @throws UsageError for what the lab does not know, or cannot upgrade */
export const parsePlugins = (plugin: string, next = ''): PluginFlags => {
  if (next === '') return { flags: parsePlugin(plugin), nextFlags: undefined };
  const [flags, nextFlags] = [parsePlugin(plugin), parsePlugin(next)];
  if (flags !== undefined && nextFlags !== undefined) return { flags, nextFlags };
  throw new UsageError({
    subject: `\`--plugin-next ${next}\` with \`--plugin ${plugin}\``,
    wanted: 'two versions that run: in the lab `reference` or `mutant:NAME`',
    next: 'leave out `--plugin-next`',
  });
};

/** The plugin's processes, one for each node. */
type PluginProcesses = {
  /** Says that the state changed. Changes of one turn are fed as one state, as a busy API server's are. */
  changed(): void;
  /** See `Cluster.operatePlugin`. */
  operate(operation: PluginOperation): Promise<void>;
  /** See `Cluster.outage`. */
  outage(node: string, meanwhile: () => Promise<void>): Promise<void>;
  /** Their end is no news from now on. */
  stop(): void;
  /** What the lab fed last and what the processes wrote. */
  evidence(): Record<string, string>;
};

/** Feeds each process one JSON line per state. One that dies stays dead, as its log will say: a crashed plugin is a finding. */
export const startPlugin = (
  holder: Holder,
  { flags, nextFlags }: PluginFlags,
  readWorld: () => Pick<World, 'nodes' | 'namespaces' | 'pods' | 'policies' | 'adminPolicies'>,
  log: (line: string) => void,
): PluginProcesses => {
  const logs = new Map<string, string>();
  let current = flags;
  let fed = '';
  let isWaiting = false;
  let isStopping = false;
  const report = (line: string): void => {
    if (!isStopping) log(line);
  };
  const write = (node: string, text: string): void => {
    const lines = text.replaceAll(/^(?=.)/gm, `${new Date().toISOString()} `);
    logs.set(node, `${logs.get(node) ?? ''}${lines}`.slice(-32_000));
  };
  const start = (node: string): PluginProcess =>
    startProcess(holder, node, current ?? [], (text) => write(node, text), report);
  const processes = new Map(flags === undefined ? [] : nodes.map(({ name }) => [name, start(name)]));
  const readState = (): string => {
    const { nodes: known = [], namespaces, pods, policies, adminPolicies } = readWorld();
    return JSON.stringify({
      nodes: known.map((node, index) => ({ ...node, podCIDRs: nodes[index]?.podCIDRs })),
      namespaces,
      pods: pods.filter(({ external }) => !external),
      policies,
      adminPolicies,
    });
  };
  const feed = (): void => {
    isWaiting = false;
    if (isStopping) return;
    fed = readState();
    for (const { feed } of processes.values()) feed(fed);
  };
  const startAgain = async (node: string): Promise<void> => {
    const fresh = start(node);
    processes.set(node, fresh);
    fresh.feed(readState());
    await within(fresh.enforces, longestStart, () => {
      const logged = (logs.get(node) ?? '').split('\n').slice(-5).join('; ');
      return new ClusterError({
        subject: `lab: the plugin on ${node} enforces nothing after its start`,
        wanted: `rules within ${longestStart / 1000} s`,
        got: logged,
      });
    });
  };
  const replace = async (node: string, how: 'kill' | 'stop'): Promise<void> => {
    await processes.get(node)?.[how]();
    await startAgain(node);
  };
  const rollOver = async (): Promise<void> => {
    for (const node of processes.keys()) await replace(node, 'stop');
  };
  return {
    changed: () => {
      if (isWaiting || processes.size === 0) return;
      isWaiting = true;
      setImmediate(feed);
    },
    operate: async (operation) => {
      if (isVersionChange(operation)) {
        for (const version of wayTo(operation, { first: flags, next: nextFlags, current })) {
          current = version;
          await rollOver();
        }
      } else if (operation === 'rollover') await rollOver();
      else {
        const how = operation === 'kill' ? 'kill' : 'stop';
        await settleAll([...processes.keys()].map((node) => replace(node, how)));
      }
    },
    outage: async (node, meanwhile) => {
      const process = processes.get(node);
      if (process === undefined) return meanwhile();
      processes.delete(node);
      await process.kill();
      try {
        await meanwhile();
      } finally {
        await startAgain(node);
      }
    },
    stop: () => {
      isStopping = true;
    },
    evidence: () => ({
      ...Object.fromEntries([...logs].map(([node, text]) => [`plugin-${node}.log`, text])),
      ...(fed === '' ? {} : { 'plugin-state.json': `${JSON.stringify(JSON.parse(fed), undefined, 2)}\n` }),
    }),
  };
};

/** How long the plugin may take from its start to its first rules, in milliseconds. */
const longestStart = 20_000;

type PluginProcess = {
  /** Resolves when the first rules are in force. */
  enforces: Promise<void>;
  feed(state: string): void;
  /** Resolve when it has ended. Its end is no news then. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

const startProcess = (
  holder: Holder,
  node: string,
  flags: readonly string[],
  write: (text: string) => void,
  log: (line: string) => void,
): PluginProcess => {
  // Where npm installed us, Node needs the flags that take types away.
  const flagsOfNode = pluginFile.includes('/node_modules/') ? process.execArgv : [];
  const program = [process.execPath, ...flagsOfNode, pluginFile];
  const command = [...program, '--node', node, '--feed', 'stdin', ...flags];
  const child = holder.spawn(node, command);
  const enforces = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let isExpected = false;
  write('');
  const take = (chunk: Buffer): void => {
    const text = chunk.toString();
    write(text);
    if (text.includes('"applied"')) enforces.resolve();
  };
  child.stdin.on('error', () => {});
  // While its pipe is full, only the newest state waits: thousands of changes in a row, each told with all objects, would
  // keep the process busy with the past.
  let isBusy = false;
  let newest: string | undefined;
  const send = (state: string): void => {
    isBusy = !child.stdin.write(`${state}\n`);
  };
  child.stdin.on('drain', () => {
    isBusy = false;
    const state = newest;
    newest = undefined;
    if (state !== undefined) send(state);
  });
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.once('error', ({ message }) => log(`plugin on ${node} does not start: ${message}`));
  child.once('close', (code, signal) => {
    const line = `plugin on ${node} ended: ${signal === null ? `exit code ${code}` : `signal ${signal}`}`;
    write(`(${line})\n`);
    if (!isExpected) log(line);
    ended.resolve();
  });
  return {
    enforces: enforces.promise,
    feed: (state) => {
      if (isBusy) newest = state;
      else send(state);
    },
    kill: () => {
      isExpected = true;
      // The program dies with nsenter, which stands between us and it.
      child.kill('SIGKILL');
      return ended.promise;
    },
    stop: () => {
      isExpected = true;
      // A signal would end nsenter, and the program with it before it has read the signal.
      child.stdin.end(newest === undefined ? undefined : `${newest}\n`);
      return ended.promise;
    },
  };
};
