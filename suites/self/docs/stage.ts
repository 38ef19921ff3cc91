import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { kindImages } from '../cluster/kind-probes.ts';
import { readRecord, root, runNetpol, temporaryFolder, type Ended } from '../netpol.ts';
import { formatOpening, formatShop } from './shop.ts';

/** Contexts that the pages name. */
const contexts = ['staging', 'prod'];
const cluster = `netpol-docs-${process.pid}`;

/** A copy of the repository in which commands may write, with the files and the cluster that the pages speak of. */
export type Stage = AsyncDisposable & {
  run(command: string, environment: Record<string, string>): Promise<Ended>;
  /** A kind cluster with the reference plugin, our shop, and a kubeconfig that has the contexts of the pages. */
  startCluster(): Promise<void>;
};

/** Everything but `results/` is the repository itself, by links. */
export const openStage = async (): Promise<Stage> => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder());
  const entries = (await readdir(root)).filter((name) => !['results', 'docs', '.git'].includes(name));
  for (const name of entries) await symlink(join(root, name), join(path, name));
  await mkdir(join(path, 'results'));
  await writeFile(join(path, 'cluster.yaml'), formatShop('node', true));
  await mkdir(join(path, 'new'));
  await writeFile(join(path, 'new/db-from-everybody.yaml'), formatOpening());
  await writeFile(join(path, 'upgrade.sh'), '#!/bin/sh\nsleep 2\n');
  await chmod(join(path, 'upgrade.sh'), 0o755);
  const kubeconfig = join(path, 'kubeconfig');
  const environment = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NETPOL_'))),
    ...kindImages,
    KUBECONFIG: kubeconfig,
    NO_COLOR: '1',
  };
  const run: Stage['run'] = async (command, more) => {
    const began = performance.now();
    const {
      exitCode = -1,
      all,
      stdout,
      stderr,
    } = await execa('bash', ['-c', command], {
      ...{ cwd: path, env: { ...environment, ...more }, extendEnv: false },
      ...{ reject: false, all: true, stdin: 'ignore', timeout: 300_000 },
    });
    return { exitCode, output: all, stdout, stderr, milliseconds: performance.now() - began };
  };
  const startCluster = async (): Promise<void> => {
    kept.defer(async () => {
      await execa('kind', ['delete', 'cluster', '--name', cluster], { reject: false });
    });
    const words = ['run', 'peers/operator-in', '--provider', 'kind', '--plugin', 'reference'];
    const flags = ['--cluster', cluster, '--keep', '--output', join(path, 'results/first')];
    const { exitCode, output } = await runNetpol([...words, ...flags], { env: kindImages });
    if (exitCode !== 0) throw new Error(output);
    const { stdout } = await execa('kind', ['get', 'kubeconfig', '--name', cluster]);
    const config = parse(stdout) as { contexts: { context: object }[] };
    const [{ context } = { context: {} }] = config.contexts;
    const named = contexts.map((name) => ({ name, context }));
    await writeFile(kubeconfig, stringify({ ...config, contexts: named, 'current-context': 'staging' }), {
      mode: 0o600,
    });
    const node = `${cluster}-control-plane`;
    const { environment: made } = await readRecord(join(path, 'results/first'));
    const image = made.versions['probe image'] ?? '';
    const kubectl = ['exec', '--interactive', node, 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'];
    await execa('docker', [...kubectl, 'apply', '--filename=-'], { input: formatShop(image, false) });
    await execa('docker', [
      ...[...kubectl, '--namespace=shop', 'wait', 'pod', '--all'],
      ...['--for=condition=Ready', '--timeout=120s'],
    ]);
  };
  const kept = stack.move();
  return { run, startCluster, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

/** What is said to a command that names no cluster, so that it finds ours or the lab. */
export const environmentFor = (command: string): Record<string, string> => {
  if (!/^npm (start|run)/.test(command)) return {};
  if (/--provider kind/.test(command)) return { NETPOL_CLUSTER: cluster, NETPOL_KEEP: 'true' };
  return /--provider|--context|--kubeconfig/.test(command) ? {} : { NETPOL_PROVIDER: 'lab' };
};

export const needsCluster = (command: string): boolean =>
  /--provider (kind|existing)|--context|^kubectl /.test(command);
