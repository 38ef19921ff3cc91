import { messageOf } from '../errors.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Definition } from '../kube/definitions.ts';
import type { AdminKind } from '../kube/policy-kinds.ts';
import {
  adminKinds,
  definitionNameOf,
  formatPolicyName,
  isAdminKind,
  policyResources,
} from '../kube/policy-kinds.ts';
import type { Channel } from '../kube/types.ts';
import { nameOfPolicy } from '../kube/world.ts';
import type { Environment } from './cluster.ts';
import { ownerAnnotation, runLabel } from './kubernetes-objects.ts';
import { stateOfOwner } from './other-runs.ts';
import { adminPermissions, findMissing } from './permissions.ts';

/** What a cluster has of the admin tiers. */
export type AdminApi = {
  /** Those whose policies can be read and written. */
  kinds: AdminKind[];
  /** Those whose policies can be read at least. */
  readable: AdminKind[];
  /** Why there may be policies of the other kinds that cannot be read. */
  unread: string[];
  /** Why scenarios with a kind, or about a channel, cannot be proved here. */
  lacks: Partial<Record<AdminKind | ChannelName, string>>;
  versions: Environment['versions'];
  /** For the terminal. */
  warnings: string[];
};

type ChannelName = `${Channel}-channel`;

/** Set on the CRDs of manifests/crds: they are not upstream's text. */
const minimalAnnotation = 'netpol-conformance/minimal';

/** Releases of network-policy-api whose meaning this suite knows. */
const knownReleases = /^v0\.[12]\./;

/**
 * Which kinds of the admin tiers a cluster serves, of which release and channel, and whether somebody else's policies
 * stand in the way of a verdict. CRDs that are there but not served yet are waited for.
 */
export const readAdminApi = async (client: KubeClient, run: string): Promise<AdminApi> => {
  const found = await Promise.all(adminKinds.map((kind) => readKind(client, kind)));
  const kinds = found.flatMap(({ kind, reason }) => (reason === undefined ? [kind] : []));
  const unread = found.flatMap(({ reason, isAbsent, isReadable }) =>
    reason === undefined || isAbsent || isReadable ? [] : [reason],
  );
  const readable = found.flatMap(({ kind, reason, isReadable }) =>
    reason === undefined || isReadable ? [kind] : [],
  );
  const foreign = await describeForeign(client, run, kinds);
  const definitions = found.flatMap(({ definition }) => definition ?? []);
  const flaws = describeFlaws(definitions);
  const lacks = Object.fromEntries(
    found.flatMap(({ kind, reason }) => {
      const words = reason ?? foreign;
      return words === undefined ? [] : [[kind, words]];
    }),
  );
  return {
    ...{ kinds, readable, unread },
    lacks: { ...lacks, ...lackedChannels(definitions) },
    versions: {
      ...Object.fromEntries(
        definitions.map((definition) => [`${definition.spec.names.kind} CRD`, describeVersion(definition)]),
      ),
      ...(flaws.length === 0 ? {} : { 'policy API': flaws.join('; ') }),
    },
    warnings: foreign === undefined ? flaws : [...flaws, foreign],
  };
};

/** The channels that the CRDs of a cluster are not of: all of them, where the CRDs are of several, or of none that is known. */
export const lackedChannels = (definitions: readonly Definition[]): Partial<Record<ChannelName, string>> => {
  const found = [...new Set(definitions.map(channelOf))];
  const lacked = (['standard', 'experimental'] as const).filter(
    (channel) => found.length > 1 || found.some((name) => name !== channel),
  );
  const reason = `the CRDs of the admin tiers are of the channel ${found.join(' and ')}`;
  return Object.fromEntries(lacked.map((channel) => [`${channel}-channel`, reason]));
};

const channelOf = ({ metadata: { annotations = {} } }: Definition): string =>
  annotations['policy.networking.k8s.io/channel'] ?? 'unknown channel';

/** `v0.1.7 experimental`, whoever wrote it. */
export const describeRelease = (definition: Definition): string => {
  const { annotations = {} } = definition.metadata;
  const bundle = annotations['policy.networking.k8s.io/bundle-version'] ?? 'unknown version';
  return `${bundle} ${channelOf(definition)}`;
};

/** The release, with a mark where it is written by us, and what it serves where that is not what we need. */
export const describeVersion = (definition: Definition): string => {
  const { metadata, spec } = definition;
  const minimal = metadata.annotations?.[minimalAnnotation] === 'true' ? ' (minimal)' : '';
  const served = spec.versions.filter(({ served }) => served).map(({ name }) => name);
  const wanted = versionOf(spec.names.kind);
  const isServed = wanted === undefined || served.includes(wanted);
  return `${describeRelease(definition)}${minimal}${isServed ? '' : `, serves ${served.join(', ') || 'nothing'}`}`;
};

const versionOf = (kind: string): string | undefined =>
  isAdminKind(kind) ? policyResources[kind].version : undefined;

const role = 'manifests/run/rbac.yaml';

type Found = {
  kind: AdminKind;
  definition?: Definition;
  reason?: string;
  isAbsent?: true;
  isReadable?: boolean;
};

const readKind = async (client: KubeClient, kind: AdminKind): Promise<Found> => {
  const name = definitionNameOf(kind);
  const { version } = policyResources[kind];
  let definition: Definition | undefined;
  try {
    definition = await client.definitions.read(name);
    if (definition === undefined) return { kind, reason: `the cluster has no CRD ${name}`, isAbsent: true };
    if (!definition.spec.versions.some((each) => each.name === version && each.served))
      return { kind, definition, reason: `the CRD ${name} does not serve ${version}` };
    const missing = await findMissing(client, [adminPermissions[kind]]);
    const isReadable = missing.every((each) => !each.startsWith('list '));
    if (missing.length > 0)
      return {
        kind,
        definition,
        isReadable,
        reason: `no permission to ${missing.join('; ')}, which ${role} grants`,
      };
    await client.definitions.waitUntilServed(name);
    return { kind, definition };
  } catch (error) {
    const isForbidden = error instanceof ApiError && error.status === 403;
    const reason = isForbidden
      ? `no permission to read the CRD ${name}, which ${role} grants`
      : (messageOf(error).split('\n')[0] ?? '');
    return { kind, ...(definition && { definition }), reason };
  }
};

/** A policy of somebody else may decide over our probes, so that no verdict would tell whose it is. */
const describeForeign = async (
  client: KubeClient,
  run: string,
  kinds: readonly AdminKind[],
): Promise<string | undefined> => {
  const others = await client.policies.listAdmin(`${runLabel}!=${run}`, kinds);
  const [first] = others;
  if (first === undefined) return undefined;
  const name = formatPolicyName(nameOfPolicy(first));
  const more = others.length === 1 ? '' : ` (and ${others.length - 1} more)`;
  const { labels, annotations } = first.metadata;
  const other = labels?.[runLabel];
  if (other === undefined) return `${name}${more} is somebody else's and may decide before ours`;
  const state = stateOfOwner(annotations?.[ownerAnnotation] ?? '');
  const next = state === 'dead' ? '; `npm start -- clean` removes it' : '';
  return `${name}${more} is of run ${other} and may decide before ours${next}`;
};

const describeFlaws = (definitions: readonly Definition[]): string[] => {
  const described = definitions.map((definition) => ({
    kind: definition.spec.names.kind,
    version: describeVersion(definition),
  }));
  const unknown = described
    .filter(({ version }) => !knownReleases.test(version))
    .map(({ kind, version }) => `the CRD of ${kind} is of no release that is known here (${version})`);
  const unserved = described
    .filter(({ version }) => version.includes(', serves '))
    .map(({ kind, version }) => `the CRD of ${kind} (${version}) lacks ${versionOf(kind)}`);
  const [anp, banp] = (['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'] as const).map(
    (kind) => described.find((each) => each.kind === kind)?.version,
  );
  const mixed =
    anp !== undefined && banp !== undefined && anp !== banp
      ? [`AdminNetworkPolicy (${anp}) and BaselineAdminNetworkPolicy (${banp}) are of different bundles`]
      : [];
  return [...unknown, ...unserved, ...mixed];
};
