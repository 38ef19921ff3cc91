import type { CustomObjectsApi } from '@kubernetes/client-node';
import { ClusterError } from '../errors.ts';
import { poll } from '../wait.ts';
import { ApiError, ignoreMissing } from './api-error.ts';
import { fieldManager } from './policy-objects.ts';
import type { ObjectMeta } from './types.ts';

/** A CustomResourceDefinition, as far as it is read here. */
export type Definition = {
  metadata: ObjectMeta;
  spec: {
    group: string;
    names: { kind: string; plural: string };
    versions: { name: string; served: boolean }[];
  };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
};

export type Definitions = {
  /** Undefined where there is none. */
  read(name: string): Promise<Definition | undefined>;
  list(labelSelector: string): Promise<Definition[]>;
  /** @throws ApiError 409 where there is one of that name */
  create(definition: Definition): Promise<void>;
  /** Resolves when it is gone, with every object of its kind. Does nothing where there is no such definition. */
  delete(name: string): Promise<void>;
  /** Resolves when the API server serves its objects. @throws ClusterError with what holds it up */
  waitUntilServed(name: string, signal?: AbortSignal): Promise<void>;
};

const resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
} as const;
const notYet: readonly number[] = [404, 429, 503];

// Through custom objects, which arrive as they stand: a schema in client-node's own model has other names for its fields.
export const createDefinitions = (custom: CustomObjectsApi): Definitions => {
  const read = async (name: string): Promise<Definition | undefined> =>
    (await custom.getClusterCustomObject({ ...resource, name }).catch(ignoreMissing)) as
      Definition | undefined;
  const isServed = async ({ spec, status }: Definition): Promise<boolean> => {
    const version = spec.versions.find(({ served }) => served)?.name;
    const isTrue = (type: string): boolean =>
      status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ===
      true;
    if (version === undefined || !isTrue('Established') || !isTrue('NamesAccepted')) return false;
    try {
      const { group, names } = spec;
      await custom.listClusterCustomObject({ group, version, plural: names.plural, limit: 1 });
      return true;
    } catch (error) {
      // 429 with "storage is (re)initializing" is what a moment too early looks like.
      if (error instanceof ApiError && notYet.includes(error.status ?? 0)) return false;
      throw error;
    }
  };
  return {
    read,
    list: async (labelSelector) =>
      ((await custom.listClusterCustomObject({ ...resource, labelSelector })) as { items: Definition[] })
        .items,
    create: async (body) => {
      await custom.createClusterCustomObject({ ...resource, body, fieldManager, fieldValidation: 'Strict' });
    },
    delete: async (name) => {
      await custom.deleteClusterCustomObject({ ...resource, name }).catch(ignoreMissing);
      const isGone = async (): Promise<true | undefined> =>
        (await read(name)) === undefined ? true : undefined;
      const failure = (): Error =>
        new ClusterError({
          subject: `the CRD ${name} does not go away`,
          wanted: 'its end within 30 s',
          next: `kubectl get crd ${name} -o yaml shows what holds it; later \`npm start -- clean\``,
        });
      await poll(isGone, { deadline: 30_000, failure });
    },
    waitUntilServed: async (name, signal) => {
      let last: Definition | undefined;
      const check = async (): Promise<true | undefined> => {
        last = await read(name);
        return last !== undefined && (await isServed(last)) ? true : undefined;
      };
      const failure = (): Error =>
        new ClusterError({
          subject: `the API server does not serve the CRD ${name}`,
          wanted: 'it Established and served within 30 s',
          got: describeConditions(last),
          next: `kubectl describe crd ${name} shows why`,
        });
      await poll(check, { deadline: 30_000, signal, failure });
    },
  };
};

const describeConditions = (definition: Definition | undefined): string =>
  definition === undefined
    ? 'no such CRD'
    : (definition.status?.conditions ?? [])
        .map(({ type, status, message = '' }) => `${type}=${status}${message === '' ? '' : `: ${message}`}`)
        .join('; ') || 'no condition';
