import { expect } from 'chai';
import { ClusterError } from '../../../helpers/errors.ts';
import type { KubeClient } from '../../../helpers/kube/client.ts';
import { compareSpecs } from '../../../helpers/kube/compare-specs.ts';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import { startFakeServer, type FakeServer } from './fake-server.ts';
import { thrownBy } from '../thrown.ts';

describe('NetworkPolicies', () => {
  let server: FakeServer;
  let open: () => KubeClient;

  before(async () => {
    server = await startFakeServer();
    open = server.openClient;
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    server.requests = [];
    server.answer = () => ({ status: 404, body: { kind: 'Status', message: 'not here' } });
  });

  const policy: NetworkPolicy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'x' },
    spec: {
      podSelector: { matchLabels: { pod: 'a' } },
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 80, endPort: 90 }] }],
    },
  };
  const path = '/apis/networking.k8s.io/v1/namespaces/x/networkpolicies/p';
  // An API server that keeps what it is sent, changed by `keep`.
  const store = (keep: (policy: NetworkPolicy, before?: NetworkPolicy) => NetworkPolicy): void => {
    let stored: NetworkPolicy | undefined;
    server.answer = ({ method, body }) => {
      if (method === 'PATCH') stored = keep(JSON.parse(body) as NetworkPolicy, stored);
      return { status: 200, body: stored };
    };
  };

  it('are applied by the server, strictly, with every field as written', async () => {
    store((sent) => sent);
    await open().policies.apply(policy);
    const [patch, get] = server.requests;
    expect(patch?.method).to.equal('PATCH');
    expect(patch?.url.pathname).to.equal(path);
    expect(Object.fromEntries(patch?.url.searchParams ?? [])).to.deep.equal({
      fieldManager: 'netpol-conformance',
      fieldValidation: 'Strict',
      force: 'true',
    });
    expect(patch?.contentType).to.equal('application/apply-patch+yaml');
    expect(JSON.parse(patch?.body ?? '')).to.deep.equal(policy);
    expect(get?.method).to.equal('GET');
  });

  it('that lose a field on the way are an error that names it', async () => {
    store((sent) => ({ ...sent, spec: { ...sent.spec, ingress: [{}] } }));
    const error = await thrownBy(() => open().policies.apply(policy));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error.message).to.include('x/p').and.include('spec.ingress[0].from = [{"namespaceSelector":{}}]');
  });

  it('that omit policyTypes get those of their own rules, not those of the version before', async () => {
    const defaulted = (sent: NetworkPolicy, before?: NetworkPolicy): NetworkPolicy => ({
      ...sent,
      spec: {
        ...sent.spec,
        policyTypes: sent.spec.policyTypes ?? before?.spec.policyTypes ?? ['Ingress'],
      },
    });
    store(defaulted);
    const client = open();
    await client.policies.apply(policy);
    server.requests = [];
    await client.policies.apply({ ...policy, spec: { egress: [{}] } });
    const last = server.requests.findLast(({ method }) => method === 'PATCH');
    const { spec } = JSON.parse(last?.body ?? '') as NetworkPolicy;
    expect(spec.policyTypes).to.deep.equal(['Ingress', 'Egress']);
  });

  it('that are gone already are no error to delete', async () => {
    await open().policies.delete({ kind: 'NetworkPolicy', namespace: 'x', name: 'p' });
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['DELETE']);
  });

  it('are offered once as they stand, and what the server stored is not looked at', async () => {
    server.answer = () => ({ status: 201, body: policy });
    expect(await open().policies.offer(policy)).to.deep.equal({ accepted: true });
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['POST']);
    const [post] = server.requests;
    expect(post?.url.pathname).to.equal(path.replace(/\/p$/, ''));
    expect(post?.url.searchParams.get('fieldValidation')).to.equal('Strict');
    expect(JSON.parse(post?.body ?? '')).to.deep.equal(policy);
  });

  const refusals: [what: string, status: number, message: string][] = [
    ['an invalid document', 422, 'NetworkPolicy "p" is invalid: spec.ingress[0]: no'],
    ['a field that is unknown', 400, 'strict decoding error: unknown field "spec.ingres"'],
    ['a namespace that is not there', 404, 'namespaces "x" not found'],
  ];
  for (const [what, status, message] of refusals)
    it(`are refused, with status and words, for ${what}`, async () => {
      server.answer = () => ({ status, body: { message } });
      const answer = await open().policies.offer(policy);
      expect(answer).to.include({ accepted: false, status });
      expect(answer).to.have.property('message').that.includes(message);
    });

  const silences: [what: string, status: number, message: string][] = [
    ['a missing permission', 403, 'networkpolicies is forbidden'],
    [
      'somebody at the door of the cluster',
      400,
      'admission webhook "policy.example.com" denied the request: no',
    ],
    ['another rule of the cluster', 422, 'ValidatingAdmissionPolicy "no-policies" denied request: no'],
    ['a kind that the server does not know', 404, 'the server could not find the requested resource'],
    ['a policy that is there already', 409, 'networkpolicies "p" already exists'],
    ['a server that fails', 500, 'etcdserver: request timed out'],
    ['a server that is busy', 429, 'too many requests'],
  ];
  for (const [what, status, message] of silences)
    it(`are not called refused for ${what}`, async () => {
      server.answer = () => ({ status, body: { message } });
      const error = await thrownBy(() => open().policies.offer(policy));
      expect(error).to.be.instanceOf(ClusterError);
      expect(error.message).to.include(message);
    });

  it('are the same with the defaults of the API, and differ in anything else', () => {
    const written = { ingress: [{ from: [], ports: [{ port: 80 }] }], egress: [] };
    const kept = {
      podSelector: {},
      policyTypes: ['Ingress' as const],
      ingress: [{ ports: [{ port: 80, protocol: 'TCP' as const }] }],
    };
    expect(compareSpecs(written, kept)).to.equal(undefined);
    expect(compareSpecs({ ingress: [{}] }, { ingress: [] })).to.have.property('path', 'spec.ingress');
    expect(
      compareSpecs({ ingress: [{ from: [{ podSelector: {} }] }] }, { ingress: [{ from: [{}] }] }),
    ).to.have.property('path', 'spec.ingress[0].from[0].podSelector');
    expect(compareSpecs({}, { policyTypes: ['Egress'] })).to.have.property('path', 'spec.policyTypes[0]');
  });
});
