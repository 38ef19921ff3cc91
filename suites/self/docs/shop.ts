import { stringify } from 'yaml';

/** A namespace with a web server and its database, as the pages call them. In a file pods have addresses. */
export const formatShop = (image: string, isFile: boolean): string =>
  [
    namespace,
    pod('web', 8080, image, isFile ? '10.244.1.2' : ''),
    pod('db', 5432, image, isFile ? '10.244.1.3' : ''),
    policy('default-deny', { podSelector: {}, policyTypes: ['Ingress'] }),
    policy('db-from-web', {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { app: 'web' } } }],
          ports: [{ protocol: 'TCP', port: 5432 }],
        },
      ],
    }),
  ]
    .map((object) => stringify(object))
    .join('---\n');

/** A policy that lets everybody ask the database. */
export const formatOpening = (): string =>
  stringify(policy('db-from-everybody', { podSelector: { matchLabels: { app: 'db' } }, ingress: [{}] }));

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { team: 'shop' } },
};

const pod = (name: string, port: number, image: string, podIP: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        ...{ name, image, ports: [{ containerPort: port }] },
        command: ['node', '-e', 'setInterval(() => {}, 1000)'],
      },
    ],
  },
  ...(podIP !== '' && { status: { podIP, podIPs: [{ ip: podIP }] } }),
});

const policy = (name: string, spec: object): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
