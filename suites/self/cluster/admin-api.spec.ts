import { hostname } from 'node:os';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAdminApi } from '../../../helpers/cluster/admin-api.ts';
import type { KubeClient } from '../../../helpers/kube/client.ts';
import type { Labels } from '../../../helpers/kube/types.ts';
import { startFakeServer, type Answer, type FakeServer } from '../kube/fake-server.ts';

const definition = {
  metadata: {
    name: 'clusternetworkpolicies.policy.networking.k8s.io',
    annotations: {
      'policy.networking.k8s.io/bundle-version': 'v0.2.0',
      'policy.networking.k8s.io/channel': 'standard',
    },
  },
  spec: {
    group: 'policy.networking.k8s.io',
    names: { kind: 'ClusterNetworkPolicy', plural: 'clusternetworkpolicies' },
    versions: [{ name: 'v1alpha2', served: true }],
  },
  status: {
    conditions: ['Established', 'NamesAccepted'].map((type) => ({ type, status: 'True' })),
  },
};

describe('the admin tiers of a cluster', () => {
  let server: FakeServer;
  let client: KubeClient;

  before(async () => {
    server = await startFakeServer();
    client = server.openClient();
  });
  after(() => server[Symbol.asyncDispose]());

  type Given = { read?: Answer; allowed?: boolean; forbidden?: string; policies?: (() => Answer)[] };
  /** An API server with one of the CRDs. The last answer about policies stays. */
  const have = ({ read, allowed = true, forbidden, policies = [] }: Given): void => {
    const answers = [...policies];
    server.answer = ({ url: { pathname }, body }) => {
      if (pathname.endsWith('/selfsubjectaccessreviews')) {
        const isForbidden = forbidden !== undefined && body.includes(`"verb":"${forbidden}"`);
        return { status: 201, body: { status: { allowed: allowed && !isForbidden } } };
      }
      if (pathname.endsWith(`/customresourcedefinitions/${definition.metadata.name}`))
        return read ?? { status: 200, body: definition };
      if (pathname.endsWith('/clusternetworkpolicies'))
        return ((answers.length > 1 ? answers.shift() : answers[0]) ?? listOf)();
      return { status: 404, body: { message: 'not here' } };
    };
  };
  const listOf = (...items: object[]): Answer => ({ status: 200, body: { items } });
  const policyOf = (labels: Labels, owner = '') => ({
    metadata: { name: 'p', labels, annotations: { 'netpol-conformance/owner': owner } },
    spec: {},
  });

  it('are the kinds that it serves, with their release and channel', async () => {
    have({});
    const { kinds, lacks, versions, warnings } = await readAdminApi(client, 'own');
    expect(kinds).to.deep.equal(['ClusterNetworkPolicy']);
    expect(versions).to.deep.equal({ 'ClusterNetworkPolicy CRD': 'v0.2.0 standard' });
    expect(lacks).to.deep.equal({
      AdminNetworkPolicy: 'the cluster has no CRD adminnetworkpolicies.policy.networking.k8s.io',
      BaselineAdminNetworkPolicy:
        'the cluster has no CRD baselineadminnetworkpolicies.policy.networking.k8s.io',
      'experimental-channel': 'the CRDs of the admin tiers are of the channel standard',
    });
    expect(warnings).to.deep.equal([]);
  });

  it('are waited for until the server serves them', async () => {
    const early = (status: number) => (): Answer => ({ status, body: { message: 'too early' } });
    have({ policies: [early(404), early(429), early(503), listOf] });
    expect((await readAdminApi(client, 'own')).kinds).to.deep.equal(['ClusterNetworkPolicy']);
  });

  it('are lacking, with the missing permission, where the account may not do what a run does', async () => {
    have({ allowed: false });
    const { kinds, lacks, versions } = await readAdminApi(client, 'own');
    expect(kinds).to.deep.equal([]);
    expect(versions).to.have.property('ClusterNetworkPolicy CRD');
    expect(lacks.ClusterNetworkPolicy)
      .to.include('no permission to create clusternetworkpolicies.policy.networking.k8s.io')
      .and.include('manifests/run/rbac.yaml');
    have({ read: { status: 403, body: { message: 'customresourcedefinitions is forbidden' } } });
    expect((await readAdminApi(client, 'own')).lacks.ClusterNetworkPolicy).to.match(
      /^no permission to read the CRD clusternetworkpolicies/,
    );
  });

  it('can be read where the account may list them only, and may be out of sight where it may not', async () => {
    have({});
    const whole = await readAdminApi(client, 'own');
    expect(whole).to.deep.include({ readable: ['ClusterNetworkPolicy'], unread: [] });
    have({ forbidden: 'create' });
    const reading = await readAdminApi(client, 'own');
    expect(reading).to.deep.include({ kinds: [], readable: ['ClusterNetworkPolicy'], unread: [] });
    have({ forbidden: 'list' });
    const { readable, unread } = await readAdminApi(client, 'own');
    expect(readable).to.deep.equal([]);
    expect(unread.join()).to.include('no permission to list clusternetworkpolicies');
  });

  it('are lacking, with its name, where a policy of somebody else or of another run may decide', async () => {
    have({ policies: [() => listOf(policyOf({}), policyOf({}))] });
    const theirs = await readAdminApi(client, 'own');
    const words = "ClusterNetworkPolicy p (and 1 more) is somebody else's and may decide before ours";
    expect(theirs.lacks.ClusterNetworkPolicy).to.equal(words);
    expect(theirs.warnings).to.deep.equal([words]);
    expect(theirs.kinds).to.deep.equal(['ClusterNetworkPolicy']);
    const { search } = server.requests.findLast(({ url }) => url.search.includes('labelSelector'))!.url;
    expect(decodeURIComponent(search)).to.equal('?labelSelector=netpol-conformance/run!=own');
    const gone = execa('true');
    const { pid } = gone;
    await gone;
    const mark = { 'netpol-conformance/run': 'other' };
    have({ policies: [() => listOf(policyOf(mark, `${hostname()}/${pid}`))] });
    expect((await readAdminApi(client, 'own')).lacks.ClusterNetworkPolicy).to.equal(
      'ClusterNetworkPolicy p is of run other and may decide before ours; `npm start -- clean` removes it',
    );
  });
});
