import { expect } from 'chai';
import { readServices, serviceBody } from '../../../helpers/cluster/kubernetes-services.ts';

const ports = [{ protocol: 'TCP' as const, port: 80, targetPort: 80 }];
const first = { namespace: 'y', name: 'first', type: 'Headless' as const, selector: { pod: 'a' }, ports };

describe('a Service on the cluster', () => {
  it('is read as it was made', () => {
    const web = { ...first, name: 'web', type: 'ClusterIP' as const };
    const alias = { ...first, name: 'alias', externalName: 'first' };
    const requests = [alias, first, web];
    const read = readServices(requests.map(serviceBody));
    expect(read).to.have.deep.members(requests.map((request) => ({ ...request, addresses: [] })));
  });

  it('is left out where it is a name of something that is no headless Service of its namespace', () => {
    const named = (externalName: string) => ({
      metadata: { namespace: 'x', name: 'alias' },
      spec: { type: 'ExternalName', externalName },
    });
    const names = ['example.test', 'first.y.svc.cluster.local', 'nobody.x.svc.cluster.local'];
    expect(readServices([serviceBody(first), ...names.map(named)])).to.have.length(1);
  });
});
