import { ClusterError, messageOf } from '../errors.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { poll } from '../wait.ts';
import type { PodRequest } from './cluster.ts';
import { admissionLabel, podBody } from './kubernetes-objects.ts';

/** Where the pods of one lane are created. */
export type Admission = {
  /** Resolves when the API server has taken the pod. @throws ClusterError where it does not */
  admit(request: PodRequest): Promise<void>;
  /** Why it does not take pods in the host network, in words; undefined where it does. Creates nothing. */
  hostNetworkFlaw(namespace: string): Promise<string | undefined>;
};

/**
 * Pod Security `restricted`, which holds in our namespaces, forbids the host network: while such a pod is admitted, its
 * namespace is open to everything.
 * @param host gives the `kubernetes.io/hostname` of a probe node
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const createAdmission = (
  client: KubeClient,
  image: string,
  host: (node: number) => string,
  signal?: AbortSignal,
): Admission => {
  let last: Promise<unknown> = Promise.resolve();
  // One after the other, or the first would close the namespace before the second is in.
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const turn = last.catch(() => {}).then(action);
    last = turn;
    return turn;
  };
  const create = (request: PodRequest, deadline: number, isTrial: boolean): Promise<void> =>
    createPatiently(client, podBody(request, image, host(request.node)), deadline, isTrial, signal);
  const createHostPod = (request: PodRequest, deadline: number, isTrial: boolean): Promise<void> =>
    inTurn(async () => {
      await setLevel(client, request.namespace, 'privileged');
      try {
        await create(request, deadline, isTrial);
      } finally {
        await setLevel(client, request.namespace, 'restricted');
      }
    });
  return {
    admit: (request) =>
      request.hostNetwork ? createHostPod(request, 30_000, false) : create(request, 30_000, false),
    hostNetworkFlaw: async (namespace) => {
      const trial: PodRequest = {
        namespace,
        name: 'trial',
        labels: {},
        ports: [],
        node: 0,
        hostNetwork: true,
      };
      try {
        await createHostPod(trial, 5_000, true);
        return undefined;
      } catch (error) {
        const isOther = error instanceof ApiError && !isClientError(error);
        if (!(error instanceof ClusterError) || isOther) throw error;
        return `the cluster does not admit pods in the host network: ${error.complaint.got ?? messageOf(error)}`;
      }
    },
  };
};

const isClientError = ({ status = 0 }: ApiError): boolean => status >= 400 && status < 500;

const setLevel = async (client: KubeClient, name: string, level: string): Promise<void> => {
  const path = `/metadata/labels/${admissionLabel.replace('/', '~1')}`;
  await client.core.patchNamespace({ name, body: [{ op: 'add', path, value: level }] });
};

// A new namespace has no service account yet for some milliseconds, and a pod is refused until then; what its labels
// admit is known with some delay as well.
const passing = /serviceaccount "default" not found|violates PodSecurity/;

const createPatiently = async (
  client: KubeClient,
  body: ReturnType<typeof podBody>,
  deadline: number,
  isTrial: boolean,
  signal?: AbortSignal,
): Promise<void> => {
  const { namespace, name } = body.metadata;
  let refusal = '';
  const create = async (): Promise<true | undefined> => {
    try {
      await client.core.createNamespacedPod({ namespace, body, ...(isTrial && { dryRun: 'All' }) });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403 || !passing.test(error.message)) throw error;
      refusal = error.complaint.got ?? error.message;
      return undefined;
    }
  };
  const failure = (): Error =>
    new ClusterError({
      subject: `pod ${namespace}/${name} is not admitted`,
      got: refusal,
      next: refusal.includes('PodSecurity')
        ? 'something resets the Pod Security labels of our namespaces'
        : 'is the kube-controller-manager alive? It makes the service account of each namespace',
    });
  await poll(create, { deadline, interval: 50, signal, failure });
};
