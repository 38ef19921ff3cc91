import { PatchStrategy, setHeaderOptions, type CustomObjectsApi } from '@kubernetes/client-node';
import { ignoreMissing } from './api-error.ts';
import { policyResources, type PolicyResource } from './policy-kinds.ts';
import type { ObjectMeta, Policy, PolicyName } from './types.ts';

/** A policy as the API server keeps it. */
export type StoredPolicy = {
  metadata: ObjectMeta & { uid?: string; finalizers?: string[] };
  spec?: unknown;
  status?: object;
};

/** The verbs of the API for policies of any kind, without a thought about what is in them. */
export type PolicyObjects = {
  /** Undefined where there is none, or where the server does not know the kind. */
  read(name: PolicyName): Promise<StoredPolicy | undefined>;
  /** Server-side apply; with a uid only onto that very object, and without `force` onto no field of somebody else. */
  send(policy: Policy, options: { force: boolean; uid?: string | undefined }): Promise<void>;
  /** @throws ApiError 409 where there is one of that name */
  create(kind: Policy['kind'], namespace: string, document: object, dryRun: boolean): Promise<void>;
  /** What the server said: the policy, where finalizers hold it. @throws ApiError 404 where there is none */
  remove(name: PolicyName, uid?: string): Promise<unknown>;
  /** Those of a namespace, or those of the whole cluster that a label selector matches. */
  list(
    kind: Policy['kind'],
    where: { namespace: string } | { labelSelector: string },
  ): Promise<StoredPolicy[]>;
};

/** Whose fields of an object are ours, as the API server tells them. */
export const fieldManager = 'netpol-conformance';
const fieldValidation = 'Strict';

/** Through custom objects, which arrive as they stand: client-node's own model would send a rule without its `from`. */
export const createPolicyObjects = (custom: CustomObjectsApi): PolicyObjects => ({
  read: async (policy) => {
    const place = placeOf(policy);
    const reading: Promise<unknown> =
      'namespace' in place ? custom.getNamespacedCustomObject(place) : custom.getClusterCustomObject(place);
    return (await reading.catch(ignoreMissing)) as StoredPolicy | undefined;
  },
  send: async (policy, { force, uid }) => {
    const place = placeOf({ ...policy.metadata, kind: policy.kind });
    const body = uid === undefined ? policy : { ...policy, metadata: { ...policy.metadata, uid } };
    const parameters = { body, fieldManager, force, fieldValidation };
    const headers = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
    await ('namespace' in place
      ? custom.patchNamespacedCustomObject({ ...place, ...parameters }, headers)
      : custom.patchClusterCustomObject({ ...place, ...parameters }, headers));
  },
  create: async (kind, namespace, body, isDryRun) => {
    const dryRun = isDryRun ? { dryRun: 'All' } : {};
    const parameters = { ...policyResources[kind], body, fieldManager, fieldValidation, ...dryRun };
    await (kind === 'NetworkPolicy'
      ? custom.createNamespacedCustomObject({ ...parameters, namespace })
      : custom.createClusterCustomObject(parameters));
  },
  remove: (policy, uid) => {
    const place = placeOf(policy);
    const body = uid === undefined ? {} : { body: { preconditions: { uid } } };
    return 'namespace' in place
      ? custom.deleteNamespacedCustomObject({ ...place, ...body })
      : custom.deleteClusterCustomObject({ ...place, ...body });
  },
  list: async (kind, where) => {
    const resource = policyResources[kind];
    const list: unknown = await ('namespace' in where
      ? custom.listNamespacedCustomObject({ ...resource, ...where })
      : custom.listClusterCustomObject({ ...resource, ...where }));
    return (list as { items: StoredPolicy[] }).items;
  },
});

type Place = PolicyResource & { name: string };

const placeOf = ({
  kind,
  namespace = 'default',
  name,
}: PolicyName): Place | (Place & { namespace: string }) =>
  kind === 'NetworkPolicy'
    ? { ...policyResources[kind], namespace, name }
    : { ...policyResources[kind], name };
