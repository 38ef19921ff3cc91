// Which of the profiles of network-policy-api a case belongs to, and at which level. Theirs: a test is experimental
// as soon as one feature that it needs is. https://network-policy-api.sigs.k8s.io/npeps/npep-137-conformance-profiles/

/** Upstream has the last three, by release; the first is ours, in the same form. */
export const conformanceProfiles = [
  'NetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
] as const;

export type ConformanceProfile = (typeof conformanceProfiles)[number];

/** `standard`: demanded of every plugin that has the API. `experimental`: a plugin may lack it and say so. */
export type Level = 'standard' | 'experimental';

/** What is not in this list is experimental, a feature that nobody has classified among it. */
const standardFeatures: ReadonlySet<string> = new Set([
  // All that a v1 NetworkPolicy can say about TCP and UDP, between pods, Services and addresses, and in any order. The
  // rest of our features asks more of a cluster than its plugin can give (kubelet, DNS, node ports), or has no demand
  // in the API.
  'NetworkPolicy',
  'NetworkPolicyEgress',
  'NetworkPolicyUDP',
  'NetworkPolicyNamedPort',
  'NetworkPolicyEndPort',
  'NetworkPolicyIPBlock',
  'NetworkPolicySCTPFailClosed',
  'Services',
  'SystemNamespaces',
  // As network-policy-api has it: the kind itself, and `networks` since v0.1.7.
  'AdminNetworkPolicy',
  'AdminNetworkPolicyNetworks',
  'BaselineAdminNetworkPolicy',
  'BaselineAdminNetworkPolicyNetworks',
  'ClusterNetworkPolicy',
  'ClusterNetworkPolicyNetworks',
]);

const [, ...adminProfiles] = conformanceProfiles;

export const isStandard = (feature: string): boolean => standardFeatures.has(feature);

export const levelOf = (features: readonly string[]): Level =>
  features.every(isStandard) ? 'standard' : 'experimental';

/**
 * The profiles that a case with these features counts for: those of the kinds that its features are named after.
 * Cases that ask only the API server about admin policies name no kind; the folders of their names may.
 */
export const profilesOf = (features: readonly string[], name = ''): readonly ConformanceProfile[] => {
  const named = adminProfiles.filter((profile) => features.some((feature) => kindOf(feature) === profile));
  if (named.length > 0) return named;
  if (!features.includes('AdminPolicyValidation')) return ['NetworkPolicy'];
  const folders = name.split('/').map((folder) => folder.replaceAll('-', ''));
  const found = adminProfiles.filter((profile) => folders.includes(profile.toLowerCase()));
  return found.length > 0 ? found : adminProfiles;
};

/** Whether a feature may stand in the lists of a profile: it is about this kind, or about no kind at all. */
export const isFeatureOf = (profile: ConformanceProfile, feature: string): boolean =>
  (kindOf(feature) ?? profile) === profile;

const kindOf = (feature: string): ConformanceProfile | undefined =>
  conformanceProfiles.find((profile) => feature.startsWith(profile));
