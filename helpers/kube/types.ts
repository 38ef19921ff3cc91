// The parts of the Kubernetes API that this project reads or writes, as they stand in YAML and JSON.
// client-node's own model renames `from` to `_from` and drops unknown keys, so it is not used for policies.

export type Protocol = 'TCP' | 'UDP' | 'SCTP';
export type Labels = Record<string, string>;

export type ObjectMeta = {
  name: string;
  namespace?: string;
  labels?: Labels;
  annotations?: Record<string, string>;
};

export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export type LabelSelectorRequirement = {
  key: string;
  operator: LabelSelectorOperator;
  values?: string[];
};

export type LabelSelector = {
  matchLabels?: Labels;
  matchExpressions?: LabelSelectorRequirement[];
};

export type IPBlock = { cidr: string; except?: string[] };

export type NetworkPolicyPeer = {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: IPBlock;
};

export type NetworkPolicyPort = {
  protocol?: Protocol;
  port?: number | string;
  endPort?: number;
};

export type NetworkPolicyIngressRule = { from?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] };
export type NetworkPolicyEgressRule = { to?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] };
export type PolicyType = 'Ingress' | 'Egress';

export type NetworkPolicySpec = {
  /** Required until Kubernetes 1.33, optional since; absent selects every pod of the namespace. */
  podSelector?: LabelSelector;
  policyTypes?: PolicyType[];
  ingress?: NetworkPolicyIngressRule[];
  egress?: NetworkPolicyEgressRule[];
};

export type NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'NetworkPolicy';
  metadata: ObjectMeta;
  spec: NetworkPolicySpec;
};
