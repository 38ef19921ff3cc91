import { expect } from 'chai';
import type { PodRequest } from '../../../helpers/cluster/cluster.ts';
import { createAdmission, type Admission } from '../../../helpers/cluster/pod-admission.ts';
import { ApiError } from '../../../helpers/kube/api-error.ts';
import { startFakeServer, type Answer, type FakeServer, type Request } from '../kube/fake-server.ts';
import { thrownBy } from '../thrown.ts';

const request = (name: string, more: Partial<PodRequest> = {}): PodRequest => ({
  namespace: 'x',
  name,
  labels: {},
  ports: [],
  node: 0,
  ...more,
});
const refusal = (status: number, message: string): Answer => ({ status, body: { kind: 'Status', message } });
const podSecurity = refusal(403, 'pods "h" is forbidden: violates PodSecurity "restricted:latest"');

describe('admission of pods', function () {
  this.timeout(20_000);
  let server: FakeServer;
  let admission: Admission;

  beforeEach(async () => {
    server = await startFakeServer();
    admission = createAdmission(server.openClient(), 'image', () => 'node0');
  });
  afterEach(() => server[Symbol.asyncDispose]());

  /** Answers pods in turn, and namespaces always with yes. */
  const answerPods = (...answers: Answer[]): void => {
    server.answer = ({ method }) =>
      method === 'PATCH' ? { status: 200, body: {} } : (answers.shift() ?? { status: 201, body: {} });
  };
  /** `privileged`, `pod h`, `restricted`: what was asked, in order. */
  const story = (): string[] =>
    server.requests.map(({ method, url, body }: Request) => {
      const read: unknown = JSON.parse(body);
      const [patch] = Array.isArray(read) ? (read as { value: string }[]) : [];
      if (method === 'PATCH') return patch?.value ?? '';
      const { metadata } = read as { metadata: { name: string } };
      return `pod ${metadata.name}${url.searchParams.get('dryRun') === 'All' ? ' on trial' : ''}`;
    });

  it('opens a namespace for pods in the host network alone, one after the other, and closes it again', async () => {
    answerPods();
    await Promise.all([
      admission.admit(request('h', { hostNetwork: true })),
      admission.admit(request('i', { hostNetwork: true })),
      admission.admit(request('a')),
    ]);
    expect(story().filter((word) => word !== 'pod a')).to.deep.equal(
      ['h', 'i'].flatMap((name) => ['privileged', `pod ${name}`, 'restricted']),
    );
  });

  it('waits until the opening is known, and closes the namespace where a pod is refused', async () => {
    answerPods(podSecurity, podSecurity);
    await admission.admit(request('h', { hostNetwork: true }));
    expect(story()).to.deep.equal(['privileged', 'pod h', 'pod h', 'pod h', 'restricted']);
    answerPods(refusal(422, 'no such field'));
    const error = await thrownBy(() => admission.admit(request('i', { hostNetwork: true })));
    expect(error).to.be.instanceOf(ApiError);
    expect(story().at(-1)).to.equal('restricted');
  });

  it('finds out without a pod whether the cluster admits them, and says what forbids it', async () => {
    answerPods();
    expect(await admission.hostNetworkFlaw('x')).to.equal(undefined);
    expect(story()).to.deep.equal(['privileged', 'pod trial on trial', 'restricted']);
    answerPods(refusal(403, 'admission webhook "policy.example" denied the request: no host network'));
    expect(await admission.hostNetworkFlaw('x'))
      .to.match(/^the cluster does not admit pods in the host network: HTTP 403/)
      .and.include('no host network');
    server.answer = ({ method }) =>
      method === 'PATCH' ? refusal(403, 'namespaces "x" is forbidden') : { status: 201, body: {} };
    expect(await admission.hostNetworkFlaw('x')).to.include('namespaces "x" is forbidden');
  });

  it('calls it no refusal where the server itself is in trouble', async () => {
    answerPods(refusal(500, 'etcd is away'));
    const error = await thrownBy(() => admission.hostNetworkFlaw('x'));
    expect(error.message).to.include('etcd is away');
  });

  it('asks for nothing that a pod in the host network cannot have', async () => {
    answerPods();
    await admission.admit(request('h', { hostNetwork: true, readiness: { protocol: 'TCP', port: 80 } }));
    await admission.admit(request('a'));
    const [host, other] = server.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => (JSON.parse(body) as { spec: Record<string, object> }).spec);
    expect(host).to.include({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    expect(host?.['securityContext']).to.not.have.property('sysctls');
    expect(host)
      .to.have.nested.property('containers[0].readinessProbe')
      .that.deep.includes({
        tcpSocket: { port: 80 },
        periodSeconds: 1,
        failureThreshold: 1,
      });
    expect(other).to.not.have.property('hostNetwork');
    expect(other?.['securityContext']).to.have.property('sysctls');
  });
});
