import { readManifests, type Manifests } from '../../kube/manifests.ts';
import { readNode, type NodeObject } from '../../kube/objects.ts';
import { readSnapshot } from '../../kube/snapshot.ts';
import type { AdminPolicy } from '../../kube/types.ts';
import { readFiles } from '../manifest-files.ts';

/** What is explained, and where its objects stand: nowhere, if a cluster told them. */
export type ExplainInput = Pick<Manifests, 'world' | 'ignored' | 'sources'>;

/** Reads files, and every .yaml, .yml and .json below folders. @throws InputError with every problem of every file */
export const readExplainFiles = (paths: readonly string[]): ExplainInput => readManifests(readFiles(paths));

/**
 * Reads a live cluster, by lists alone: what NetworkPolicies depend on, the policies of the admin tiers, and nodes where
 * one of those speaks of nodes.
 * @throws ClusterError, EnvironmentError, UsageError
 */
export const readExplainCluster = async (place: {
  kubeconfig: string;
  context: string;
}): Promise<ExplainInput> => {
  // The client is loaded where it is needed: it takes as much memory as a large cluster.
  const { openClient } = await import('../../kube/client.ts');
  const client = openClient(place);
  const [world, stored] = await Promise.all([readSnapshot(client), client.policies.listAdmin('')]);
  const adminPolicies = stored.map(({ status: _, ...policy }): AdminPolicy => policy);
  const nodes = adminPolicies.some(isAboutNodes)
    ? (await client.core.listNode()).items.map((node) => readNode(node as NodeObject))
    : undefined;
  return {
    world: { ...world, adminPolicies, ...(nodes && { nodes }) },
    ignored: {},
    sources: new Map(),
  };
};

const isAboutNodes = ({ spec }: AdminPolicy): boolean =>
  (spec.egress ?? []).some(({ to }) => to?.some(({ nodes }) => nodes !== undefined));
