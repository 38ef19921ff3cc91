import { expect } from 'chai';
import { ClusterError } from '../../../helpers/errors.ts';
import { compareAdminSpecs } from '../../../helpers/kube/compare-specs.ts';
import type { Policies } from '../../../helpers/kube/policies.ts';
import type { AdminNetworkPolicy, BaselineAdminNetworkPolicy } from '../../../helpers/kube/types.ts';
import { startFakeServer, type FakeServer } from './fake-server.ts';
import { thrownBy } from '../thrown.ts';

const own = { run: '1' };
const path = '/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies';
const name = { kind: 'AdminNetworkPolicy', name: 'p' } as const;
const policy: AdminNetworkPolicy = {
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name: 'p', labels: own },
  spec: {
    priority: 1,
    subject: { namespaces: {} },
    egress: [{ action: 'Deny', to: [{ nodes: {} }], ports: [{ portNumber: { port: 80 } }] }],
  },
};

describe('policies of the admin tiers on a cluster', () => {
  let server: FakeServer;
  let policies: Policies;

  before(async () => {
    server = await startFakeServer();
    ({ policies } = server.openClient());
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    server.requests = [];
  });

  const missing = { status: 404, body: { kind: 'Status', message: 'not here' } };
  const methods = (): string[] => server.requests.map(({ method }) => method);
  /** An API server that has `first`, and keeps what it is sent, changed by `keep`. */
  const store = (first: object | undefined, keep = (sent: AdminNetworkPolicy): object => sent): void => {
    let stored = first;
    server.answer = ({ method, body }) => {
      if (method === 'PATCH') stored = keep(JSON.parse(body) as AdminNetworkPolicy);
      return stored === undefined ? missing : { status: 200, body: stored };
    };
  };
  const theirs = { ...policy, metadata: { name: 'p', uid: 'u', labels: { run: '2' } } };

  it('are applied to the whole cluster, and by force only onto what is ours', async () => {
    store(undefined);
    await policies.apply(policy, own);
    expect(methods()).to.deep.equal(['GET', 'PATCH', 'GET']);
    const [, patch] = server.requests;
    expect(patch?.url.pathname).to.equal(`${path}/p`);
    expect(patch?.url.searchParams.get('force')).to.equal('false');
    expect(JSON.parse(patch?.body ?? '')).to.deep.equal(policy);
    store({ ...policy, metadata: { name: 'p', uid: 'u', labels: { ...own, more: '3' } } });
    server.requests = [];
    await policies.apply(policy, own);
    const again = server.requests[1];
    expect(again?.url.searchParams.get('force')).to.equal('true');
    expect(JSON.parse(again?.body ?? '')).to.have.nested.property('metadata.uid', 'u');
  });

  it('of somebody else are neither replaced nor deleted', async () => {
    store(theirs);
    for (const act of [() => policies.apply(policy, own), () => policies.delete(name, own)]) {
      const error = await thrownBy(act);
      expect(error).to.be.instanceOf(ClusterError);
      expect(error.message).to.include("AdminNetworkPolicy p is somebody else's").and.include('run=2');
    }
    const baseline: BaselineAdminNetworkPolicy = {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'BaselineAdminNetworkPolicy',
      metadata: { name: 'default' },
      spec: { subject: { namespaces: {} } },
    };
    store({ ...baseline, metadata: { name: 'default', uid: 'u' } });
    const error = await thrownBy(() => policies.apply(baseline, own));
    expect(error.message).to.include('BaselineAdminNetworkPolicy default').and.include('no labels');
    expect(new Set(methods())).to.deep.equal(new Set(['GET']));
  });

  it('that lose a field on the way are an error that names it and the channel', async () => {
    store(undefined, (sent) => ({ ...sent, spec: { ...sent.spec, egress: [{ action: 'Deny', to: [{}] }] } }));
    const error = await thrownBy(() => policies.apply(policy, own));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error.message)
      .to.include('spec.egress[0].to[0].nodes = {}')
      .and.include('got:    nothing')
      .and.include('the standard channel of the CRD has no `nodes`');
  });

  it('with a field that the schema lacks are an error that names it, whatever the status', async () => {
    const words = '(/p; x): errors: .spec.egress[0].to[0].nodes: field not declared in schema .spec.x: field';
    server.answer = ({ method }) =>
      method === 'PATCH'
        ? { status: 500, body: { message: `failed to create typed patch ${words}` } }
        : missing;
    const error = await thrownBy(() => policies.apply(policy, own));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error.message)
      .to.include('wanted: spec.egress[0].to[0].nodes to be kept')
      .and.include('the standard channel of the CRD has no `nodes`');
  });

  it('of a kind that the server does not know are an error that names the CRD, and none to delete or to list', async () => {
    server.answer = () => missing;
    for (const act of [() => policies.apply(policy, own), () => policies.offer(policy)]) {
      const error = await thrownBy(act);
      expect(error).to.be.instanceOf(ClusterError);
      expect(error.message)
        .to.include('adminnetworkpolicies.policy.networking.k8s.io')
        .and.include('--crd-bundle');
    }
    await policies.delete(name, own);
    expect(await policies.listAdmin('run=1')).to.deep.equal([]);
  });

  it('are deleted as the very object that was found to be ours', async () => {
    store({ ...policy, metadata: { ...policy.metadata, uid: 'u' } });
    const kept = server.answer;
    server.answer = (request) =>
      request.method === 'DELETE' ? { status: 200, body: { kind: 'Status' } } : kept(request);
    await policies.delete(name, own);
    expect(methods()).to.deep.equal(['GET', 'DELETE']);
    expect(JSON.parse(server.requests[1]?.body ?? '')).to.deep.equal({ preconditions: { uid: 'u' } });
  });

  it('are offered to the whole cluster once, and for a rehearsal without being kept', async () => {
    server.answer = () => ({ status: 201, body: policy });
    expect(await policies.offer(policy)).to.deep.equal({ accepted: true });
    expect(await policies.offer(policy, { dryRun: true })).to.deep.equal({ accepted: true });
    expect(methods()).to.deep.equal(['POST', 'POST']);
    expect(server.requests.map(({ url }) => url.pathname)).to.deep.equal([path, path]);
    expect(server.requests.map(({ url }) => url.searchParams.get('dryRun'))).to.deep.equal([null, 'All']);
    server.answer = () => ({ status: 422, body: { message: 'spec.priority: too big' } });
    expect(await policies.offer(policy)).to.include({ accepted: false, status: 422 });
  });

  it('are listed by label, each with its kind and without the bookkeeping of the server', async () => {
    const metadata = { name: 'p', labels: own, uid: 'u', resourceVersion: '7', managedFields: [] };
    server.answer = ({ url }) =>
      url.pathname === path ? { status: 200, body: { items: [{ metadata, spec: policy.spec }] } } : missing;
    expect(await policies.listAdmin('run=1')).to.deep.equal([policy]);
    expect(server.requests).to.have.length(3);
    expect(server.requests[0]?.url.searchParams.get('labelSelector')).to.equal('run=1');
  });

  it('are the same with the protocol that v1alpha1 fills in, and differ in anything else', () => {
    const withPort = (portNumber: { port: number; protocol?: 'TCP' | 'UDP' }) => ({
      ...policy.spec,
      ingress: [],
      egress: [
        { action: 'Deny' as const, to: [{ namespaces: { matchLabels: {} } }], ports: [{ portNumber }] },
      ],
    });
    const kept = { ...withPort({ port: 80, protocol: 'TCP' }) };
    expect(compareAdminSpecs(withPort({ port: 80 }), kept)).to.equal(undefined);
    expect(compareAdminSpecs(withPort({ port: 80, protocol: 'UDP' }), kept)).to.deep.equal({
      path: 'spec.egress[0].ports[0].portNumber.protocol',
      wanted: 'UDP',
      got: 'TCP',
    });
    expect(compareAdminSpecs({ ...kept, priority: 2 }, kept)).to.have.property('path', 'spec.priority');
  });
});
