import { expect } from 'chai';
import { UsageError } from '../../../helpers/errors.ts';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { explainPod } from '../../../helpers/run/explain/pod.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';

const nodeYaml = `apiVersion: v1
kind: Pod
metadata: { name: host, namespace: node }
spec: { hostNetwork: true }
status: { podIPs: [ { ip: 10.9.0.1 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: dual, namespace: shop, labels: { app: dual } }
spec: { containers: [ { ports: [ { containerPort: 80 } ] } ] }
status: { podIPs: [ { ip: 10.0.0.9 }, { ip: 'fd00::9' } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: asks, namespace: dual }
status: { podIPs: [ { ip: 10.0.1.9 }, { ip: 'fd00::1:9' } ] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: four, namespace: shop }
spec:
  podSelector: { matchLabels: { app: dual } }
  egress: [ { to: [ { ipBlock: { cidr: 10.0.0.3/32 } } ] } ]
  policyTypes: [ Ingress, Egress ]
  ingress: [ { from: [ { namespaceSelector: {} } ] } ]
`;

describe('explain --pod', () => {
  const { paths } = writeFiles({
    'cluster.yaml': shopYaml,
    'policies.yaml': policiesYaml,
    'node.yaml': nodeYaml,
  });
  const input = () => readExplainFiles([paths['cluster.yaml'], paths['policies.yaml']]);

  it('says by port who reaches the pod and whom it reaches, whole namespaces by name', () => {
    expect(explainPod(input(), 'shop/web-2', false).split('\n').slice(0, -2)).to.deep.equal([
      'who reaches shop/web-2',
      '  TCP/8080   all of shop (2 pods)',
      '  other TCP  nobody',
      '  other UDP  nobody',
      '',
      'whom shop/web-2 reaches',
      '  TCP/8080   shop/web-1',
      '  TCP/5432   shop/db-0',
      '  all ports  all of monitoring (2 pods)',
      '',
    ]);
    expect(explainPod(input(), 'shop/db-0', false)).to.include('TCP/9187   monitoring/prometheus-0\n');
  });

  it('does not take what Kubernetes leaves open for a yes', () => {
    const text = explainPod(readExplainFiles(Object.values(paths)), 'shop/db-0', false);
    expect(text).to.match(/other TCP {2}nobody; perhaps all of node \(1 pod\): Kubernetes does not\s+say/);
    const dual = explainPod(
      readExplainFiles([paths['cluster.yaml'], paths['node.yaml']]),
      'shop/dual',
      false,
    );
    expect(dual).to.include('perhaps all ports  shop/db-0');
  });

  it('gives each cell as JSON, with all pods that are alike', () => {
    const { reachedBy } = JSON.parse(explainPod(input(), 'shop/db-0', true)) as { reachedBy: object[] };
    expect(reachedBy).to.deep.include({
      ...{
        pods: ['shop/web-1', 'shop/web-2'],
        protocol: 'TCP',
        port: 5432,
        family: 'IPv4',
        verdict: 'allow',
      },
    });
    expect(reachedBy).to.deep.include({
      ...{ pods: ['monitoring/grafana-0'], protocol: 'UDP', port: 'other', family: 'IPv4', verdict: 'deny' },
    });
  });

  it('refuses a pod that is not there', () => {
    expect(() => explainPod(input(), 'shop/none', false)).to.throw(UsageError, /no pod `shop\/none`/);
  });
});
