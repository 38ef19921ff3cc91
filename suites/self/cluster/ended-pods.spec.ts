import { expect } from 'chai';
import { podBody, readPod } from '../../../helpers/cluster/kubernetes-objects.ts';
import { waitUntilSucceeded } from '../../../helpers/cluster/pod-readiness.ts';
import { ClusterError } from '../../../helpers/errors.ts';
import { startFakeServer } from '../kube/fake-server.ts';
import { thrownBy } from '../thrown.ts';

const name = { namespace: 'x', name: 'job' };
const request = { ...name, labels: {}, ports: [], node: 0 };
const pod = (phase: string, metadata: object = {}) => ({
  metadata: { ...name, labels: { pod: 'job' }, ...metadata },
  spec: { containers: [], nodeName: 'node0' },
  status: { phase, podIPs: [{ ip: '10.0.0.1' }] },
});

describe('a pod that is going to complete', () => {
  it('is not started again by the kubelet; every other pod is', () => {
    expect(podBody({ ...request, completes: true }, 'image', 'host').spec).to.include({
      restartPolicy: 'Never',
    });
    expect(podBody(request, 'image', 'host').spec).to.not.have.property('restartPolicy');
  });

  it('is told with its phase when it has succeeded, and not at all when it failed or goes', () => {
    expect(readPod(pod('Running'))).to.deep.include({ name: 'job', addresses: ['10.0.0.1'] });
    expect(readPod(pod('Running'))).to.not.have.property('phase');
    expect(readPod(pod('Succeeded'))).to.deep.include({ phase: 'Succeeded', labels: { pod: 'job' } });
    expect(readPod(pod('Failed'))).to.equal(undefined);
    expect(readPod(pod('Succeeded', { deletionTimestamp: new Date() }))).to.equal(undefined);
  });

  it('is waited for until it has succeeded, and is an error as soon as it has failed', async () => {
    await using server = await startFakeServer();
    const client = server.openClient();
    const phases = ['Running', 'Running', 'Succeeded'];
    server.answer = () => ({ status: 200, body: pod(phases.shift() ?? 'none') });
    await waitUntilSucceeded(client, name);
    expect(phases).to.deep.equal([]);
    server.answer = () => ({ status: 200, body: pod('Failed') });
    const error = await thrownBy(() => waitUntilSucceeded(client, name));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error.message).to.include('pod x/job does not complete').and.include('Failed');
  });
});
