import { ClusterError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';

export type Permission = { group: string; resource: string; verbs: readonly string[] };

/** All that a run on an existing cluster does. manifests/run/rbac.yaml grants exactly this; a test compares them. */
export const permissions: readonly Permission[] = [
  { group: '', resource: 'nodes', verbs: ['list'] },
  { group: '', resource: 'namespaces', verbs: ['create', 'delete', 'get', 'list', 'patch'] },
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'pods/exec', verbs: ['create', 'get'] },
  { group: '', resource: 'services', verbs: ['create', 'delete', 'list'] },
  { group: '', resource: 'events', verbs: ['list'] },
  { group: 'apps', resource: 'daemonsets', verbs: ['list'] },
  {
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    verbs: ['create', 'delete', 'get', 'list', 'patch'],
  },
];

/**
 * Asks the API server for every permission that a run needs.
 * @throws ClusterError naming all that are missing at once
 */
export const checkPermissions = async (client: KubeClient): Promise<void> => {
  const answers = permissions.flatMap(({ group, resource, verbs }) =>
    verbs.map(async (verb) => {
      const [name, subresource] = resource.split('/');
      const body = {
        spec: {
          resourceAttributes: {
            group,
            verb,
            ...(name === undefined ? {} : { resource: name }),
            ...(subresource === undefined ? {} : { subresource }),
          },
        },
      };
      const { status } = await client.authorization.createSelfSubjectAccessReview({ body });
      return status?.allowed === true
        ? []
        : [`${verb} ${resource}${group === '' ? '' : `.${group}`} in all namespaces`];
    }),
  );
  const missing = (await Promise.all(answers)).flat();
  if (missing.length === 0) return;
  throw new ClusterError({
    subject: `not enough permissions on ${client.server} (context ${client.context})`,
    wanted: 'all that manifests/run/rbac.yaml grants',
    got: `no permission to ${missing.join('; ')}`,
    next: 'let an administrator run `kubectl apply -f manifests/run/rbac.yaml` and bind its ClusterRole to you',
  });
};
