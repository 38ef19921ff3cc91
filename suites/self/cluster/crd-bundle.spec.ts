import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readCrdBundles } from '../../../helpers/cluster/crd-bundle.ts';
import { startExisting } from '../../../helpers/cluster/existing.ts';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { defaults, loadConfig } from '../../../helpers/config.ts';
import { EnvironmentError, InputError, UsageError } from '../../../helpers/errors.ts';
import { chooseProvider } from '../../../helpers/run/providers.ts';
import { thrownBy } from '../thrown.ts';

const ours = ['v0.1-standard', 'v0.1-experimental', 'v0.2-standard', 'v0.2-experimental'];

const minimal = (group: string, name: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${name}.${group} }
spec: { group: ${group}, names: { kind: Thing, plural: ${name} }, versions: [] }
`;
const right = minimal('policy.networking.k8s.io', 'things');

/** What the two channels may differ in: fields, and the rules about named ports in egress rules. */
const withoutExperimental = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutExperimental);
  if (typeof value !== 'object' || value === null) return value;
  const isRule = 'required' in value && JSON.stringify(value.required) === '["action","to"]';
  const left = Object.entries(value).filter(
    ([key]) =>
      !['nodes', 'domainNames', 'namedPort', 'policy.networking.k8s.io/channel'].includes(key) &&
      !(isRule && key === 'x-kubernetes-validations'),
  );
  return Object.fromEntries(left.map(([key, part]) => [key, withoutExperimental(part)]));
};

describe('bundles of CRDs', () => {
  let folder: string;
  let server: Server;
  let url: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netpol-crds-'));
    server = createServer(({ url, headers }, response) => {
      if (url === '/guarded') {
        const isKnown = headers.authorization === `Basic ${Buffer.from('me:hidden').toString('base64')}`;
        return isKnown ? response.end(right) : response.writeHead(401).end();
      }
      if (url === '/right.yaml?token=hidden') return response.end(right);
      if (url === '/moved') return response.writeHead(302, { location: '/right.yaml?token=hidden' }).end();
      if (url === '/away') return response.writeHead(302, { location: 'http://198.51.100.1/' }).end();
      if (url === '/circle') return response.writeHead(302, { location: '/circle' }).end();
      return response.writeHead(url === '/page' ? 200 : 404).end('<html></html>');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const fileOf = (text: string): string => {
    const file = join(folder, 'crds.yaml');
    writeFileSync(file, text);
    return file;
  };

  it('of our own say what they are, whose text they are, and that the API was approved', async () => {
    for (const name of ours) {
      const [bundle] = await readCrdBundles([name]);
      const [version = '', channel] = name.split('-');
      const kinds = bundle?.definitions.map(({ spec }) => spec.names.kind);
      expect(kinds).to.deep.equal(
        version === 'v0.1' ? ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'] : ['ClusterNetworkPolicy'],
      );
      for (const { metadata, spec } of bundle?.definitions ?? []) {
        expect(metadata.name).to.equal(`${spec.names.plural}.${spec.group}`);
        expect(metadata.annotations).to.include({
          'policy.networking.k8s.io/channel': channel,
          'policy.networking.k8s.io/bundle-version': version === 'v0.1' ? 'v0.1.7' : 'v0.2.0',
          'netpol-conformance/minimal': 'true',
        });
        expect(metadata.annotations?.['api-approved.kubernetes.io']).to.match(/^https:\/\/.*\/pull\/\d+$/);
      }
    }
  });

  it('of our own differ between the channels in what is experimental only', async () => {
    for (const version of ['v0.1', 'v0.2']) {
      const [standard, experimental] = await Promise.all(
        ['standard', 'experimental'].map(async (channel) => {
          const [bundle] = await readCrdBundles([`${version}-${channel}`]);
          return bundle?.definitions;
        }),
      );
      expect(withoutExperimental(standard)).to.deep.equal(withoutExperimental(experimental));
      expect(JSON.stringify(standard)).to.not.match(/"nodes"|"domainNames"|"namedPort"/);
    }
  });

  it('that are unknown are refused, with the names of those there are', async () => {
    const error = await thrownBy(() => readCrdBundles(['v0.3-standard']));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('"v0.3-standard"');
    for (const name of ours) expect(error.message).to.include(name);
  });

  it('may hold nothing but CRDs of the admin tiers, and are refused with file and line', async () => {
    const others: [text: string, place: number, words: string][] = [
      [`${right}---\napiVersion: v1\nkind: Namespace\nmetadata: { name: n }\n`, 7, 'got Namespace of v1'],
      [minimal('example.com', 'things'), 4, 'got the group example.com'],
      ['[]', 1, 'got no Kubernetes object'],
      [right.replace(', versions: []', ''), 4, 'must have metadata.name, spec.names and spec.versions'],
      ['kind: [', 1, ''],
    ];
    for (const [text, line, words] of others) {
      const file = fileOf(text);
      const error = await thrownBy(() => readCrdBundles([file]));
      expect(error, text).to.be.instanceOf(InputError);
      expect(error.message).to.include(`${file}:${line}:`).and.include(words);
    }
    expect((await thrownBy(() => readCrdBundles([fileOf('# nothing')]))).message).to.include('holds no CRD');
  });

  it('are refused before a cluster is touched', async () => {
    const crdBundle = [fileOf(minimal('example.com', 'things'))];
    const common = { run: `crds${process.pid}`, plugin: 'default', log: () => {}, crdBundle };
    for (const start of [() => startKind(common), () => startExisting({ ...common, kubeconfig: '/nowhere' })])
      expect(await thrownBy(start)).to.be.instanceOf(InputError);
  });

  it('that have the same CRD are refused with both names', async () => {
    const error = await thrownBy(() => readCrdBundles(['v0.2-standard', 'v0.2-experimental']));
    expect(error).to.be.instanceOf(InputError);
    expect(error.message)
      .to.match(/v0\.2-experimental\.yaml: holds clusternetworkpolicies/)
      .and.match(/so does .*v0\.2-standard\.yaml/);
  });

  it('are fetched, from here over http too, and named without what may be secret', async () => {
    const bundles = await readCrdBundles([`${url}/right.yaml?token=hidden`]);
    expect(bundles.map(({ name }) => name)).to.deep.equal([`${url}/right.yaml`]);
    expect(bundles[0]?.definitions[0]?.metadata.name).to.equal('things.policy.networking.k8s.io');
    expect((await readCrdBundles([`${url}/moved`]))[0]?.definitions).to.have.length(1);
    const [guarded] = await readCrdBundles([`${url.replace('//', '//me:hidden@')}/guarded`]);
    expect(guarded?.name).to.equal(`${url}/guarded`);
    const page = await thrownBy(() => readCrdBundles([`${url}/page`]));
    expect(page.message).to.include(`${url}/page:1:1: must be a CustomResourceDefinition`);
  });

  const failures: [path: string, words: string][] = [
    ['/absent', 'HTTP 404 Not Found'],
    ['/circle', 'more than 5 redirects'],
  ];
  for (const [path, words] of failures)
    it(`that cannot be fetched say why: ${words}`, async () => {
      const error = await thrownBy(() => readCrdBundles([`${url}${path}`]));
      expect(error).to.be.instanceOf(EnvironmentError);
      expect(error.message)
        .to.include(`${url}${path}`)
        .and.include(words)
        .and.include('download it yourself');
    });

  it('that cannot be fetched say that nobody answers', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => void free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => void free.close(resolve));
    const error = await thrownBy(() => readCrdBundles([`http://user:hidden@127.0.0.1:${port}/x`]));
    expect(error).to.be.instanceOf(EnvironmentError);
    expect(error.message).to.include('ECONNREFUSED').and.not.include('hidden');
  });

  it('come from elsewhere over https only, redirects included', async () => {
    for (const name of ['http://198.51.100.1/crds.yaml', 'ftp://127.0.0.1/x', `${url}/away`]) {
      const error = await thrownBy(() => readCrdBundles([name]));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include('wanted: https');
    }
  });

  it('are asked for by flag, environment and file, and mean a cluster', async () => {
    const fromFlags = loadConfig({ 'crd-bundle': ['v0.1-standard', 'v0.2-standard'] }, {}, undefined);
    expect(fromFlags.crdBundle).to.deep.equal(['v0.1-standard', 'v0.2-standard']);
    const environment = { NETPOL_CRD_BUNDLE: 'v0.1-standard,v0.2-standard' };
    expect(loadConfig({}, environment, undefined).crdBundle).to.deep.equal(fromFlags.crdBundle);
    writeFileSync(join(folder, 'netpol.yaml'), 'crd-bundle: [v0.1-standard]\n');
    expect(loadConfig({}, {}, join(folder, 'netpol.yaml')).crdBundle).to.deep.equal(['v0.1-standard']);
    const config = { ...defaults, crdBundle: ['v0.1-standard'] };
    expect(await chooseProvider(config)).to.include({ provider: 'kind' });
    const error = await thrownBy(() => chooseProvider({ ...config, provider: 'lab' }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('`--crd-bundle` with `--provider lab`');
  });
});
