import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { systemAuditCommand } from '../../../helpers/run/system/audit-command.ts';
import type { Triage } from '../../../helpers/system/triage.ts';
import { kubeconfigFor, startFakeServer } from '../kube/fake-server.ts';
import { root, runNetpol, temporaryFolder, type Ended } from '../netpol.ts';
import { expectGolden } from '../report/golden.ts';
import { find, parseXml } from '../report/xml.ts';
import { allowList, clusterYaml } from './audit-cluster.ts';
import { sarifSchema } from './sarif-schema.ts';
import { thrownBy } from '../thrown.ts';

/** Runs in a folder that holds `cluster.yaml`, `allow.yaml` and more, so that names of files are always the same. */
const inFolder = async (
  more: Record<string, string>,
  run: (
    folder: string,
    audit: (...args: string[]) => Promise<Ended>,
    read: (name: string) => Promise<string>,
  ) => Promise<void>,
): Promise<void> => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const files = { 'cluster.yaml': clusterYaml, 'allow.yaml': allowList, ...more };
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  await run(
    path,
    (...args) => runNetpol(['system', 'audit', ...args], { cwd: path, env: { HOME: path, KUBECONFIG: '' } }),
    (name) => readFile(join(path, name), 'utf8'),
  );
};

describe('netpol system audit', function () {
  this.timeout(60_000);
  const flags = ['--mode', 'unrestricted', '--allow', 'allow.yaml', '--expect-label', 'tier=system'];
  const usual = ['cluster.yaml', ...flags];

  it('prints a table by class, findings by namespace, and a summary, in 100 columns', () =>
    inFolder({}, async (_, audit) => {
      const { exitCode, stdout, stderr } = await audit(...usual);
      expect(stderr).to.equal('');
      expect(exitCode).to.equal(1);
      for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(100);
      expectGolden('system-audit.txt', `${stdout}\n`);
    }));

  it('writes JUnit with a real failure, and SARIF that keeps its schema', () =>
    inFolder({}, async (_, audit, read) => {
      const files = ['--junit', 'out/junit.xml', '--sarif', 'out/audit.sarif'];
      const { exitCode } = await audit(...usual, ...files);
      expect(exitCode).to.equal(1);
      const junit = await read('out/junit.xml');
      expectGolden('system-audit.xml', junit);
      const root = parseXml(junit);
      const cases = find(root, 'testcase');
      expect(root.attributes['tests']).to.equal(String(cases.length));
      for (const [element, attribute] of [['failure', 'failures'], ['skipped', 'skipped']] as const)
        expect(root.attributes[attribute]).to.equal(String(find(root, element).length)); // prettier-ignore
      expect(find(root, 'failure').length).to.be.greaterThan(0);
      const names = cases.map(({ attributes }) => `${attributes['classname']} ${attributes['name']}`);
      expect(new Set(names).size).to.equal(names.length);
      const sarif = await read('out/audit.sarif');
      expectGolden(
        'system-audit.sarif',
        sarif.replace(/"version": "\d+\.\d+\.\d+[^"]*",\n(\s+)"info/, '"version": "0.0.0",\n$1"info'),
      );
      const validate = new Ajv({ strict: false }).compile(sarifSchema);
      validate(JSON.parse(sarif));
      expect(validate.errors).to.equal(null);
    }));

  it('exits 0 where all errors are in the baseline that was written, and 1 for the next one', () =>
    inFolder({}, async (path, audit, read) => {
      const written = await audit('cluster.yaml', '--write-baseline', 'baseline.json');
      expect(written.exitCode, written.output).to.equal(0);
      const again = await audit('cluster.yaml', '--baseline', 'baseline.json', '--json');
      expect(again.exitCode).to.equal(0);
      const { findings } = JSON.parse(again.stdout) as Triage;
      expect(new Set(findings.map(({ status }) => status))).to.deep.equal(new Set(['known']));
      const more =
        '\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: openshift-new }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: openshift-new }\n';
      await writeFile(join(path, 'cluster.yaml'), (await read('cluster.yaml')) + more);
      const { exitCode, stdout } = await audit('cluster.yaml', '--baseline', 'baseline.json');
      expect(exitCode).to.equal(1);
      expect(stdout).to.match(/openshift-new\n {2}error {4}implicitly-open-ingress/);
      expect(stdout).to.include('open: 1 error, 1 note; in the baseline:');
    }));

  it('reads the pods of workloads in files that people write', () =>
    inFolder(
      {
        'app.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [ { ports: [ { name: http, containerPort: 80 } ] } ] } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec: { podSelector: { matchLabels: { app: wep } }, ingress: [ {} ] }
`,
      },
      async (_, audit) => {
        const { stdout } = await audit('app.yaml', '--selector', 'shop');
        expect(stdout).to.include('podSelector app=wep matches none of the 1 pods of shop');
      },
    ));

  it('exits 2 with all problems of all files at once, and writes nothing', () =>
    inFolder(
      { 'broken.yaml': 'a: [', 'old.json': '{}', 'list.yaml': '- { id: x, namespace: y, reason: z }' },
      async (_, audit, read) => {
        const { exitCode, stderr, stdout } = await audit(
          ...['broken.yaml', '--allow', 'list.yaml', '--baseline', 'old.json', '--sarif', 'out.sarif'],
        );
        expect(exitCode).to.equal(2);
        expect(stdout).to.equal('');
        for (const place of [
          'broken.yaml:1:',
          'list.yaml:1:5: unknown id `x`',
          'old.json:1: wanted a baseline',
        ])
          expect(stderr).to.include(place);
        expect(await read('out.sarif').catch(() => 'absent')).to.equal('absent');
      },
    ));

  const refused: [string, string[], RegExp][] = [
    ['an unknown mode', ['FILE', '--mode', 'open'], /`--mode`[^]*unrestricted or restricted/],
    ['a label without a key', ['FILE', '--expect-label', '=x'], /KEY or KEY=VALUE/],
    ['a flag without its file', ['FILE', '--junit'], /`--junit` lacks its value/],
    ['a selector without a glob', ['FILE', '--selector'], /`--selector` lacks its value/],
    ['a selector that matches nothing', ['FILE', '--selector', 'x-*'], /no namespace matches `x-\*`/],
    ['files and a cluster', ['FILE', '--context', 'x'], /files and a cluster at once/],
    ['files that are not there', ['none.yaml', '--allow', 'no.yaml'], /none\.yaml: ENOENT[^]*no\.yaml: ENOENT/],
    ['a cluster that is not there', ['--kubeconfig', '/nowhere'], /cannot use the kubeconfig \/nowhere/],
    ['an unknown flag', ['FILE', '--selektor', 'x'], /unknown --selektor/],
    ['a report that cannot be written', ['FILE', '--sarif', 'FILE/x'], /cannot write .*cluster\.yaml\/x/],
  ]; // prettier-ignore
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, () =>
      inFolder({}, async (path) => {
        const words = args.map((word) => word.replace('FILE', join(path, 'cluster.yaml')));
        expect((await thrownBy(() => systemAuditCommand(words))).message).to.match(message);
      }));

  it('reads a live cluster with four lists, in parts, and changes nothing', () =>
    inFolder({}, async (path, audit) => {
      await using server = await startFakeServer();
      const meta = (name: string) => ({
        metadata: { name, namespace: 'openshift-dns', labels: { app: name } },
      });
      const lists: Record<string, object[]> = {
        '/api/v1/namespaces': [{ metadata: { name: 'openshift-dns' } }, { metadata: { name: 'openshift-etcd' } }],
        '/api/v1/pods': [
          { ...meta('dns'), spec: { containers: [] }, status: { phase: 'Running', podIP: '10.0.0.1' } },
          { ...meta('done'), spec: { containers: [] }, status: { phase: 'Succeeded', podIP: '10.0.0.1' } },
        ],
        '/api/v1/services': [{ ...meta('dns'), spec: { clusterIP: '10.96.0.10' } }],
        '/apis/networking.k8s.io/v1/networkpolicies': [
          { ...meta('p'), spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] } },
        ],
      }; // prettier-ignore
      server.answer = ({ url }) => {
        const items = lists[url.pathname];
        if (items === undefined) return { status: 404, body: { kind: 'Status' } };
        if (!url.searchParams.has('limit')) return { status: 200, body: { items } };
        // One at a time, as a server may that has many.
        const at = Number(url.searchParams.get('continue') ?? 0);
        const more = at + 1 < items.length ? { continue: String(at + 1) } : {};
        return { status: 200, body: { metadata: more, items: items.slice(at, at + 1) } };
      };
      await writeFile(join(path, 'kubeconfig'), kubeconfigFor(server.url));
      const { exitCode, stdout, stderr } = await audit('--kubeconfig', 'kubeconfig', '--json');
      expect(stderr).to.equal('');
      const { namespaces, findings } = JSON.parse(stdout) as Triage;
      expect(namespaces).to.deep.equal([
        { name: 'openshift-dns', ingress: 'closed', egress: 'implicitly-open', pods: 1, policies: 1 },
        {
          name: 'openshift-etcd',
          ingress: 'implicitly-open',
          egress: 'implicitly-open',
          pods: 0,
          policies: 0,
        },
      ]);
      expect(findings.map(({ id }) => id)).to.deep.equal([
        'default-for-ingress-only',
        'empty-namespace-without-policy',
      ]);
      expect(exitCode).to.equal(0);
      expect(new Set(server.requests.map(({ method }) => method))).to.deep.equal(new Set(['GET']));
      expect(new Set(server.requests.map(({ url }) => url.pathname))).to.deep.equal(
        new Set(Object.keys(lists)),
      );
      const rights = parseAllDocuments(await readFile(join(root, 'manifests/run/rbac-audit.yaml'), 'utf8'))
        .map(
          (document) =>
            document.toJS() as { rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[] },
        )
        .flatMap(({ rules = [] }) => rules);
      const allowed = rights.flatMap(({ apiGroups: [group = ''], resources }) =>
        resources.map((resource) => `${group === '' ? '/api/v1' : `/apis/${group}/v1`}/${resource}`),
      );
      expect(allowed.toSorted()).to.deep.equal(Object.keys(lists).toSorted());
      expect(rights.flatMap(({ verbs }) => verbs)).to.deep.equal(['list', 'list']);
    }));

  it('exits 2 where it may not list', () =>
    inFolder({}, async (path, audit) => {
      await using server = await startFakeServer();
      server.answer = () => ({ status: 403, body: { kind: 'Status', message: 'pods is forbidden' } });
      await writeFile(join(path, 'kubeconfig'), kubeconfigFor(server.url));
      const { exitCode, stderr } = await audit('--kubeconfig', 'kubeconfig');
      expect(exitCode).to.equal(2);
      expect(stderr).to.include('HTTP 403');
    }));

  it('has help of its own', async () => {
    const { stdout, exitCode } = await runNetpol(['system', 'audit', '--help']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.include('netpol system audit [FILE...]').and.include('--write-baseline FILE');
    const all = await runNetpol(['help', 'system']);
    expect(all.stdout).to.include('netpol system audit [FILE...]');
    const unknown = await runNetpol(['system', 'autit']);
    expect(unknown.exitCode).to.equal(2);
    expect(unknown.stderr).to.include('unknown command `system autit`');
  });
});
