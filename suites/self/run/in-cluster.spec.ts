import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { kindImages, needKind } from '../cluster/kind-probes.ts';
import { readRecord, root, runNetpol, temporaryFolder } from '../netpol.ts';
import { waitFor } from '../waiting.ts';
import { buildSuiteImage } from './suite-image.ts';

const cluster = `netpol-self-job-${process.pid}`;
const scenarios = ['network-policy/peers/pod-and-namespace', 'network-policy/isolation/default-deny-ingress'];
const manifest = (name: string): Promise<string> => readFile(join(root, 'manifests/run', name), 'utf8');
const placeholder = 'netpol-conformance/suite:0.1.0';

type Plugin = {
  'sonobuoy-config': Record<string, string>;
  spec: Record<string, unknown> & {
    command: string[];
    volumeMounts: { name: string; mountPath: string }[];
  };
};

describe('the suite inside a cluster', function () {
  this.timeout(600_000);
  let built: Awaited<ReturnType<typeof buildSuiteImage>> | undefined;
  let image = '';
  before(needKind);
  before('build the image, make a cluster', async () => {
    built = await buildSuiteImage(`self-${process.pid}`);
    image = built.image;
    await using folder = await temporaryFolder();
    const args = [
      '--provider',
      'kind',
      '--plugin',
      'reference',
      '--cluster',
      cluster,
      '--keep',
      '--lanes',
      '1',
    ];
    const { exitCode, output } = await runNetpol(
      ['run', scenarios[0] ?? '', ...args, '--output', folder.path],
      { env: kindImages },
    );
    expect(exitCode, output).to.equal(0);
    await execa('kind', ['load', 'docker-image', image, '--name', cluster]);
    await kubectl(['apply', '-f', '-'], await manifest('rbac.yaml'));
  });
  after(async () => {
    await execa('kind', ['delete', 'cluster', '--name', cluster], { reject: false });
    await built?.[Symbol.asyncDispose]();
  });

  const kubectl = async (parameters: string[], input = ''): Promise<string> => {
    const node = `${cluster}-control-plane`;
    const command = ['exec', '-i', node, 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'];
    return (await execa('docker', [...command, ...parameters], { input })).stdout;
  };
  const own = ['--namespace=netpol-conformance'];
  const deleteJob = () =>
    kubectl([...own, 'delete', 'job', '--all', '--cascade=foreground', '--ignore-not-found']);
  const startJob = async (...args: string[]): Promise<void> => {
    await deleteJob();
    const text = (await manifest('job.yaml')).replaceAll(placeholder, image);
    await kubectl(['apply', '-f', '-'], text.replace('args: []', `args: ${JSON.stringify(args)}`));
  };
  const logOf = (container: string) => kubectl([...own, 'logs', 'job/netpol-conformance', '-c', container]);
  const endOf = async (): Promise<string> => {
    const job = 'job/netpol-conformance';
    await kubectl([...own, 'wait', '--for=jsonpath={.status.conditions}', '--timeout=5m', job]);
    return kubectl([...own, 'get', job, '--output=jsonpath={.status.conditions[*].type}']);
  };
  const fetchResults = async (folder: string): Promise<void> => {
    const input = Buffer.from(await logOf('results'), 'base64');
    await execa('tar', ['-xz', '-C', folder], { input });
  };
  const namespacesOfRuns = () => kubectl(['get', 'namespaces', '-l', 'netpol-conformance/run', '-o', 'name']);

  it('proves scenarios as a Job that Pod Security restricts, with the rights of its manifest', async () => {
    await using folder = await temporaryFolder();
    await startJob(...scenarios, '--lanes', '1');
    const end = await endOf();
    expect(end, await logOf('suite'))
      .to.include('Complete')
      .and.not.include('Failed');
    await fetchResults(folder.path);
    const { counts, environment, cases } = await readRecord(folder.path);
    expect(cases.map(({ name }) => name)).to.have.members(scenarios);
    expect(counts).to.deep.equal({ pass: 2, fail: 0, error: 0, skip: 0 });
    expect(environment).to.include({ provider: 'existing' });
    expect(environment.versions['probe image']).to.equal(image);
    expect(await readdir(folder.path)).to.include.members(['junit.xml', 'conformance.yaml', 'results.tap']);
    expect(await logOf('suite')).to.include('2 pass, 0 fail');
    await deleteJob();
    expect(await namespacesOfRuns()).to.equal('');
  });

  it('fails as a Job where the suite exits with more than 0, and its log tells why', async () => {
    await startJob('--feature', 'Nope');
    expect(await endOf()).to.include('Failed');
    expect(await logOf('suite')).to.include('no scenario is meant by `Nope`');
    await using folder = await temporaryFolder();
    await fetchResults(folder.path);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  it('cleans up when its Job is deleted under way', async () => {
    await startJob('network-policy/', '--lanes', '1');
    await waitFor(async () => (await namespacesOfRuns()) !== '', 'the run begins');
    await deleteJob();
    expect(await namespacesOfRuns()).to.equal('');
  });

  describe('as a plugin of Sonobuoy', () => {
    const readPlugin = async (): Promise<Plugin> => parse(await manifest('sonobuoy-plugin.yaml')) as Plugin;

    /** Runs the command of the manifest where Sonobuoy would, but for the cluster, which is the one of `more`. */
    const runPlugin = async (folder: string, more: string[], ...args: string[]) => {
      const { spec } = await readPlugin();
      await chmod(folder, 0o777);
      const { mountPath = '' } = spec.volumeMounts.find(({ name }) => name === 'results') ?? {};
      const run = [
        'run',
        '--rm',
        '--volume',
        `${folder}:${mountPath}`,
        '--entrypoint',
        spec.command[0] ?? '',
      ];
      const environment = ['--env', `NETPOL_PROBE_IMAGE=${image}`];
      await execa('docker', [...run, ...environment, ...more, image, ...spec.command.slice(1), ...args]);
      const done = await readFile(join(folder, 'done'), 'utf8');
      expect(done).to.equal(`${mountPath}/netpol-conformance.tar.gz`);
      await mkdir(join(folder, 'fetched'));
      const archive = join(folder, done.slice(mountPath.length));
      await execa('tar', ['-xzf', archive, '-C', join(folder, 'fetched')]);
      return readFile(join(folder, 'fetched/junit.xml'), 'utf8');
    };

    it('has what Sonobuoy asks of a plugin', async () => {
      const { 'sonobuoy-config': config, spec } = await readPlugin();
      expect(config).to.include({
        driver: 'Job',
        'plugin-name': 'netpol-conformance',
        'result-format': 'junit',
      });
      expect(spec).to.include({ name: 'plugin', image: placeholder });
      expect(spec.volumeMounts).to.deep.include({ name: 'results', mountPath: '/tmp/sonobuoy/results' });
    });

    it('leaves junit.xml of the run, and says where in `done`', async () => {
      await using folder = await temporaryFolder();
      const kubeconfig = join(folder.path, 'kubeconfig');
      const { stdout } = await execa('kind', ['get', 'kubeconfig', '--internal', '--name', cluster]);
      await writeFile(kubeconfig, stdout, { mode: 0o644 });
      const to = [
        '--network',
        'kind',
        '--volume',
        `${kubeconfig}:/kubeconfig`,
        '--env',
        'KUBECONFIG=/kubeconfig',
      ];
      const junit = await runPlugin(folder.path, to, scenarios[0] ?? '', '--lanes', '1');
      expect(junit).to.match(/<testsuites name="netpol-conformance" tests="1" failures="0" errors="0"/);
    });

    it('is red, and done all the same, where the run cannot begin', async () => {
      await using folder = await temporaryFolder();
      const junit = await runPlugin(folder.path, []);
      expect(junit).to.include('errors="1"');
      expect(await readFile(join(folder.path, 'fetched/netpol.log'), 'utf8')).to.include('no kubeconfig');
      expect(await readFile(join(folder.path, 'fetched/exit-code'), 'utf8')).to.equal('2\n');
    });
  });
});
