import { existsSync, readFileSync } from 'node:fs';
import { glob, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { execa, type Options } from 'execa';
import { root, temporaryFolder } from '../netpol.ts';
import { shopYaml } from '../run/explain-sample.ts';

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const ownNode = `node-${process.platform}-${process.arch}`;
const scenario = 'network-policy/peers/pod-and-namespace';

describe('the npm package', function () {
  this.timeout(120_000);

  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let installed: string;

  // As npm would install it, but without a registry: what it depends on are links to what is here.
  before(async () => {
    folder = await temporaryFolder();
    const modules = join(folder.path, 'node_modules');
    installed = join(modules, 'netpol-conformance');
    await mkdir(installed, { recursive: true });
    const flags = ['--offline', '--no-update-notifier', '--pack-destination', folder.path];
    await execa('npm', ['pack', ...flags], { cwd: root });
    const [archive = ''] = await Array.fromAsync(glob('*.tgz', { cwd: folder.path }));
    await execa('tar', ['-xf', archive, '-C', installed, '--strip-components=1'], { cwd: folder.path });
    for (const name of [...Object.keys(dependencies), ownNode]) {
      const link = join(modules, name);
      await mkdir(dirname(link), { recursive: true });
      if (existsSync(join(root, 'node_modules', name))) await symlink(join(root, 'node_modules', name), link);
    }
  });
  after(() => folder[Symbol.asyncDispose]());

  const run = (args: readonly string[], { env, ...options }: Options = {}) =>
    execa(process.execPath, [join(installed, 'scripts/netpol.mjs'), ...args], {
      cwd: folder.path,
      env: { NO_COLOR: '1', ...env },
      reject: false,
      all: true,
      ...options,
    });

  it('holds what a run reads, and no tests, tools or pictures of ours', async () => {
    const files = (await Array.fromAsync(glob('**/*.*', { cwd: installed }))).map((path) => path.split('/'));
    const inside = (folder: string) =>
      new Set(files.filter(([first]) => first === folder).map(([, second = '']) => second));
    const tops = new Set(files.map(([first = '']) => first));
    expect([...tops].toSorted()).to.deep.equal([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'README.md',
      'docs',
      'helpers',
      'manifests',
      'package.json',
      'scripts',
      'suites',
    ]);
    expect([...inside('scripts')].toSorted()).to.deep.equal(['netpol.mjs', 'strip-types.mjs']);
    expect([...inside('suites')])
      .to.include('network-policy')
      .and.not.to.include('self');
    expect([...inside('docs')]).not.to.include('images');
    expect([...inside('manifests')]).to.include.members([
      'crds',
      'kind',
      'plugins',
      'run',
      'scenarios',
      'systems',
    ]);
    expect(existsSync(join(installed, 'LICENSE'))).to.equal(true);
  });

  it('proves from a folder of the user, where the results go, and says how to do it again there', async () => {
    const { exitCode, all } = await run(['run', scenario, '--provider', 'lab']);
    expect(exitCode, String(all)).to.equal(0);
    expect(String(all)).to.include('  npx netpol list').and.not.to.include('npm start');
    const [record = ''] = await Array.fromAsync(glob('results/*/record.json', { cwd: folder.path }));
    expect(record).to.match(/^results\//);
  });

  it('explains, and completes in a shell', async () => {
    await writeFile(join(folder.path, 'shop.yaml'), shopYaml);
    const explained = await run(['explain', 'shop.yaml', 'shop/web-1', 'shop/db-0', 'TCP/5432']);
    expect(explained.all).to.match(/^shop\/web-1 -> shop\/db-0 v4 TCP\/5432: /);
    const script = await run(['completion', 'bash']);
    const program = /<\((.*) "\$\{words/.exec(String(script.stdout))?.[1] ?? '';
    const { stdout } = await execa('sh', ['-c', `${program} run network-policy/pee`]);
    expect(stdout).to.equal('network-policy/peers/');
  });

  it('takes the Node that runs it where npm left ours out, and refuses one that is too old', async () => {
    await using bare = await temporaryFolder();
    const modules = join(bare.path, 'node_modules');
    await execa('cp', ['-a', join(folder.path, 'node_modules'), bare.path]);
    await execa('rm', ['-f', join(modules, ownNode)]);
    const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '22.1.0' } })`;
    const program = join(modules, 'netpol-conformance/scripts/netpol.mjs');
    const start = (flags: readonly string[]) =>
      execa(process.execPath, [...flags, program, 'list', scenario], { reject: false, all: true });
    const { exitCode, all } = await start([]);
    expect(exitCode, all).to.equal(0);
    const refused = await start(['--import', old]);
    expect(refused).to.include({ exitCode: 2 });
    expect(refused.all.split('\n')).to.have.length(2);
    expect(refused.all).to.match(/^netpol: this is Node 22\.1\.0, .*\n {2}next: {3}/);
  });
});
