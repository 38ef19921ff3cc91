import { ClusterError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { policyResources, type AdminKind } from '../kube/policy-kinds.ts';

const writing = ['create', 'delete', 'get', 'list', 'patch'];

type Permission = { group: string; resource: string; verbs: readonly string[] };

/**
 * All that a run on an existing cluster cannot do without. manifests/run/rbac.yaml grants exactly this, what follows for
 * the admin tiers, and nothing more; a test compares them.
 */
export const permissions: readonly Permission[] = [
  { group: '', resource: 'nodes', verbs: ['list'] },
  { group: '', resource: 'namespaces', verbs: writing },
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: [...writing, 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'pods/exec', verbs: ['create', 'get'] },
  { group: '', resource: 'services', verbs: ['create', 'delete', 'list'] },
  { group: '', resource: 'events', verbs: ['list'] },
  { group: 'apps', resource: 'daemonsets', verbs: ['list'] },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: writing },
];

const permissionFor = (kind: AdminKind): Permission => {
  const { group, plural } = policyResources[kind];
  return { group, resource: plural, verbs: writing };
};

/** What a run needs besides for the policies of the admin tiers; without it they are skipped. */
export const adminPermissions: Readonly<Record<AdminKind, Permission>> = {
  AdminNetworkPolicy: permissionFor('AdminNetworkPolicy'),
  BaselineAdminNetworkPolicy: permissionFor('BaselineAdminNetworkPolicy'),
  ClusterNetworkPolicy: permissionFor('ClusterNetworkPolicy'),
};

/** What `--crd-bundle` needs besides. A role of its own, which no run has unless somebody binds it. */
export const installPermissions: readonly Permission[] = [
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verbs: ['create', 'delete'] },
];

/**
 * Asks the API server for each of these permissions.
 * @throws ClusterError naming all that are missing at once
 */
export const checkPermissions = async (client: KubeClient, needed: readonly Permission[]): Promise<void> => {
  const missing = await findMissing(client, needed);
  if (missing.length === 0) return;
  throw new ClusterError({
    subject: `not enough permissions on ${client.server} (context ${client.context})`,
    wanted: 'all that manifests/run/rbac.yaml grants',
    got: `no permission to ${missing.join('; ')}`,
    next: 'let an administrator run `kubectl apply -f manifests/run/rbac.yaml` and bind its ClusterRole to you',
  });
};

/** Those that the API server says this account does not have, in words. */
export const findMissing = async (client: KubeClient, needed: readonly Permission[]): Promise<string[]> => {
  const answers = needed.flatMap(({ group, resource, verbs }) =>
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
  return (await Promise.all(answers)).flat();
};
