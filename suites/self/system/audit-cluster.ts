/** A small platform with a namespace of each class, and typical mistakes. */
export const clusterYaml = `apiVersion: v1
kind: Namespace
metadata: { name: openshift-dns, labels: { tier: system } }
---
apiVersion: v1
kind: Namespace
metadata: { name: openshift-etcd, labels: { tier: system } }
---
apiVersion: v1
kind: Namespace
metadata: { name: openshift-console }
---
apiVersion: v1
kind: Namespace
metadata: { name: openshift-monitoring, labels: { tier: system } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: dns-a, namespace: openshift-dns, labels: { app: dns } }
spec: { containers: [ { ports: [ { name: metrics, containerPort: 9154 } ] } ] }
status: { podIPs: [ { ip: 10.0.0.1 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: resolver, namespace: openshift-dns, labels: { app: resolver } }
spec: { hostNetwork: true }
status: { podIPs: [ { ip: 172.18.0.2 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: etcd-a, namespace: openshift-etcd, labels: { app: etcd } }
status: { podIPs: [ { ip: 10.0.0.2 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: console-a, namespace: openshift-console, labels: { app: console } }
status: { podIPs: [ { ip: 10.0.0.3 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: downloads-a, namespace: openshift-console, labels: { app: downloads } }
status: { podIPs: [ { ip: 10.0.0.4 } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: prometheus-0, namespace: openshift-monitoring, labels: { app: prometheus } }
status: { podIPs: [ { ip: 10.0.0.5 } ] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default-deny, namespace: openshift-dns }
spec: { podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-metrics, namespace: openshift-dns }
spec:
  podSelector: { matchLabels: { app: dns } }
  policyTypes: [Ingress]
  ingress:
    - from: [ { namespaceSelector: { matchLabels: { name: openshift-monitoring } } } ]
      ports: [ { port: metrics, protocol: UDP }, { port: 9154 } ]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-console, namespace: openshift-console }
spec:
  podSelector: { matchLabels: { app: console } }
  policyTypes: [Ingress]
  ingress:
    - from: [ { ipBlock: { cidr: 10.0.0.0/16 } } ]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-all, namespace: openshift-monitoring }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{}] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: prometheus, namespace: openshift-monitoring }
spec:
  podSelector: { matchLabels: { app: prometheus } }
  policyTypes: [Ingress]
  ingress: [ { from: [ { podSelector: { matchLabels: { app: prometheus } } } ] } ]
`;

export const allowList = `- id: implicitly-open-ingress
  namespace: openshift-etcd
  reason: etcd will be closed in the next release
  expires: 2999-12-31
- id: named-port-of-other-protocol
  namespace: openshift-dns
  object: allow-metrics
  reason: known to the DNS team
  expires: 2020-01-31
- { id: duplicate-policy, namespace: openshift-dns, reason: there were two once }
`;
