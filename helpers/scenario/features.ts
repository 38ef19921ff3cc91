import { isOperation, isUpgrade, restartsNode } from './operations.ts';
import { policyTypesOf } from './policies.ts';
import { asksApiServer } from './stored.ts';
import { isAdminPolicy } from '../kube/world.ts';
import type {
  AdminPolicy,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Policy,
} from '../kube/types.ts';
import type { Scenario } from './scenario.ts';

/**
 * The closed list of features: what a plugin may lack and say so. Lint refuses any other name, and holds each
 * scenario to exactly the features that it needs.
 */
export const features = {
  NetworkPolicy:
    'isolation, pod and namespace peers and numeric TCP ports of a v1 NetworkPolicy, for ingress',
  NetworkPolicyEgress: 'policies that isolate pods for egress',
  NetworkPolicyUDP: 'policies decide about UDP as well',
  NetworkPolicyNamedPort: 'rules that name a port of the destination pod instead of its number',
  NetworkPolicyEndPort: 'rules with a range of ports',
  NetworkPolicyIPBlock: 'peers that are address ranges, with exceptions',
  NetworkPolicySCTPFailClosed: 'a rule for SCTP isolates and opens nothing for TCP or UDP, carried or not',
  Services: 'policies decide about the pods behind the address of a Service',
  ServiceNames:
    'policies decide about the pods behind the DNS name of a Service, and about the lookup of the name',
  HostNetwork: 'a pod admits its own node, whatever isolates it, and other nodes only where a rule does',
  NodePort: 'policies decide about the pods that are asked through a port of a node',
  KubeletProbes: 'the probes of the kubelet reach a pod, whatever isolates it',
  AddressReuse: 'policies mean the pod that has an address now, not one that is gone or has completed',
  ICMP: 'pods answer ICMP echo, and closed ports with ICMP errors, where no policy isolates them',
  Fragments: 'a UDP datagram in fragments is filtered like a whole one',
  EstablishedConnections: 'connections outlive changes of policies that isolate neither end of them',
  PluginRestarts: 'policies hold while the plugin is killed, restarted, rolled over or away from one node',
  PluginUpgrade: 'policies hold while the plugin goes to another version, and back',
  NodeOutage: 'policies hold on the other nodes while one boots, and there too as soon as it can be told',
  ApiServerOutage: 'policies hold while the API server is away',
  Churn: 'policies hold while many others, or pods and their namespaces, come and go',
  SystemNamespaces:
    'labels, namespaces and policies of system components act one by one, in whatever order they arrive',
  PolicyValidation:
    'the API server refuses NetworkPolicies that are wrong, and completes those that leave out what has a default',
  AdminNetworkPolicy:
    'rules of an AdminNetworkPolicy, which decide before NetworkPolicies, with peers that are pods',
  AdminNetworkPolicyNetworks: 'egress peers of an AdminNetworkPolicy that are address ranges',
  AdminNetworkPolicyEgressNodePeers: 'egress peers of an AdminNetworkPolicy that are nodes',
  AdminNetworkPolicyNamedPorts: 'rules of an AdminNetworkPolicy that name a port',
  BaselineAdminNetworkPolicy:
    'rules of the BaselineAdminNetworkPolicy, which decide where no NetworkPolicy isolates',
  BaselineAdminNetworkPolicyNetworks:
    'egress peers of the BaselineAdminNetworkPolicy that are address ranges',
  BaselineAdminNetworkPolicyEgressNodePeers: 'egress peers of the BaselineAdminNetworkPolicy that are nodes',
  BaselineAdminNetworkPolicyNamedPorts: 'rules of the BaselineAdminNetworkPolicy that name a port',
  ClusterNetworkPolicy: 'rules of a ClusterNetworkPolicy of either tier, with peers that are pods',
  ClusterNetworkPolicyNetworks: 'egress peers of a ClusterNetworkPolicy that are address ranges',
  ClusterNetworkPolicyEgressNodePeers: 'egress peers of a ClusterNetworkPolicy that are nodes',
  ClusterNetworkPolicyNamedPorts: 'rules of a ClusterNetworkPolicy that name a port',
  ClusterNetworkPolicyDomainNames: 'egress peers of a ClusterNetworkPolicy that are domain names',
  SilentDeny: 'what a ClusterNetworkPolicy denies is dropped without a word to the sender',
  AdminPolicyValidation: 'the API server refuses policies of the admin tiers that are wrong',
} as const;

export type Feature = keyof typeof features;

export const isFeature = (name: string): name is Feature => Object.hasOwn(features, name);

/** What a feature of this kind is about no policy and no grid can show: any scenario may list it. */
export const isTopic = (feature: Feature): boolean => feature === 'SystemNamespaces';

/**
 * The features that a scenario needs, by what its policies and grids use and by the folder that it lies in, in the
 * order of the list.
 */
export const neededFeatures = (
  { name, pods, steps }: Pick<Scenario, 'name' | 'pods' | 'steps'>,
  all: readonly Policy[],
): Feature[] => {
  const policies = all.filter((policy) => !isAdminPolicy(policy));
  const admin = all.filter(isAdminPolicy);
  // What such a scenario's policies use is asked of no plugin.
  if (asksApiServer(steps))
    return [
      ...(policies.length > 0 ? (['PolicyValidation'] as const) : []),
      ...(admin.length > 0 ? (['AdminPolicyValidation'] as const) : []),
    ];
  const grids = steps.flatMap(({ expect }) => expect);
  const operations = steps.map(({ action }) => action).filter(isOperation);
  const ports = policies.flatMap(portsOf);
  const ofTiers = new Set(admin.flatMap(featuresOf));
  const needed: Partial<Record<Feature, boolean>> = {
    NetworkPolicy: policies.length > 0,
    NetworkPolicyEgress: policies.some((policy) => policyTypesOf(policy).includes('Egress')),
    NetworkPolicyUDP: policies.length > 0 && grids.some(({ protocol }) => protocol === 'UDP'),
    NetworkPolicyNamedPort: ports.some(({ port }) => typeof port === 'string'),
    NetworkPolicyEndPort: ports.some(({ endPort }) => endPort !== undefined),
    NetworkPolicyIPBlock: policies.flatMap(peersOf).some(({ ipBlock }) => ipBlock !== undefined),
    NetworkPolicySCTPFailClosed: ports.some(({ protocol }) => protocol === 'SCTP'),
    Services: grids.some(({ target }) => target === 'service'),
    ServiceNames: grids.some(({ target }) => target === 'service-name' || target === 'lookup'),
    HostNetwork: pods.some(({ hostNetwork }) => hostNetwork === true),
    NodePort: grids.some(({ target }) => target === 'node-port'),
    KubeletProbes: steps.some(({ ready }) => ready !== undefined),
    AddressReuse: pods.some(({ addressesOf }) => addressesOf !== undefined),
    ICMP: grids.some(({ protocol, traffic }) => protocol === 'ICMP' || traffic === 'unreachable'),
    Fragments: grids.some(({ traffic }) => traffic === 'fragmented'),
    EstablishedConnections: grids.some(({ traffic }) => traffic === 'established'),
    PluginRestarts: operations.some((operation) => operation.part === 'plugin' && !isUpgrade(operation)),
    PluginUpgrade: operations.some(isUpgrade),
    NodeOutage: operations.some(restartsNode),
    ApiServerOutage: operations.some(({ part }) => part === 'api-server'),
    Churn: operations.some(({ verb }) => verb === 'churn'),
    SystemNamespaces: name.startsWith('network-policy/system-namespaces/'),
    SilentDeny: grids.some(({ traffic }) => traffic === 'silent'),
  };
  return (Object.keys(features) as Feature[]).filter((feature) => needed[feature] ?? ofTiers.has(feature));
};

const featuresOf = ({ kind, spec }: AdminPolicy): string[] => {
  const peers = (spec.egress ?? []).flatMap(({ to }) => to ?? []);
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  const parts = {
    Networks: peers.some(({ networks }) => networks !== undefined),
    EgressNodePeers: peers.some(({ nodes }) => nodes !== undefined),
    DomainNames: peers.some(({ domainNames }) => domainNames !== undefined),
    NamedPorts: rules.some(
      ({ ports, protocols }) =>
        ports?.some(({ namedPort }) => namedPort !== undefined) === true ||
        protocols?.some(({ destinationNamedPort }) => destinationNamedPort !== undefined) === true,
    ),
  };
  return [kind, ...Object.entries(parts).flatMap(([part, isUsed]) => (isUsed ? [`${kind}${part}`] : []))];
};

const portsOf = ({ spec }: NetworkPolicy): NetworkPolicyPort[] =>
  [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(({ ports }) => ports ?? []);

const peersOf = ({ spec }: NetworkPolicy): NetworkPolicyPeer[] => [
  ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
  ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
];
