import { isDeepStrictEqual } from 'node:util';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { CustomObjectsApi } from '@kubernetes/client-node';
import { ClusterError } from '../errors.ts';
import { poll } from '../wait.ts';
import { ApiError, isMissing } from './api-error.ts';
import { isObject } from './checks.ts';
import type { NetworkPolicy, NetworkPolicySpec, PolicyType } from './types.ts';

const resource = { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' } as const;
const fieldManager = 'netpol-conformance';

/** NetworkPolicies as they stand in YAML: client-node's own model would send a rule without its `from`. */
export type Policies = {
  /**
   * Creates the policy or replaces its spec, then reads it back.
   * @throws ClusterError where the cluster keeps something else than was sent
   */
  apply(policy: NetworkPolicy): Promise<void>;
  /**
   * Creates a policy that does not exist, from a document as it stands, or tells how the API server refused it.
   * @throws ApiError where the server said nothing about the document: no permission, a webhook, no answer
   */
  offer(document: object): Promise<PolicyAnswer>;
  /** Resolves when it is gone. Does nothing where there is no such policy. */
  delete(name: { namespace: string; name: string }): Promise<void>;
  list(namespace: string): Promise<NetworkPolicy[]>;
};

/** What the API server made of a policy that was sent as it stands in a file. */
export type PolicyAnswer = { accepted: true } | { accepted: false; status: number; message: string };

export const createPolicies = (custom: CustomObjectsApi): Policies => {
  const send = async (policy: NetworkPolicy, namespace: string): Promise<void> => {
    await custom.patchNamespacedCustomObject(
      {
        ...resource,
        namespace,
        name: policy.metadata.name,
        body: policy,
        fieldManager,
        force: true,
        fieldValidation: 'Strict',
      },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    );
  };
  const waitUntilGone = async (name: { namespace: string; name: string }): Promise<void> => {
    let finalizers = '';
    const isGone = async (): Promise<true | undefined> => {
      try {
        const { metadata } = (await custom.getNamespacedCustomObject({ ...resource, ...name })) as {
          metadata: { finalizers?: string[] };
        };
        finalizers = (metadata.finalizers ?? []).join(', ');
        return undefined;
      } catch (error) {
        if (isMissing(error)) return true;
        throw error;
      }
    };
    const failure = (): Error =>
      new ClusterError({
        subject: `NetworkPolicy ${name.namespace}/${name.name} does not go away`,
        wanted: 'its end within 60 s',
        got: `the finalizers ${finalizers}`,
        next: 'is the controller alive that put them there?',
      });
    await poll(isGone, { deadline: 60_000, failure });
  };
  return {
    apply: async (policy) => {
      const { name, namespace = 'default' } = policy.metadata;
      const read = async (): Promise<NetworkPolicy> =>
        (await custom.getNamespacedCustomObject({ ...resource, namespace, name })) as NetworkPolicy;
      await send(policy, namespace);
      let stored = await read();
      const policyTypes = defaultPolicyTypes(policy.spec);
      if (policy.spec.policyTypes === undefined && !isDeepStrictEqual(stored.spec.policyTypes, policyTypes)) {
        // The types that the API server chose for an earlier version stay when the new version says none.
        await send({ ...policy, spec: { ...policy.spec, policyTypes } }, namespace);
        stored = await read();
      }
      const lost = compareSpecs(policy.spec, stored.spec);
      if (lost === undefined) return;
      throw new ClusterError({
        subject: `the cluster does not keep NetworkPolicy ${namespace}/${name} as it was sent`,
        wanted: `${lost.path} = ${JSON.stringify(lost.wanted)}`,
        got: JSON.stringify(lost.got) ?? 'nothing',
        next: 'look for an admission webhook that changes NetworkPolicies, or an API server that lacks the field',
      });
    },
    offer: async (document) => {
      const { metadata } = document as Partial<NetworkPolicy>;
      const namespace = metadata?.namespace ?? 'default';
      try {
        await custom.createNamespacedCustomObject({
          ...resource,
          namespace,
          body: document,
          fieldManager,
          fieldValidation: 'Strict',
        });
        return { accepted: true };
      } catch (error) {
        if (!(error instanceof ApiError) || !isAboutDocument(error, namespace)) throw error;
        return { accepted: false, status: error.status ?? 0, message: error.complaint.got ?? error.message };
      }
    },
    delete: async ({ namespace, name }) => {
      try {
        const answer: unknown = await custom.deleteNamespacedCustomObject({ ...resource, namespace, name });
        // A policy with a finalizer is told to go, and acts until its controller lets it.
        if (isObject(answer) && answer['kind'] === 'NetworkPolicy') await waitUntilGone({ namespace, name });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    list: async (namespace) => {
      const list = await custom.listNamespacedCustomObject({ ...resource, namespace });
      return (list as { items: NetworkPolicy[] }).items.map(({ metadata, spec }) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: {
          name: metadata.name,
          namespace,
          ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
        },
        spec: spec ?? {},
      }));
    },
  };
};

// A webhook that refuses is somebody's rule and not the API's; and where the kind itself is unknown, nothing was read.
const isAboutDocument = ({ status, message }: ApiError, namespace: string): boolean => {
  if (status === 404) return message.includes(`namespaces "${namespace}" not found`);
  return (status === 400 || status === 422) && !/admission webhook|ValidatingAdmissionPolicy/i.test(message);
};

/** The first place where two specs differ in what they mean; API defaults and absent empty lists are no difference. */
export const compareSpecs = (
  wanted: NetworkPolicySpec,
  got: NetworkPolicySpec,
): { path: string; wanted: unknown; got: unknown } | undefined =>
  findDifference(normalise(wanted), normalise(got), 'spec');

// https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec
const defaultPolicyTypes = ({ egress = [] }: NetworkPolicySpec): PolicyType[] =>
  egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];

const normalise = (spec: NetworkPolicySpec): unknown =>
  withoutEmpty({
    ...spec,
    podSelector: spec.podSelector ?? {},
    policyTypes: spec.policyTypes?.length ? spec.policyTypes : defaultPolicyTypes(spec),
    ...(spec.ingress === undefined ? {} : { ingress: spec.ingress.map(withProtocols) }),
    ...(spec.egress === undefined ? {} : { egress: spec.egress.map(withProtocols) }),
  });

const withProtocols = <Rule extends { ports?: { protocol?: string }[] }>(rule: Rule): Rule =>
  rule.ports === undefined
    ? rule
    : { ...rule, ports: rule.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) };

// Empty lists and label maps are left out on the wire; an empty selector is not, and means everything.
const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, part]) =>
      part !== undefined &&
      part !== null &&
      !(Array.isArray(part) && part.length === 0) &&
      !(key === 'matchLabels' && Object.keys(part).length === 0),
  );
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutEmpty(part)]));
};

const findDifference = (
  wanted: unknown,
  got: unknown,
  path: string,
): { path: string; wanted: unknown; got: unknown } | undefined => {
  if (isDeepStrictEqual(wanted, got)) return undefined;
  const [one, other] = [asParts(wanted), asParts(got)];
  if (one === undefined || other === undefined) return { path, wanted, got };
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const step = Array.isArray(wanted) ? `[${key}]` : `.${key}`;
    const difference = findDifference(one[key], other[key], `${path}${step}`);
    if (difference !== undefined) return difference;
  }
  return { path, wanted, got };
};

const asParts = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
