import { stringify } from 'yaml';

/** A DaemonSet with the name of a plugin, for no node. */
export const engine = (name: string): string =>
  stringify({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { nodeSelector: { no: 'node' }, containers: [{ name, image: name }] },
      },
    },
  });
