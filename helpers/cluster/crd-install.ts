import { messageOf, UsageError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Definition } from '../kube/definitions.ts';
import { adminKinds, definitionNameOf, formatPolicyName, isAdminKind } from '../kube/policy-kinds.ts';
import { nameOfPolicy } from '../kube/world.ts';
import { settleAll } from '../wait.ts';
import { describeRelease, describeVersion } from './admin-api.ts';
import type { CrdBundle } from './crd-bundle.ts';
import { ownerAnnotation, runLabel, thisProcess } from './kubernetes-objects.ts';
import { listRunNamespaces } from './other-runs.ts';

type InstallOptions = {
  bundles: readonly CrdBundle[];
  /** Whoever installs, where the CRDs are to be removed at the end; absent where they go with the cluster. */
  run?: string;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
};

/** Whether a cluster has a CRD of the admin tiers, whoever brought it. */
export const hasAdminDefinitions = async (client: KubeClient): Promise<boolean> => {
  const found = await Promise.all(adminKinds.map((kind) => client.definitions.read(definitionNameOf(kind))));
  return found.some((definition) => definition !== undefined);
};

/**
 * Installs the CRDs that are not there yet and waits until they are served. One that is there is never overwritten.
 * Disposing removes what was installed for a run.
 * @throws UsageError, with nothing changed, where one is there in another version or channel; ClusterError where one is
 * not served, after all is gone again
 */
export const installCrds = async (
  client: KubeClient,
  { bundles, run, log, signal }: InstallOptions,
): Promise<AsyncDisposable> => {
  const wanted = bundles.flatMap(({ definitions }) => definitions);
  const found = await Promise.all(wanted.map(({ metadata }) => client.definitions.read(metadata.name)));
  refuseMismatches(wanted, found);
  const missing = wanted.filter((_, index) => found[index] === undefined);
  const installed: Definition[] = [];
  const remove = async (): Promise<void> => {
    if (run === undefined) return;
    for (const line of await removeCrds(client, installed, run)) log(line);
  };
  for (const { spec } of wanted.filter((definition) => !missing.includes(definition)))
    log(`the CRD of ${spec.names.kind} is there already`);
  try {
    for (const definition of missing) {
      log(`installing the CRD of ${definition.spec.names.kind} (${describeVersion(definition)})`);
      await client.definitions.create(run === undefined ? definition : withMarks(definition, run));
      installed.push(definition);
    }
    await settleAll(wanted.map(({ metadata }) => client.definitions.waitUntilServed(metadata.name, signal)));
  } catch (error) {
    // The first error is the one to tell; what cannot be removed now, `netpol clean` removes.
    await remove().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
  return { [Symbol.asyncDispose]: remove };
};

/**
 * Removes CRDs that a run installed, and with them all of their objects; so not those with objects of somebody else, and
 * none while another run is there that may count on them.
 * @returns one line for each that stays, with the reason
 */
export const removeCrds = async (
  client: KubeClient,
  definitions: readonly Definition[],
  run: string,
): Promise<string[]> => {
  if (definitions.length === 0) return [];
  const runs = (await listRunNamespaces(client)).filter(
    (other) => other.run !== run && other.state !== 'dead',
  );
  const lines = definitions.map(async ({ metadata: { name }, spec }) => {
    const { kind } = spec.names;
    const stays = `left: the CRD ${name}, because`;
    if (runs[0] !== undefined) return `${stays} run ${runs[0].run} may use it; later \`npm start -- clean\``;
    const others = isAdminKind(kind) ? await client.policies.listAdmin(`${runLabel}!=${run}`, [kind]) : [];
    if (others[0] !== undefined) {
      const policy = formatPolicyName(nameOfPolicy(others[0]));
      return `${stays} ${policy} is somebody else's and would go with it`;
    }
    await client.definitions.delete(name);
    return [];
  });
  return (await settleAll(lines)).flat();
};

const withMarks = ({ metadata, ...definition }: Definition, run: string): Definition => ({
  ...definition,
  metadata: {
    ...metadata,
    labels: { ...metadata.labels, [runLabel]: run },
    annotations: { ...metadata.annotations, [ownerAnnotation]: thisProcess },
  },
});

const refuseMismatches = (
  wanted: readonly Definition[],
  found: readonly (Definition | undefined)[],
): void => {
  const mismatches = wanted.flatMap((definition, index) => {
    const there = found[index];
    if (there === undefined || describeRelease(there) === describeRelease(definition)) return [];
    return [
      `${definition.metadata.name} is there as ${describeVersion(there)}, not ${describeVersion(definition)}`,
    ];
  });
  if (mismatches.length === 0) return;
  throw new UsageError({
    subject: '`--crd-bundle` does not fit the CRDs that the cluster has, which are never overwritten',
    got: mismatches.join('; '),
    next: 'leave `--crd-bundle` out to test with those, or take a bundle of their version and channel',
  });
};
