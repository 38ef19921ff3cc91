import type { CaseRecord, RunRecord } from '../../../helpers/report/record.ts';
import { recordOf, samples } from './samples.ts';

const tierCase = (name: string, features: string[], changes: Partial<CaseRecord> = {}): CaseRecord => ({
  ...samples.pass,
  name,
  features,
  ...changes,
});

const lacks: Partial<CaseRecord> = { status: 'skip', durationMs: 0, steps: [], message: 'the CRD lacks it' };

/** A run over all kinds of policies, of a plugin that is not done with the admin tiers. */
export const tiers: RunRecord = {
  ...recordOf([
    samples.pass,
    tierCase('network-policy/protocols/icmp', ['NetworkPolicy', 'ICMP']),
    tierCase('network-policy/api/fields', ['PolicyValidation'], {
      ...lacks,
      message: 'the lab has no API server',
    }),
    tierCase('admin/admin/deny', ['AdminNetworkPolicy']),
    tierCase('admin/admin/networks', ['AdminNetworkPolicy', 'AdminNetworkPolicyNetworks']),
    tierCase('admin/admin/named-port', ['AdminNetworkPolicy', 'AdminNetworkPolicyNamedPorts'], lacks),
    tierCase('admin/both/pass-to-baseline', ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'], {
      status: 'fail',
      message: '1 of 12 probes differs after step 1 (apply p)',
    }),
    tierCase('admin/cluster/accept', ['ClusterNetworkPolicy']),
    tierCase('admin/cluster/silent', ['ClusterNetworkPolicy', 'SilentDeny'], {
      status: 'error',
      message: 'the stream of x/b ended',
    }),
    tierCase('admin/cluster/nodes', ['ClusterNetworkPolicy', 'ClusterNetworkPolicyEgressNodePeers'], lacks),
  ]),
  environment: {
    provider: 'kind',
    plugin: 'default',
    families: ['IPv4', 'IPv6'],
    nodes: 2,
    versions: {
      kubernetes: 'v1.34.0',
      kernel: '6.18.5',
      'AdminNetworkPolicy CRD': 'v0.1.7 experimental',
      'BaselineAdminNetworkPolicy CRD': 'v0.1.7 experimental',
      'ClusterNetworkPolicy CRD': 'v0.2.0 standard',
    },
  },
  config: { provider: 'kind', skip: ['ClusterNetworkPolicyEgressNodePeers'], features: [] },
};
