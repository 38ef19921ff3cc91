import { isObject } from '../kube/checks.ts';
import type { KubeClient } from '../kube/client.ts';
import type { PolicyAnswer, StoredAdminPolicy } from '../kube/policies.ts';
import { isAdminKind } from '../kube/policy-kinds.ts';
import type { AdminPolicy, Labels, Policy, PolicyName } from '../kube/types.ts';
import { isAdminPolicy, nameOfPolicy } from '../kube/world.ts';
import { settleAll } from '../wait.ts';
import type { AdminApi } from './admin-api.ts';
import { laneLabel, ownerAnnotation, runLabel, thisProcess } from './kubernetes-objects.ts';

/**
 * The policies of one lane. Those of the admin tiers belong to the whole cluster: they carry the labels of their lane
 * and the owner, so that nobody else's are touched, and `netpol clean` finds them.
 */
type LanePolicies = {
  apply(policy: Policy): Promise<void>;
  delete(name: PolicyName): Promise<void>;
  offer(document: object): Promise<PolicyAnswer>;
  /** Those of the admin tiers as they were applied, without what marks them as ours. */
  listAdmin(): Promise<AdminPolicy[]>;
  /** Those that are not of this run. */
  listOthers(): Promise<AdminPolicy[]>;
  /** Ours as they stand on the cluster. */
  readAdmin(): Promise<StoredAdminPolicy[]>;
  removeAdmin(): Promise<void>;
};

export const createLanePolicies = (
  { policies }: Pick<KubeClient, 'policies'>,
  { run, lane, admin }: { run: string; lane: number; admin: Pick<AdminApi, 'kinds' | 'readable'> },
): LanePolicies => {
  const own: Labels = { [runLabel]: run, [laneLabel]: String(lane) };
  const readAdmin = (): Promise<StoredAdminPolicy[]> =>
    policies.listAdmin(`${runLabel}=${run},${laneLabel}=${lane}`, admin.kinds);
  const mark = ({ labels, annotations }: Partial<Policy['metadata']>) => ({
    labels: { ...labels, ...own },
    annotations: { ...annotations, [ownerAnnotation]: thisProcess },
  });
  return {
    readAdmin,
    apply: async (policy) => {
      if (!isAdminPolicy(policy)) return policies.apply(policy);
      const { metadata } = policy;
      return policies.apply({ ...policy, metadata: { ...metadata, ...mark(metadata) } }, own);
    },
    delete: (name) => (name.kind === 'NetworkPolicy' ? policies.delete(name) : policies.delete(name, own)),
    offer: (document) => {
      const { kind, metadata } = document as Partial<Policy>;
      // What is no metadata, or holds no labels, the server shall see as it is.
      const isMarkable =
        isAdminKind(kind) &&
        isObject(metadata) &&
        [metadata.labels, metadata.annotations].every((part) => part === undefined || isObject(part));
      return policies.offer(
        isMarkable ? { ...document, metadata: { ...metadata, ...mark(metadata) } } : document,
      );
    },
    listAdmin: async () => (await readAdmin()).map((policy) => withoutMarks(policy, own)),
    listOthers: () => policies.listAdmin(`${runLabel}!=${run}`, admin.readable),
    removeAdmin: async () => {
      const left = await readAdmin();
      await settleAll(left.map((policy) => policies.delete(nameOfPolicy(policy), own)));
    },
  };
};

const withoutMarks = ({ status: _, ...policy }: StoredAdminPolicy, own: Labels): AdminPolicy => {
  const labels = Object.entries(policy.metadata.labels ?? {}).filter(([key]) => !Object.hasOwn(own, key));
  const metadata = {
    name: policy.metadata.name,
    ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
  };
  return { ...policy, metadata };
};
