import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { expect } from 'chai';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { clean } from '../../../helpers/cluster/clean.ts';
import type { Cluster } from '../../../helpers/cluster/cluster.ts';
import type { ExistingOptions } from '../../../helpers/cluster/existing.ts';
import { ClusterError, UsageError } from '../../../helpers/errors.ts';
import { openClient } from '../../../helpers/kube/client.ts';
import type { PolicyAnswer } from '../../../helpers/kube/policies.ts';
import type { Channel } from '../../../helpers/kube/types.ts';
import { adminDocuments } from '../kube/admin-documents.ts';
import { anp, banp, condition, holdPolicies, kept, unchecked } from './admin-lifecycle.ts';
import { standing } from './kind-probes.ts';
import { thrownBy } from '../thrown.ts';

/** A cluster that has none of the CRDs, and two accounts on it. */
export type AdminPlace = {
  admin: string;
  restricted: string;
  kubectl: (parameters: string[], input?: string) => Promise<string>;
  start: (options: Partial<ExistingOptions>) => Promise<Cluster>;
};

/** What an existing cluster lacks whatever its CRDs. */
export const always = [
  'external',
  'chosen-address',
  'node-labels',
  'cluster-wide',
  'plugin-operations',
  'plugin-upgrade',
  'node-operations',
  'api-server-operations',
];
const definitions = (version: string): string[] =>
  version === 'v0.2'
    ? ['clusternetworkpolicies.policy.networking.k8s.io']
    : [
        'adminnetworkpolicies.policy.networking.k8s.io',
        'baselineadminnetworkpolicies.policy.networking.k8s.io',
      ];

const readOwn = (bundle: string): Promise<string> =>
  readFile(new URL(`../../../manifests/crds/${bundle}.yaml`, import.meta.url), 'utf8');

/** The tests of the admin tiers on a real API server. Each leaves the cluster as it was. */
export const testAdminTiers = (place: () => AdminPlace): void => {
  const listDefinitions = (): Promise<string> => place().kubectl(['get', 'crd', '--output=name']);
  const listPolicies = (): Promise<string> =>
    place().kubectl(['get', 'anp,banp,cnp', '--output=name', '--ignore-not-found']);
  const apply = (object: object): Promise<string> =>
    place().kubectl(['apply', '--filename=-'], stringify(object));
  /** What the server would keep of a policy with fields that it does not know, were it not told to be strict. */
  const keepUnchecked = async (): Promise<unknown> => {
    const command = ['create', '--dry-run=server', '--validate=ignore', '--output=json', '--filename=-'];
    const answer = JSON.parse(await place().kubectl(command, stringify(unchecked))) as typeof kept;
    return { ...answer, metadata: { name: answer.metadata.name } };
  };
  const setStatus = (status: object): Promise<string> => {
    const patch = `--patch=${JSON.stringify({ status })}`;
    return place().kubectl(['patch', 'anp', 'offered', '--subresource=status', '--type=merge', patch]);
  };
  const bundlesOf = (channel: Channel): string[] => [`v0.1-${channel}`, `v0.2-${channel}`];

  for (const channel of ['standard', 'experimental'] as const)
    it(`has the CRDs of the ${channel} channel for a run, and they decide as the table says`, async () => {
      const { admin, start } = place();
      await using stack = new AsyncDisposableStack();
      const crdBundle = bundlesOf(channel);
      const { environment, lacks } = stack.use(await start({ kubeconfig: admin, crdBundle }));
      const other = channel === 'standard' ? 'experimental-channel' : 'standard-channel';
      expect(lacks).to.have.all.keys(...always, other);
      expect(environment.versions).to.include({
        'AdminNetworkPolicy CRD': `v0.1.7 ${channel} (minimal)`,
        'ClusterNetworkPolicy CRD': `v0.2.0 ${channel} (minimal)`,
      });
      expect(environment.versions).to.not.have.property('policy API');
      const { policies } = openClient({ kubeconfig: admin });
      const isAccepted = ({ accepted }: PolicyAnswer): boolean => accepted;
      const wrong: string[] = [];
      for (let first = 0; first < adminDocuments.length; first += 20) {
        const rows = adminDocuments
          .slice(first, first + 20)
          .map(async ({ kind, claim, document, rejectedIn }) => {
            const answer = await policies.offer(document, { dryRun: true });
            if (isAccepted(answer) === rejectedIn.includes(channel))
              wrong.push(`${kind} with ${claim}: ${JSON.stringify(answer)}`);
          });
        await Promise.all(rows);
      }
      expect(wrong).to.deep.equal([]);
      expect(await keepUnchecked()).to.deep.equal(kept);
      await stack.disposeAsync();
      expect(await listDefinitions()).to.equal('');
    });

  it('holds policies of the admin tiers in a lane, for the account with the shipped role', async () => {
    const { admin, restricted, start } = place();
    await using stack = new AsyncDisposableStack();
    stack.use(await start({ kubeconfig: admin, crdBundle: bundlesOf('standard') }));
    const cluster = stack.use(await start({ kubeconfig: restricted }));
    expect(cluster.lacks).to.have.all.keys(...always, 'experimental-channel');
    const lane = stack.use(await cluster.openLane(0, standing.slice(0, 1)));
    await holdPolicies(lane);
    for (const wrong of [{}, { conditions: [condition, condition] }, { conditions: [{ type: 'Ready' }] }])
      expect((await thrownBy(() => setStatus(wrong))).message).to.include('status.conditions');
    await setStatus({ conditions: [condition] });
    expect(await listPolicies()).to.match(/\/offered\n.*\/default$/);
    await lane[Symbol.asyncDispose]();
    expect(await listPolicies()).to.equal('');
    await stack.disposeAsync();
    expect(await listDefinitions()).to.equal('');
  });

  it('is not told to change CRDs by an account that has only the shipped role', async () => {
    const { restricted, start } = place();
    const error = await thrownBy(() => start({ kubeconfig: restricted, crdBundle: ['v0.1-standard'] }));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error.message).to.include('create customresourcedefinitions.apiextensions.k8s.io');
  });

  it('keeps the CRDs that it has, says so, and names both where others are wanted', async () => {
    const { admin, start } = place();
    await using stack = new AsyncDisposableStack();
    stack.use(await start({ kubeconfig: admin, crdBundle: ['v0.1-standard'] }));
    const crdBundle = ['v0.1-experimental', 'v0.2-experimental'];
    const error = await thrownBy(() => start({ kubeconfig: admin, crdBundle }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message)
      .to.include('adminnetworkpolicies.policy.networking.k8s.io is there as v0.1.7 standard (minimal)')
      .and.include('not v0.1.7 experimental (minimal)');
    expect(await listDefinitions()).to.not.include('clusternetworkpolicies');
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const again = stack.use(await start({ kubeconfig: admin, log, crdBundle: bundlesOf('standard') }));
    expect(lines.join('\n'))
      .to.include('the CRD of AdminNetworkPolicy is there already')
      .and.include('installing the CRD of ClusterNetworkPolicy (v0.2.0 standard (minimal))');
    await again[Symbol.asyncDispose]();
    expect(await listDefinitions())
      .to.include(definitions('v0.1')[0])
      .and.not.include('clusternetworkpolicies');
  });

  it('has policies of somebody else, which are named, kept, and keep the CRD', async () => {
    const { admin, start, kubectl } = place();
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const installing = await start({ kubeconfig: admin, crdBundle: ['v0.1-experimental'], log });
    await apply({ ...anp, metadata: { name: 'theirs' } });
    const beside = await start({ kubeconfig: admin, log });
    const { lacks } = beside;
    const reason = "AdminNetworkPolicy theirs is somebody else's and may decide before ours";
    expect(lacks).to.include({ AdminNetworkPolicy: reason, BaselineAdminNetworkPolicy: reason });
    expect(lacks.ClusterNetworkPolicy).to.include('no CRD');
    expect(lines).to.include(`warning: ${reason}`);
    const lane = await beside.openLane(0, standing.slice(0, 1));
    expect((await lane.others?.())?.map(({ metadata }) => metadata.name)).to.deep.equal(['theirs']);
    await lane[Symbol.asyncDispose]();
    await installing[Symbol.asyncDispose]();
    expect(lines.at(-1)).to.match(
      /^left: the CRD adminnetworkpolicies.*AdminNetworkPolicy theirs is somebody/,
    );
    expect((await listDefinitions()).split('\n')).to.have.length(1);
    expect(await kubectl(['get', 'adminnetworkpolicies', '--output=name'])).to.include('/theirs');
    await kubectl(['delete', 'crd', ...definitions('v0.1'), '--ignore-not-found']);
  });

  it('says which CRDs do not fit together, or serve another version', async () => {
    const { admin, start, kubectl } = place();
    const installed = await start({ kubeconfig: admin, crdBundle: bundlesOf('standard') });
    const [, second = ''] = definitions('v0.1');
    await kubectl([
      'annotate',
      '--overwrite',
      'crd',
      second,
      'policy.networking.k8s.io/bundle-version=v0.9.0',
    ]);
    const [name = ''] = definitions('v0.2');
    await kubectl(['delete', 'crd', name]);
    const renamed = (await readOwn('v0.2-standard')).replace('name: v1alpha2', 'name: v1beta1');
    await kubectl(['apply', '--filename=-'], renamed);
    const lines: string[] = [];
    const { environment, lacks } = await start({ kubeconfig: admin, log: (line) => lines.push(line) });
    expect(environment.versions['ClusterNetworkPolicy CRD']).to.match(
      /^v0\.2\.0 standard .*, serves v1beta1$/,
    );
    expect(environment.versions['policy API'])
      .to.include('are of different bundles')
      .and.include('BaselineAdminNetworkPolicy is of no release that is known here (v0.9.0');
    expect(lacks).to.have.all.keys(...always, 'experimental-channel', 'ClusterNetworkPolicy');
    expect(lacks.ClusterNetworkPolicy).to.include('does not serve v1alpha2');
    expect(lines.join('\n')).to.match(/warning: .*different bundles/);
    await installed[Symbol.asyncDispose]();
    await kubectl(['delete', 'crd', name, '--ignore-not-found']);
    expect(await listDefinitions()).to.equal('');
  });

  it('is freed of the policies and CRDs of a dead run, and of nothing else', async () => {
    const { admin, kubectl } = place();
    const gone = execa('true');
    const { pid } = gone;
    await gone;
    const marks = (run: string, owner: string) => ({
      labels: { 'netpol-conformance/run': run, 'netpol-conformance/lane': '0' },
      annotations: { 'netpol-conformance/owner': owner },
    });
    const mark = async (kind: string, name: string, run: string, owner: string): Promise<void> => {
      await kubectl(['label', kind, name, `netpol-conformance/run=${run}`]);
      await kubectl(['annotate', kind, name, `netpol-conformance/owner=${owner}`]);
    };
    for (const bundle of bundlesOf('standard'))
      await kubectl(['apply', '--filename=-'], await readOwn(bundle));
    await kubectl([
      'wait',
      '--for=condition=Established',
      'crd',
      ...definitions('v0.1'),
      ...definitions('v0.2'),
    ]);
    // kubectl asks again where the storage is not ready yet.
    await listPolicies();
    const dead = `${hostname()}/${pid}`;
    for (const name of [...definitions('v0.1'), ...definitions('v0.2')])
      await mark('crd', name, 'dead', dead);
    await apply({ ...anp, metadata: { name: 'dead', ...marks('dead', dead) } });
    await apply({ ...anp, metadata: { name: 'alive', ...marks('alive', `${hostname()}/${process.pid}`) } });
    await apply({ ...banp, metadata: { name: 'default', ...marks('remote', 'elsewhere/1') } });
    const lines = await clean({ kubeconfig: admin });
    expect(lines, lines.join('\n')).to.include('removed AdminNetworkPolicy dead');
    expect(lines).to.include(`removed the CRD ${definitions('v0.2')[0]}`);
    expect(lines.filter((line) => line.startsWith('left: AdminNetworkPolicy alive'))).to.have.length(1);
    expect(lines.filter((line) => line.includes('another machine'))).to.have.length(1);
    expect(lines.filter((line) => line.startsWith('left: the CRD'))).to.have.length(2);
    expect(await kubectl(['get', 'adminnetworkpolicies', '--output=name'])).to.match(/\/alive$/);
    await kubectl(['delete', 'crd', ...definitions('v0.1')]);
    expect(await listDefinitions()).to.equal('');
  });
};
