import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder that goes at the end of all tests, also where none of those runs that need it. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'netpol-explain-'));
  folders.push(folder);
  return folder;
};

/** Files of these names and texts in a folder of their own. */
export const writeFiles = <Name extends string>(
  texts: Record<Name, string>,
): { folder: string; paths: Record<Name, string> } => {
  const folder = makeFolder();
  const paths = { ...texts };
  for (const name in texts) {
    paths[name] = join(folder, name);
    writeFileSync(paths[name], texts[name]);
  }
  return { folder, paths };
};

/** A shop and its monitoring, as `kubectl get -o yaml` prints them: one List. */
export const shopYaml = `apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { team: shop } } }
- { apiVersion: v1, kind: Namespace, metadata: { name: monitoring, labels: { team: ops } } }
- apiVersion: v1
  kind: Pod
  metadata: { name: web-1, namespace: shop, labels: { app: web, hash: one } }
  spec: { containers: [ { ports: [ { containerPort: 8080, name: http } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.1 } ] }
- apiVersion: v1
  kind: Pod
  metadata: { name: web-2, namespace: shop, labels: { app: web, hash: two } }
  spec: { containers: [ { ports: [ { containerPort: 8080, name: http } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.2 } ] }
- apiVersion: v1
  kind: Pod
  metadata: { name: db-0, namespace: shop, labels: { app: db } }
  spec: { containers: [ { ports: [ { containerPort: 5432 }, { containerPort: 9187 } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.3 } ] }
- apiVersion: v1
  kind: Pod
  metadata: { name: prometheus-0, namespace: monitoring, labels: { app: prometheus } }
  spec: { containers: [ { ports: [ { containerPort: 9090 } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.4 } ] }
- apiVersion: v1
  kind: Pod
  metadata: { name: grafana-0, namespace: monitoring, labels: { app: grafana } }
  spec: { containers: [ { ports: [ { containerPort: 3000 } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.5 } ] }
`;

/** Policies of the shop, as people write them. Some have no effect. */
export const policiesYaml = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default-deny, namespace: shop }
spec: { podSelector: {} }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - ports: [ { port: http } ]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
    - from:
        - podSelector: { matchLabels: { app: cron } }
        - podSelector: { matchLabels: { app: web } }
      ports: [ { port: 5432 } ]
    - from: [ { podSelector: { matchLabels: { app: backup } } } ]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: legacy, namespace: shop }
spec: { podSelector: { matchLabels: { app: legacy } } }
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: monitoring }
spec:
  priority: 10
  subject: { namespaces: { matchLabels: { team: shop } } }
  ingress:
    - name: metrics
      action: Allow
      from:
        - pods:
            namespaceSelector: { matchLabels: { team: ops } }
            podSelector: { matchLabels: { app: prometheus } }
      ports: [ { portNumber: { protocol: TCP, port: 9187 } } ]
    - name: others
      action: Deny
      from: [ { namespaces: { matchLabels: { team: ops } } } ]
    - name: never
      action: Deny
      from: [ { namespaces: { matchLabels: { team: ops } } } ]
      ports: [ { portNumber: { protocol: TCP, port: 8080 } } ]
`;
