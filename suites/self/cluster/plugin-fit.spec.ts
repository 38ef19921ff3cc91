import { expect } from 'chai';
import { refuseOtherNetwork, refuseSecondEngine } from '../../../helpers/cluster/plugin-fit.ts';
import type { Plugin } from '../../../helpers/cluster/plugins.ts';
import { UsageError } from '../../../helpers/errors.ts';
import { type KubeClient } from '../../../helpers/kube/client.ts';
import { startFakeServer } from '../kube/fake-server.ts';
import { thrownBy } from '../thrown.ts';

const daemonSet = (name: string, ...command: string[]) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ name, image: 'image', command }] } } },
});

/** What there is on a cluster. */
type Scene = { version?: string; daemonsets?: object[]; proxyMode?: string };

const askAbout = async (
  { version = 'v1.34.4', daemonsets = [], proxyMode }: Scene,
  ask: (client: KubeClient) => Promise<void>,
): Promise<void> => {
  await using server = await startFakeServer();
  const nodes = [{ status: { nodeInfo: { kubeletVersion: version } } }];
  const config = { metadata: { name: 'kube-proxy' }, data: { 'config.conf': `mode: ${proxyMode}\n` } };
  const configmaps = proxyMode === undefined ? [] : [config];
  server.answer = ({ url }) => {
    const items = { daemonsets, nodes, configmaps }[url.pathname.split('/').at(-1) ?? ''];
    return items === undefined ? { status: 404, body: {} } : { status: 200, body: { items } };
  };
  await ask(server.openClient());
};

const plugin: Plugin = {
  name: 'mine.yaml',
  network: {},
  daemonSets: ['kube-system/agent'],
  manifests: async () => '',
};

describe('A plugin that is to be installed', () => {
  const refuse = (scene: Scene, other: Partial<Plugin> = {}): Promise<void> =>
    askAbout(scene, (client) => refuseSecondEngine(client, { ...plugin, ...other }));
  const [on, off] = ['true', 'false'].map((word) => daemonSet('kindnet', `--network-policy=${word}`));

  it('is refused where another one enforces already, and nowhere else', async () => {
    const error = await thrownBy(() => refuse({ daemonsets: [on!, daemonSet('agent')] }));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('kube-system/kindnet').and.include('`# kind: disableDefaultCNI`');
    await refuse({ daemonsets: [off!] });
    await refuse({ daemonsets: [on!], version: 'v1.30.1' });
    await refuse({ daemonsets: [on!] }, { daemonSets: ['kube-system/kindnet'] });
    const { manifests: _, ...nothing } = plugin;
    await askAbout({ daemonsets: [on!] }, (client) => refuseSecondEngine(client, nothing));
  });
});

describe('A plugin for a cluster that is there already', () => {
  const refuse = (scene: Scene, other: Partial<Plugin>, files: string[]): Promise<void> =>
    askAbout(scene, (client) => refuseOtherNetwork(client, { ...plugin, ...other }, files));
  const network = { disableDefaultCNI: true };

  it('is refused where it connects the pods and something else has done so', async () => {
    const error = await thrownBy(() => refuse({}, { network }, ['10-other.conflist']));
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.include('10-other.conflist').and.include('a new one is made');
    await refuse({}, { network }, []);
    await refuse({}, {}, ['10-other.conflist']);
    await refuse({ daemonsets: [daemonSet('agent')] }, { network }, ['10-mine.conflist']);
  });

  it('is told from another one by its file, where that is known', async () => {
    const known = { network, cniFile: '10-mine.conflist' };
    await refuse({}, known, ['10-mine.conflist']);
    const daemonsets = [daemonSet('agent')];
    const error = await thrownBy(() => refuse({ daemonsets }, known, ['10-mine.conflist', '05-other.conf']));
    expect(error.message).to.include('got:    05-other.conf');
  });

  it('is refused where kube-proxy has another mode than it needs', async () => {
    const rows: [string | undefined, 'nftables' | 'none' | 'iptables', string][] = [
      ['iptables', 'nftables', 'got:    iptables'],
      ['""', 'none', 'got:    iptables'],
      [undefined, 'iptables', 'got:    none'],
    ];
    for (const [proxyMode, kubeProxyMode, got] of rows) {
      const scene = proxyMode === undefined ? {} : { proxyMode };
      const error = await thrownBy(() => refuse(scene, { network: { kubeProxyMode } }, []));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.include(got).and.include(`wanted: ${kubeProxyMode}`);
    }
    await refuse({ proxyMode: 'nftables' }, { network: { kubeProxyMode: 'nftables' } }, []);
    await refuse({}, { network: { kubeProxyMode: 'none' } }, []);
  });
});
