import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { applyPlugin } from '../../../helpers/cluster/plugin-versions.ts';
import { findPlugin } from '../../../helpers/cluster/plugins.ts';
import { EnvironmentError, InputError, UsageError } from '../../../helpers/errors.ts';
import { temporaryFolder } from '../netpol.ts';
import { images } from './kind-probes.ts';
import { thrownBy } from '../thrown.ts';

const manifest = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: kube-system }
spec:
  template:
    spec:
      containers: [{ name: agent, image: "agent:latest", env: [{ name: MODE, value: "on" }, { name: LEVEL, value: "yes" }] }]
`;
const digestOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A description that installs these pieces. */
const describing = (pieces: string, more = ''): string => `plugin: mine
version: v1
source: https://example.com/install
implements: [NetworkPolicy]
network: { disableDefaultCNI: true }
install:
${pieces}
waits: [{ daemonset: kube-system/agent }]
${more}`;

describe('A plugin with a description', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let server: Server;
  let url: string;

  before(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'mine.yaml');
    await mkdir(join(folder.path, 'mine-1/deploy'), { recursive: true });
    await writeFile(join(folder.path, 'mine-1/deploy/install.yaml'), manifest);
    await execa('tar', ['--create', '--gzip', '--file=mine.tgz', 'mine-1'], { cwd: folder.path });
    const archive = await readFile(join(folder.path, 'mine.tgz'));
    server = createServer(({ url }, response) => response.end(url === '/mine.tgz' ? archive : manifest));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await new Promise((resolve) => void server.close(resolve));
    await folder[Symbol.asyncDispose]();
  });

  const find = async (text: string, mode = '') => {
    await writeFile(file, text);
    return await findPlugin(`${file}${mode}`, { controlPlane: 'control' });
  };
  const installed = async (text: string, mode = ''): Promise<string> =>
    (await (await find(text, mode)).manifests?.('')) ?? '';
  const fetched = (): string => `  - { url: "${url}/install.yaml", sha256: ${digestOf(manifest)}`;

  it('is fetched, verbatim where the description changes nothing, and waited for', async () => {
    const plugin = await find(describing(`${fetched()} }`));
    expect(await plugin.manifests?.('')).to.equal(manifest);
    expect(plugin).to.deep.include({
      release: 'mine v1',
      implements: ['NetworkPolicy'],
      network: { disableDefaultCNI: true },
      daemonSets: ['kube-system/agent'],
      waits: [{ daemonset: 'kube-system/agent' }],
    });
  });

  it('comes from beside the description, or from within an archive', async () => {
    const beside = describing('  - { file: mine-1/deploy/install.yaml }');
    expect(await installed(beside)).to.equal(manifest);
    const sha256 = digestOf(await readFile(join(folder.path, 'mine.tgz')));
    const within = describing(`  - { url: "${url}/mine.tgz", sha256: ${sha256}, path: deploy/install.yaml }`);
    expect(await installed(within)).to.equal(manifest);
    const error = await thrownBy(() => installed(within.replace('deploy/', 'else/')));
    expect(error.message).to.match(/mine\.yaml:7:\d+: .* holds no file else\/install\.yaml/);
  });

  it('is not waited for any more where the run is interrupted', async () => {
    const asked = Promise.withResolvers<void>();
    const silent = createServer(() => asked.resolve());
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const text = describing(fetched().replace(url, `http://127.0.0.1:${port}`) + ' }');
      await writeFile(file, text);
      const interrupt = new AbortController();
      const finding = findPlugin(file, { controlPlane: 'control', signal: interrupt.signal });
      await asked.promise;
      const reason = new Error('interrupted');
      interrupt.abort(reason);
      expect(await thrownBy(() => finding)).to.equal(reason);
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });

  it('is refused before a cluster is made where the digest is another one', async () => {
    const wrong = 'ab'.repeat(32);
    await writeFile(file, describing(`${fetched().replace(digestOf(manifest), wrong)} }`));
    const run = { run: `self${process.pid}d`, plugin: file, log: () => {}, ...images };
    const error = await thrownBy(() => startKind(run));
    expect(error).to.be.instanceOf(InputError);
    expect(error.message).to.match(/mine\.yaml:7:\d+: wanted http/);
    expect(error.message).to.include(`sha256 ${wrong}, got ${digestOf(manifest)}`);
  });

  it('is refused in a mode that it does not have', async () => {
    const text = describing(`${fetched()} }`, 'modes: { fast: { about: It hurries. } }');
    expect((await find(text, '/fast')).release).to.equal('mine v1, mode fast');
    const error = await thrownBy(() => find(text, '/slow'));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('"slow"').and.include('one of fast');
    const none = await thrownBy(() => findPlugin('kube-router/slow'));
    expect(none.message).to.include('it has none');
  });

  it('has replaced what must be replaced, or is refused', async () => {
    const replacing = (from: string): string =>
      describing(`${fetched()}, replace: { "${from}": "agent:v1" } }`);
    expect(await installed(replacing('agent:latest'))).to.equal(manifest.replace('agent:latest', 'agent:v1'));
    const error = await thrownBy(() => installed(replacing('agent:v0')));
    expect(error.message).to.include('"agent:v0" is not there');
  });

  it('has other variables and objects of ours, and what was a text stays one', async () => {
    const more = `objects: [{ kind: ConfigMap, apiVersion: v1, metadata: { name: a }, data: { at: "\${CONTROL_PLANE}" } }]
environment: { kube-system/agent: { MODE: "off", NEW: "1" } }`;
    const [ours, set] = (await installed(describing(`${fetched()} }`, more))).split('\n---\n').map(parse);
    expect(ours).to.deep.include({ kind: 'ConfigMap', data: { at: 'control' } });
    const spec = set?.['spec'] as { template: { spec: { containers: { env: object[] }[] } } };
    expect(spec.template.spec.containers[0]?.env).to.deep.equal([
      { name: 'LEVEL', value: 'yes' },
      { name: 'MODE', value: 'off' },
      { name: 'NEW', value: '1' },
    ]);
    const error = await thrownBy(() =>
      installed(describing(`${fetched()} }`, more.replace('system/agent', 'system/other'))),
    );
    expect(error.message).to.include('nothing that is installed is called kube-system/other');
  });

  it('is refused where a document would be lost because variables are set in another one', async () => {
    // Two keys for YAML 1.2, one key twice for YAML 1.1, which is what Kubernetes reads.
    const lost = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: lost }\ndata: { yes: a, on: b }\n';
    const more = 'environment: { kube-system/agent: { MODE: "off" } }';
    await writeFile(join(folder.path, 'two.yaml'), `${manifest}---\n${lost}`);
    const error = await thrownBy(() => installed(describing('  - { file: two.yaml }', more)));
    expect(error).to.be.instanceOf(InputError);
    expect(error.message).to.include('mine.yaml: what it installs is not YAML as Kubernetes reads it');
  });

  it('is installed with the warnings of kubectl told, and nothing else that it says', async () => {
    const plugin = await find(describing(`${fetched()} }`));
    const bin = join(folder.path, 'docker-bin');
    await mkdir(bin);
    const says = `echo 'Warning: unknown field "spec.tmplate"' >&2; echo note >&2; echo applied`;
    await writeFile(join(bin, 'docker'), `#!/bin/sh\ncat > /dev/null\n${says}\n`);
    await chmod(join(bin, 'docker'), 0o755);
    const path = process.env['PATH'];
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    try {
      process.env['PATH'] = `${bin}${delimiter}${path}`;
      await applyPlugin(plugin, '', { controlPlane: 'control', signal: undefined, log });
    } finally {
      process.env['PATH'] = path;
    }
    expect(lines).to.deep.equal([`plugin ${file}: Warning: unknown field "spec.tmplate"`]);
  });

  it('is a chart that helm renders with our values, after those of the file that it names', async () => {
    const chart = `chart: { release: mine, namespace: there, valuesFile: a.yaml, values: { at: "\${CONTROL_PLANE}" } }`;
    const sha256 = digestOf(await readFile(join(folder.path, 'mine.tgz')));
    const text = describing(`  - { url: "${url}/mine.tgz", sha256: ${sha256}, path: deploy, ${chart} }`);
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'helm'),
      `#!/bin/sh
[ "$1" = version ] && exit
echo "# $*"
for last; do :; done
echo "# $(cat "\${last#--values=}")"
cat "$3/install.yaml"
`,
    );
    await chmod(join(bin, 'helm'), 0o755);
    const path = process.env['PATH'];
    try {
      process.env['PATH'] = `${bin}${delimiter}${path}`;
      const rendered = await installed(text);
      expect(rendered).to.match(
        /^# template mine \S+\/deploy --namespace=there --include-crds --values=\S+\/deploy\/a\.yaml --values=/,
      );
      expect(rendered).to.include('# {"at":"control"}').and.include(manifest.trim());
      process.env['PATH'] = folder.path;
      const error = await thrownBy(() => installed(text));
      expect(error).to.be.instanceOf(EnvironmentError);
      expect(error.message).to.include('`helm` is not installed');
    } finally {
      process.env['PATH'] = path;
    }
  });
});

const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
