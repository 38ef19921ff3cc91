import { isDeepStrictEqual } from 'node:util';
import type { CustomObjectsApi } from '@kubernetes/client-node';
import { ClusterError } from '../errors.ts';
import { poll } from '../wait.ts';
import { createAdminPolicies } from './admin-policies.ts';
import { ApiError, ignoreMissing, isMissing } from './api-error.ts';
import { isObject } from './checks.ts';
import { compareSpecs, defaultPolicyTypes } from './compare-specs.ts';
import { formatPolicyName, isAdminKind, type AdminKind } from './policy-kinds.ts';
import { createPolicyObjects, type PolicyObjects, type StoredPolicy } from './policy-objects.ts';
import type { AdminPolicy, Labels, NetworkPolicy, NetworkPolicySpec, Policy, PolicyName } from './types.ts';
import { isAdminPolicy } from './world.ts';

/** Policies of all kinds, as they stand in YAML. */
export type Policies = {
  /**
   * Creates the policy or replaces its spec, then reads it back. Of the admin tiers, one that is there is replaced only
   * if it has all of the labels `own`.
   * @throws ClusterError where the cluster keeps something else than was sent, lacks the kind, or has such a policy of
   * somebody else
   */
  apply(policy: Policy, own?: Labels): Promise<void>;
  /**
   * Creates a policy that does not exist, from a document as it stands, or tells how the API server refused it. With
   * `dryRun` the server answers the same and keeps nothing.
   * @throws ApiError where the server said nothing about the document: no permission, a webhook, no answer;
   * ClusterError where the cluster lacks the kind
   */
  offer(document: object, options?: { dryRun?: boolean }): Promise<PolicyAnswer>;
  /**
   * Resolves when it is gone. Does nothing where there is no such policy.
   * @throws ClusterError for one of the admin tiers that does not have all of the labels `own`
   */
  delete(name: PolicyName, own?: Labels): Promise<void>;
  list(namespace: string): Promise<NetworkPolicy[]>;
  /** Those of all namespaces. */
  listAll(): Promise<NetworkPolicy[]>;
  /** Those of the admin tiers that a label selector matches. A kind that the server does not know has none. */
  listAdmin(labelSelector: string, kinds?: readonly AdminKind[]): Promise<StoredAdminPolicy[]>;
};

/** With the words of the implementation, where it says any. */
export type StoredAdminPolicy = AdminPolicy & { status?: object };

/** What the API server made of a policy that was sent as it stands in a file. */
export type PolicyAnswer = { accepted: true } | { accepted: false; status: number; message: string };

export const createPolicies = (custom: CustomObjectsApi): Policies => {
  const objects = createPolicyObjects(custom);
  const admin = createAdminPolicies(objects);
  return {
    apply: (policy, own = {}) =>
      isAdminPolicy(policy) ? admin.apply(policy, own) : applyNetworkPolicy(objects, policy),
    offer: async (document, { dryRun = false } = {}) => {
      const { kind, metadata } = document as Partial<Policy>;
      const namespace = metadata?.namespace ?? 'default';
      try {
        await objects.create(isAdminKind(kind) ? kind : 'NetworkPolicy', namespace, document, dryRun);
        return { accepted: true };
      } catch (error) {
        if (isAdminKind(kind) && isMissing(error)) throw admin.lacking(kind);
        if (!(error instanceof ApiError) || !isAboutDocument(error, namespace)) throw error;
        return { accepted: false, status: error.status ?? 0, message: error.complaint.got ?? error.message };
      }
    },
    delete: async (name, own = {}) => {
      const uid = await admin.refuseForeign(name, own);
      const answer = await objects.remove(name, uid).catch(ignoreMissing);
      // A policy with a finalizer is told to go, and acts until its controller lets it.
      if (isObject(answer) && answer['kind'] === name.kind) await waitUntilGone(objects, name);
    },
    list: async (namespace) => (await objects.list('NetworkPolicy', { namespace })).map(readStored),
    listAll: async () => (await objects.list('NetworkPolicy', { labelSelector: '' })).map(readStored),
    listAdmin: admin.list,
  };
};

const readStored = ({
  metadata: { name, namespace = 'default', labels },
  spec,
}: StoredPolicy): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
  spec: spec ?? {},
});

const applyNetworkPolicy = async (objects: PolicyObjects, policy: NetworkPolicy): Promise<void> => {
  const { name, namespace = 'default' } = policy.metadata;
  const { kind } = policy;
  const read = async (): Promise<NetworkPolicySpec> =>
    (await objects.read({ kind, namespace, name }))?.spec ?? {};
  await objects.send(policy, { force: true });
  let stored = await read();
  const policyTypes = defaultPolicyTypes(policy.spec);
  if (policy.spec.policyTypes === undefined && !isDeepStrictEqual(stored.policyTypes, policyTypes)) {
    // The types that the API server chose for an earlier version stay when the new version says none.
    await objects.send({ ...policy, spec: { ...policy.spec, policyTypes } }, { force: true });
    stored = await read();
  }
  const lost = compareSpecs(policy.spec, stored);
  if (lost === undefined) return;
  throw new ClusterError({
    subject: `the cluster does not keep ${formatPolicyName({ kind, namespace, name })} as it was sent`,
    wanted: `${lost.path} = ${JSON.stringify(lost.wanted)}`,
    got: JSON.stringify(lost.got) ?? 'nothing',
    next: 'look for an admission webhook that changes NetworkPolicies, or an API server that lacks the field',
  });
};

const waitUntilGone = async (objects: PolicyObjects, name: PolicyName): Promise<void> => {
  let finalizers = '';
  const isGone = async (): Promise<true | undefined> => {
    const found = await objects.read(name);
    finalizers = (found?.metadata.finalizers ?? []).join(', ');
    return found === undefined ? true : undefined;
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `${formatPolicyName(name)} does not go away`,
      wanted: 'its end within 60 s',
      got: `the finalizers ${finalizers}`,
      next: 'is the controller alive that put them there?',
    });
  await poll(isGone, { deadline: 60_000, failure });
};

// A webhook that refuses is somebody's rule and not the API's; and where the kind itself is unknown, nothing was read.
const isAboutDocument = ({ status, message }: ApiError, namespace: string): boolean => {
  if (status === 404) return message.includes(`namespaces "${namespace}" not found`);
  return (status === 400 || status === 422) && !/admission webhook|ValidatingAdmissionPolicy/i.test(message);
};
