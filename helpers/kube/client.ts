import {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  RbacAuthorizationV1Api,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import type { KubeConfig, V1Pod } from '@kubernetes/client-node';
import { within } from '../wait.ts';
import { ApiError, toApiError } from './api-error.ts';
import { createDefinitions, type Definitions } from './definitions.ts';
import { openExec, type ExecRequest, type LineStream } from './exec.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { createPolicies, type Policies } from './policies.ts';

export type {
  V1DaemonSet,
  V1Deployment,
  V1Namespace,
  V1Node,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1Service,
  V1Status,
} from '@kubernetes/client-node';

/**
 * The only door to a cluster's API. Whatever fails behind it is an ApiError of ours, in words, without keys, headers
 * or tokens. Looking at this object (in a debugger, a diff, a log) shows no credentials either.
 */
export type KubeClient = {
  readonly server: string;
  readonly context: string;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  readonly version: VersionApi;
  readonly policies: Policies;
  /** CRDs. */
  readonly definitions: Definitions;
  /** Runs a command in a container, its stdin and stdout as lines. @throws ApiError where the stream is refused */
  exec(request: ExecRequest): Promise<LineStream>;
  /**
   * Calls `onChange` with each pod of the namespace, first those that are there, then each that changes, until the
   * signal aborts. Survives cut connections. Never rejects before that, except where it may not watch.
   */
  watchPods(namespace: string, onChange: OnPod, signal: AbortSignal): Promise<void>;
};

/** A pod as the API tells it now; `isGone` for the last word about it. */
type OnPod = (pod: V1Pod, isGone: boolean) => void;

const requestDeadline = 30_000;

/**
 * Opens a client for a context of a kubeconfig. Sends nothing.
 * @throws EnvironmentError for a kubeconfig that is not there or not readable; UsageError for an unknown context
 */
export const openClient = (place: { kubeconfig?: string; context?: string }): KubeClient => {
  const config = loadKubeconfig(place);
  const server = config.getCurrentCluster()?.server ?? 'unknown';
  const guarded = <Api extends object>(api: Api): Api => guard(api, server);
  const custom = guarded(config.makeApiClient(CustomObjectsApi));
  return {
    server,
    context: config.getCurrentContext(),
    core: guarded(config.makeApiClient(CoreV1Api)),
    apps: guarded(config.makeApiClient(AppsV1Api)),
    authorization: guarded(config.makeApiClient(AuthorizationV1Api)),
    rbac: guarded(config.makeApiClient(RbacAuthorizationV1Api)),
    version: guarded(config.makeApiClient(VersionApi)),
    policies: createPolicies(custom),
    definitions: createDefinitions(custom),
    exec: (request) => openExec(config, server, request),
    watchPods: (namespace, onChange, signal) => watchPods(config, server, namespace, onChange, signal),
  };
};

// The target is an empty object and not the API itself, because util.inspect looks through a Proxy at its target.
const guard = <Api extends object>(api: Api, server: string): Api =>
  new Proxy({} as Api, {
    get: (_, property) => {
      const member: unknown = Reflect.get(api, property, api);
      if (typeof member !== 'function') return undefined;
      return (...parameters: unknown[]) =>
        call(api, String(property), member as (...given: unknown[]) => unknown, parameters, server);
    },
  });

const call = async (
  api: object,
  method: string,
  member: (...parameters: unknown[]) => unknown,
  parameters: unknown[],
  server: string,
): Promise<unknown> => {
  const attempt = { subject: describeCall(method, parameters[0]), server };
  try {
    return await within(Promise.resolve(member.apply(api, parameters)), requestDeadline, () => {
      const got = `silence for ${requestDeadline / 1000} s`;
      const next = 'the API server is overloaded or the way to it is cut; try again';
      return new ApiError({ subject: attempt.subject, wanted: `an answer from ${server}`, got, next });
    });
  } catch (error) {
    throw toApiError(error, attempt);
  }
};

/** `patchNamespacedPod` and its parameters -> `patch pod x/a`. */
const describeCall = (method: string, parameter: unknown): string => {
  const { namespace, name, plural, body } = (parameter ?? {}) as Record<string, unknown>;
  const words = method
    .replace(/Namespaced|(Cluster)?CustomObject$/g, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  const bodyName = (body as { metadata?: { name?: unknown } } | undefined)?.metadata?.name;
  const place = [namespace, name ?? bodyName].filter((part) => typeof part === 'string').join('/');
  return [words, plural, place].filter((part) => typeof part === 'string' && part !== '').join(' ');
};

const watchPods = async (
  config: KubeConfig,
  server: string,
  namespace: string,
  onChange: OnPod,
  signal: AbortSignal,
): Promise<void> => {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const attempt = { subject: `watch pods ${namespace}`, server };
  while (!signal.aborted) {
    const end = Promise.withResolvers<unknown>();
    // Without a resourceVersion a watch begins with all that is there.
    const watching = new Watch(config).watch(
      path,
      {},
      (type: string, pod: V1Pod) => void (type !== 'ERROR' && onChange(pod, type === 'DELETED')),
      end.resolve,
    );
    const stop = (): void => {
      watching.then(
        (controller) => controller.abort(),
        () => {},
      );
      end.resolve(null);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    watching.catch(end.resolve);
    const error = await end.promise;
    signal.removeEventListener('abort', stop);
    const refusal = error ? toApiError(error, attempt) : undefined;
    if (refusal?.status === 401 || refusal?.status === 403) throw refusal;
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 200));
  }
};
