#!/usr/bin/env node
// The way in: runs on whatever Node is there, in a checkout installs our packages once (our own Node 24 among them),
// then hands over to the program named first, or to the command line.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

/** What the Node among our packages is started by: no system without glibc has it. */
const loader =
  { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }[process.arch] ?? '';

/** The Node among our packages; where it is not there or cannot run, the one that runs this, if it is new enough. */
const findNode = () => {
  try {
    if (!existsSync(loader)) throw new Error('no glibc');
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return Number.parseInt(process.versions.node) >= 24 ? process.execPath : undefined;
  }
};

const installPackages = () => {
  const lockfile = join(root, 'package-lock.json');
  // It is in no package: where there is none, npm itself installed this program and the packages beside it.
  if (!existsSync(lockfile)) return;
  const lock = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  const stamp = join(root, 'node_modules/.netpol-lock');
  if (findNode() && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('netpol: installing npm packages (once; about 20 s, 300 MB)');
  // Without --engine-strict the Node that runs npm does not matter: the packages are run by the one among them.
  const { status } = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error(`netpol: npm packages were not installed.\n  next:   cd ${root} && npm ci --loglevel=warn`);
    process.exit(2);
  }
  writeFileSync(stamp, lock);
};

const [first, ...rest] = process.argv.slice(2);
const program = first === '--program' ? rest : [join(root, 'helpers/run/cli.ts'), ...process.argv.slice(2)];

installPackages();
const node = findNode();
if (node === undefined) {
  console.error(
    `netpol: this is Node ${process.versions.node}, and Node 24 is not among the npm packages.\n` +
      '  next:   take Node 24 or newer, or let npm install optional packages: npm install --include=optional',
  );
  process.exit(2);
}
// Node itself leaves types alone in the folders in which npm installs packages.
const flags = root.includes('/node_modules/')
  ? ['--disable-warning=ExperimentalWarning', '--import', join(root, 'scripts/strip-types.mjs')]
  : [];
const child = spawn(node, [...flags, ...program], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});
// We end when the child has ended, however often we are told to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`netpol: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
