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

export type LabelSelectorRequirement = {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
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

// policy.networking.k8s.io: v1alpha1 has AdminNetworkPolicy and BaselineAdminNetworkPolicy, v1alpha2 has
// ClusterNetworkPolicy, which is both. https://network-policy-api.sigs.k8s.io/api-overview/

/** The experimental channel of the CRDs has fields that the standard one lacks, and a rule about named ports. */
export type Channel = 'standard' | 'experimental';

/** Exactly one field is set. Pods of the host network are never meant. */
export type AdminSubject = {
  namespaces?: LabelSelector;
  /** Required in v1alpha1; in v1alpha2 an absent namespaceSelector selects every namespace. */
  pods?: { namespaceSelector?: LabelSelector; podSelector: LabelSelector };
};

/** Exactly one field is set; `nodes`, `networks` and `domainNames` for egress only. */
export type AdminPeer = AdminSubject & { nodes?: LabelSelector; networks?: string[]; domainNames?: string[] };

/** v1alpha1: exactly one field is set. */
export type AdminPort = {
  portNumber?: { protocol?: Protocol; port: number };
  portRange?: { protocol?: Protocol; start: number; end: number };
  namedPort?: string;
};

export type DestinationPort = { number?: number; range?: { start: number; end: number } };

/** v1alpha2: exactly one field is set. */
export type AdminProtocol = {
  tcp?: { destinationPort?: DestinationPort };
  udp?: { destinationPort?: DestinationPort };
  sctp?: { destinationPort?: DestinationPort };
  destinationNamedPort?: string;
};

/** A rule of either direction: ingress has `from`, egress `to`; v1alpha1 has `ports`, v1alpha2 `protocols`. */
type AdminRule<Action extends string> = {
  name?: string;
  action: Action;
  from?: AdminPeer[];
  to?: AdminPeer[];
  ports?: AdminPort[];
  protocols?: AdminProtocol[];
};

type AdminRules<Action extends string> = {
  subject: AdminSubject;
  ingress?: AdminRule<Action>[];
  egress?: AdminRule<Action>[];
};

export type AdminNetworkPolicy = {
  apiVersion: 'policy.networking.k8s.io/v1alpha1';
  kind: 'AdminNetworkPolicy';
  metadata: ObjectMeta;
  spec: { priority: number } & AdminRules<'Allow' | 'Deny' | 'Pass'>;
};

export type BaselineAdminNetworkPolicy = {
  apiVersion: 'policy.networking.k8s.io/v1alpha1';
  kind: 'BaselineAdminNetworkPolicy';
  metadata: ObjectMeta;
  spec: AdminRules<'Allow' | 'Deny'>;
};

export type ClusterNetworkPolicy = {
  apiVersion: 'policy.networking.k8s.io/v1alpha2';
  kind: 'ClusterNetworkPolicy';
  metadata: ObjectMeta;
  spec: { tier: 'Admin' | 'Baseline'; priority: number } & AdminRules<'Accept' | 'Deny' | 'Pass'>;
};

export type AdminPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

/** Whatever decides over traffic. */
export type Policy = NetworkPolicy | AdminPolicy;

/** Names a policy: those of the admin tiers have no namespace. */
export type PolicyName = { kind: Policy['kind']; namespace?: string; name: string };
