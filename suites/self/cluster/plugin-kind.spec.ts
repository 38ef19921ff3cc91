import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { temporaryFolder } from '../netpol.ts';
import { images, needKind } from './kind-probes.ts';

const workload = (kind: string, name: string, more: string, spec: string): string => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: kube-system }
spec:
  ${more}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { ${spec} containers: [{ name: main, image: IMAGE, imagePullPolicy: IfNotPresent, command: [sleep, infinity] }] }
`;

// Available long after it runs, and after all else that a cluster is waited for.
const manifest = [
  workload(
    'DaemonSet',
    'agent',
    '',
    'terminationGracePeriodSeconds: 1, tolerations: [{ operator: Exists }],',
  ),
  workload('Deployment', 'brain', 'minReadySeconds: 20', ''),
].join('---\n');

const describing = (url: string, image: string): string => `plugin: mine
version: v1
source: https://example.com/install
implements: [NetworkPolicy]
network: { ipFamily: ipv4 }
nodeLabels: { example.com/zone: 'zone-\${NODE}' }
install:
  - { url: "${url}", sha256: ${createHash('sha256').update(manifest).digest('hex')}, replace: { IMAGE: "${image}" } }
waits: [{ daemonset: kube-system/agent }, { deployment: kube-system/brain }]
modes:
  other:
    about: Another part of the network.
    network: { podSubnet: 10.77.0.0/16 }
    environment: { kube-system/agent: { AT: there } }
  later:
    about: The same network, and another brain.
    network: { podSubnet: 10.77.0.0/16 }
    environment: { kube-system/agent: { AT: later }, kube-system/brain: { AT: later } }
`;

describe('A plugin with a description, on kind', function () {
  this.timeout(300_000);

  it('gets the network that it needs, is fetched, waited for, upgraded, and told with the images that ran', async function () {
    await needKind.call(this);
    const server = createServer((_, response) => response.end(manifest));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'mine.yaml');
    const image = images.probeImage || 'node:24-alpine';
    await writeFile(file, describing(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, image));
    const run = `self${process.pid}d`;
    try {
      const versionsToRun = { plugin: `${file}/other`, pluginNext: `${file}/later` };
      await using cluster = await startKind({ run, ...versionsToRun, log: () => {}, ...images });
      const { versions, families, plugin } = cluster.environment;
      expect(plugin).to.equal(`${file}/other`);
      expect(families).to.deep.equal(['IPv4']);
      expect(versions['plugin release']).to.equal('mine v1, mode other');
      expect(versions['plugin images'])
        .to.include(image.split(':')[0])
        .and.match(/sha256:[0-9a-f]{64}/);
      const node = `netpol-${run}-control-plane`;
      const ask = async (...words: string[]): Promise<string> => {
        const kubectl = ['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf', '--namespace=kube-system'];
        return (await execa('docker', ['exec', node, ...kubectl, ...words])).stdout;
      };
      expect(await ask('get', 'deployment/brain', '--output=jsonpath={.status.availableReplicas}')).to.equal(
        '1',
      );
      expect(await ask('get', 'nodes', '--output=jsonpath={.items[*].spec.podCIDR}')).to.match(
        /^10\.77\.\d+\.0\/24 10\.77\./,
      );
      expect(await ask('get', `node/${node}`, '--output=jsonpath={.metadata.labels}')).to.include(
        `zone-${node}`,
      );
      expect(await ask('get', 'daemonset/agent', '--output=yaml')).to.include('value: there');
      await cluster.operatePlugin('upgrade');
      expect(await ask('get', 'daemonset/agent', '--output=yaml')).to.include('value: later');
      // None of the old ones, of which one is available until a new one is.
      const replicas = '{.status.replicas} {.status.updatedReplicas} {.status.availableReplicas}';
      expect(await ask('get', 'deployment/brain', `--output=jsonpath=${replicas}`)).to.equal('1 1 1');
    } finally {
      server.close();
    }
  });
});
