#!/usr/bin/env node
// The way in: runs on whatever Node is there, installs our packages once (our own Node 24 among them),
// then hands over to the program named first, or to the command line.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const node = join(root, 'node_modules/.bin/node');

const installPackages = () => {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.netpol-lock');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('netpol: installing npm packages (once; about 20 s, 300 MB)');
  // Without --engine-strict the Node that runs npm does not matter: the packages are run by the one among them.
  const { status } = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0 || !existsSync(node)) {
    console.error(`netpol: npm packages were not installed.\n  next:   cd ${root} && npm ci --loglevel=warn`);
    process.exit(2);
  }
  writeFileSync(stamp, lock);
};

const [first, ...rest] = process.argv.slice(2);
const program = first === '--program' ? rest : [join(root, 'helpers/run/cli.ts'), ...process.argv.slice(2)];

installPackages();
const child = spawn(node, program, {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
});
// We end when the child has ended, however often we are told to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`netpol: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
