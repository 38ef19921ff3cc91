import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { images } from '../cluster/kind-probes.ts';
import { root } from '../netpol.ts';

const recipe = join(root, 'manifests/run/Dockerfile.suite');

/**
 * Builds the image of the suite by its recipe; where a probe image is given, because no registry can be reached, on that
 * one with the packages that are installed here, as the recipe says. Disposing removes what it built.
 */
export const buildSuiteImage = async (tag: string): Promise<AsyncDisposable & { image: string }> => {
  const stack = new AsyncDisposableStack();
  const image = `netpol-conformance/suite:${tag}`;
  const build = async (name: string, args: string[], input?: string): Promise<void> => {
    stack.defer(async () => {
      await execa('docker', ['rmi', '--force', name], { reject: false });
    });
    await execa('docker', ['build', '--quiet', '--tag', name, ...args], {
      cwd: root,
      ...(input !== undefined && { inputFile: input }),
    });
  };
  const base: string[] = [];
  if (images.probeImage !== '') {
    const folder = await mkdtemp(join(tmpdir(), 'netpol-packages-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const packages = `netpol-conformance/packages:${tag}`;
    await writeFile(
      join(folder, 'packages'),
      `FROM ${images.probeImage}\nCOPY node_modules /netpol/node_modules\n`,
    );
    const archive = join(folder, 'packages.tar');
    await execa('tar', ['-cf', archive, '-C', folder, 'packages', '-C', root, ...(await listPackages())]);
    await build(packages, ['--file', 'packages', '-'], archive);
    base.push('--build-arg', `BASE=${packages}`);
  }
  await build(image, [...base, '--file', recipe, root]);
  return { image, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

/** Those that `npm ci --omit=dev` installs, but for a second Node. */
const listPackages = async (): Promise<string[]> => {
  const list = ['ls', '--omit=dev', '--all', '--parseable'];
  const { stdout } = await execa('npm', list, { cwd: root, reject: false });
  const paths = stdout.split('\n').map((path) => path.slice(root.length));
  return [...new Set(paths)].filter(
    (path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !path.startsWith('node_modules/node-linux-'),
  );
};
