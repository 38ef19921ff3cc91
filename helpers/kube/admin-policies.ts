import { ClusterError } from '../errors.ts';
import { ApiError, ignoreMissing, isMissing } from './api-error.ts';
import { compareAdminSpecs } from './compare-specs.ts';
import type { StoredAdminPolicy } from './policies.ts';
import type { AdminKind } from './policy-kinds.ts';
import { adminKinds, definitionNameOf, formatPolicyName, policyResources } from './policy-kinds.ts';
import type { PolicyObjects, StoredPolicy } from './policy-objects.ts';
import type { AdminPolicy, Labels, PolicyName } from './types.ts';
import { nameOfPolicy } from './world.ts';

/** What is special about policies of the admin tiers: they belong to the whole cluster, which is not ours alone. */
type AdminPolicies = {
  apply(policy: AdminPolicy, own: Labels): Promise<void>;
  list(labelSelector: string, kinds?: readonly AdminKind[]): Promise<StoredAdminPolicy[]>;
  /**
   * The uid of the policy that is there; undefined where there is none, or where all of them are ours anyway.
   * @throws ClusterError for a policy without one of the labels `own`
   */
  refuseForeign(name: PolicyName, own: Labels): Promise<string | undefined>;
  /** The error for a kind that the server does not know. */
  lacking(kind: AdminKind): ClusterError;
};

export const createAdminPolicies = (objects: PolicyObjects): AdminPolicies => {
  const refuseForeign = async (name: PolicyName, own: Labels): Promise<string | undefined> => {
    if (Object.keys(own).length === 0) return undefined;
    const found = await objects.read(name);
    if (found === undefined) return undefined;
    const { labels = {}, uid } = found.metadata;
    if (Object.entries(own).every(([key, value]) => labels[key] === value)) return uid;
    throw new ClusterError({
      subject: `${formatPolicyName(name)} is somebody else's`,
      wanted: `the labels ${formatLabels(own)}`,
      got: Object.keys(labels).length === 0 ? 'no labels' : formatLabels(labels),
      next: 'nothing was changed; choose another name, or a cluster without that policy',
    });
  };
  return {
    refuseForeign,
    lacking,
    apply: async (policy, own) => {
      const name = nameOfPolicy(policy);
      const uid = await refuseForeign(name, own);
      try {
        // Where there was none a moment ago, what somebody else has made since is not overwritten.
        await objects.send(policy, { force: Object.keys(own).length === 0 || uid !== undefined, uid });
      } catch (error) {
        if (isMissing(error)) throw lacking(policy.kind);
        throw explainUnknownField(error, name);
      }
      const stored = await objects.read(name);
      const lost = compareAdminSpecs(policy.spec, (stored?.spec ?? {}) as AdminPolicy['spec']);
      if (lost === undefined) return;
      throw new ClusterError({
        subject: `the cluster does not keep ${formatPolicyName(name)} as it was sent`,
        wanted: `${lost.path} = ${JSON.stringify(lost.wanted)}`,
        got: JSON.stringify(lost.got) ?? 'nothing',
        next:
          lost.got === undefined
            ? unknownFieldHint(lost.path)
            : 'look for an admission webhook that changes it',
      });
    },
    list: async (labelSelector, kinds = adminKinds) => {
      const lists = kinds.map(async (kind) => {
        const found = await objects.list(kind, { labelSelector }).catch(ignoreMissing);
        return (found ?? []).map((item) => asAdminPolicy(kind, item));
      });
      return (await Promise.all(lists)).flat();
    },
  };
};

const lacking = (kind: AdminKind): ClusterError =>
  new ClusterError({
    subject: `the cluster does not know the kind ${kind}`,
    wanted: `the CRD ${definitionNameOf(kind)}, serving ${policyResources[kind].version}`,
    next: 'install it, or let `--crd-bundle` do so',
  });

const asAdminPolicy = (kind: AdminKind, { metadata, spec, status }: StoredPolicy): StoredAdminPolicy => {
  const { group, version } = policyResources[kind];
  const { name, labels, annotations } = metadata;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec,
    ...(status && { status }),
  } as StoredAdminPolicy;
};

/** A field that the schema lacks is refused before it could be dropped; server-side apply says that with status 500. */
const explainUnknownField = (error: unknown, name: PolicyName): unknown => {
  if (!(error instanceof ApiError)) return error;
  const got = error.complaint.got ?? '';
  const path = (/\.(spec\S*): field not declared in schema/.exec(got) ??
    /unknown field "(spec[^"]*)"/.exec(got))?.[1];
  if (path === undefined) return error;
  const subject = `the API of this cluster has no field for a part of ${formatPolicyName(name)}`;
  return new ClusterError({ subject, wanted: `${path} to be kept`, got, next: unknownFieldHint(path) });
};

const experimentalFields = ['nodes', 'domainNames', 'namedPort'];

const unknownFieldHint = (path: string): string => {
  const field = /([A-Za-z]+)(\[\d+\])*$/.exec(path)?.[1] ?? path;
  return experimentalFields.includes(field)
    ? `the standard channel of the CRD has no \`${field}\`: take a cluster with the experimental one`
    : `the CRD on the cluster has no \`${field}\`: is it of another version?`;
};

const formatLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
