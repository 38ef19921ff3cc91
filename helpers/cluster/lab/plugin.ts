import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { World } from '../../kube/world.ts';
import { mutants } from '../../reference/mutants.ts';
import { nodes } from './addresses.ts';
import type { Holder } from './holder.ts';

const pluginFile = join(import.meta.dirname, '../../reference/plugin.ts');

/** The arguments for the reference plugin, or undefined for `none`. @throws UsageError for what the lab does not know */
export const parsePlugin = (plugin: string): string[] | undefined => {
  if (plugin === 'none') return undefined;
  if (plugin === 'reference') return [];
  const names = mutants.map(({ name }) => name);
  const mutant = plugin.startsWith('mutant:') ? plugin.slice('mutant:'.length) : undefined;
  if (mutant !== undefined && names.includes(mutant)) return ['--mutant', mutant];
  if (mutant !== undefined)
    throw new UsageError({
      subject: 'no such mutant',
      wanted: `one of ${names.join(', ')}`,
      got: `\`${mutant}\``,
    });
  throw new UsageError({
    subject: 'the lab has no Kubernetes API, so only the reference plugin runs there',
    wanted: '`--plugin reference`, `mutant:NAME` or `none`',
    got: `\`${plugin}\``,
    next: 'run with `--provider kind`',
  });
};

/** The plugin's processes, one for each node. */
export type PluginProcesses = {
  /** Says that the state changed. Changes of one turn are fed as one state, as a busy API server's are. */
  changed(): void;
  /** Their end is no news from now on. */
  stop(): void;
  /** What the lab fed last and what the processes wrote. */
  evidence(): Record<string, string>;
};

/** Feeds each process one JSON line per state. One that dies stays dead, as its log will say: a crashed plugin is a finding. */
export const startPlugin = (
  holder: Holder,
  flags: readonly string[] | undefined,
  readWorld: () => Pick<World, 'nodes' | 'namespaces' | 'pods' | 'policies' | 'adminPolicies'>,
  log: (line: string) => void,
): PluginProcesses => {
  const logs = new Map<string, string>();
  let fed = '';
  let isWaiting = false;
  let isStopping = false;
  const report = (line: string): void => {
    if (!isStopping) log(line);
  };
  const write = (node: string, text: string): void => {
    logs.set(node, `${logs.get(node) ?? ''}${text}`.slice(-32_000));
  };
  const processes =
    flags === undefined ? [] : nodes.map(({ name }) => startProcess(holder, name, flags, write, report));
  const feed = (): void => {
    isWaiting = false;
    if (isStopping) return;
    const { nodes: known = [], namespaces, pods, policies, adminPolicies } = readWorld();
    fed = JSON.stringify({
      nodes: known.map((node, index) => ({ ...node, podCIDRs: nodes[index]?.podCIDRs })),
      namespaces,
      pods: pods.filter(({ external }) => !external),
      policies,
      adminPolicies,
    });
    for (const { stdin } of processes) stdin.write(`${fed}\n`);
  };
  return {
    changed: () => {
      if (isWaiting || processes.length === 0) return;
      isWaiting = true;
      setImmediate(feed);
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

const startProcess = (
  holder: Holder,
  node: string,
  flags: readonly string[],
  write: (node: string, text: string) => void,
  log: (line: string) => void,
) => {
  const command = [process.execPath, pluginFile, '--node', node, '--feed', 'stdin', ...flags];
  const child = holder.spawn(node, command);
  write(node, '');
  const take = (chunk: Buffer): void => write(node, chunk.toString());
  child.stdin.on('error', () => {});
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.once('error', ({ message }) => log(`plugin on ${node} does not start: ${message}`));
  child.once('close', (code, signal) => {
    const line = `plugin on ${node} ended: ${signal === null ? `exit code ${code}` : `signal ${signal}`}`;
    write(node, `(${line})\n`);
    log(line);
  });
  return child;
};
