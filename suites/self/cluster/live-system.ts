import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { startKind } from '../../../helpers/cluster/kind.ts';
import { loadSystem } from '../../../helpers/system/load.ts';
import { temporaryFolder } from '../netpol.ts';
import { images } from './kind-probes.ts';

export const dnsLabels = { app: 'dns' };
const ports = [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 9153 }];

const replicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'dns', namespace: 'addon-dns' },
  spec: {
    replicas: 1,
    selector: { matchLabels: dnsLabels },
    template: {
      metadata: { labels: dnsLabels },
      spec: {
        containers: [
          {
            ...{ name: 'dns', image: images.probeImage, ports },
            command: ['node', '-e', 'setInterval(() => {}, 1000)'],
          },
        ],
      },
    },
  },
};
export const dnsService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'dns', namespace: 'addon-dns' },
  spec: { selector: dnsLabels, ports: [{ port: 9153 }] },
};

/** A kind cluster where the addons stand with their policies, and a ReplicaSet with the very labels that a probe pod gets. */
export type LiveSystem = AsyncDisposable & {
  kubeconfig: string;
  /** The words before those of kubectl, as administrator. */
  kubectlWords: readonly string[];
  kubectl(words: string, input?: string): Promise<string>;
  apply(objects: readonly object[]): Promise<string>;
  /** `kubectl get` of these words, as `pod/name`. */
  list(words: string): Promise<string[]>;
};

export const startLiveSystem = async (run: string): Promise<LiveSystem> => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const kubeconfig = join(folder.path, 'kubeconfig');
  stack.use(await startKind({ run, plugin: 'reference', log: () => {}, ...images }));
  await execa('kind', ['export', 'kubeconfig', '--name', `netpol-${run}`, '--kubeconfig', kubeconfig]);
  const kubectlWords = [
    ...['docker', 'exec', '--interactive', `netpol-${run}-control-plane`],
    ...['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'],
  ];
  const kubectl = async (words: string, input = ''): Promise<string> => {
    const [program = '', ...place] = kubectlWords;
    return (await execa(program, [...place, ...words.split(' ')], { input })).stdout;
  };
  const apply = (objects: readonly object[]): Promise<string> =>
    kubectl('apply --filename=-', objects.map((object) => stringify(object)).join('---\n'));
  const { releases } = await loadSystem('kubernetes-addons');
  const deliveries = releases.find(({ name }) => name === 'default-deny')?.deliveries.values() ?? [];
  const objects = [...deliveries].map((delivery) => delivery.objects);
  const namespaces = objects.flatMap((each) => each.namespaces);
  await apply([
    ...namespaces.map((metadata) => ({ apiVersion: 'v1', kind: 'Namespace', metadata })),
    ...objects.flatMap(({ policies }) => policies),
    ...[replicaSet, dnsService],
  ]);
  const ready = '--for=jsonpath={.status.readyReplicas}=1 --timeout=120s';
  await kubectl(`--namespace=addon-dns wait replicaset/dns ${ready}`);
  const started = stack.move();
  return {
    ...{ kubeconfig, kubectlWords, kubectl, apply },
    list: async (words) =>
      (await kubectl(`get ${words} --output=name --ignore-not-found`)).split('\n').filter(Boolean),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
};
