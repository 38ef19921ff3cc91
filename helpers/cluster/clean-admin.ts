import { messageOf } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { formatPolicyName } from '../kube/policy-kinds.ts';
import type { ObjectMeta } from '../kube/types.ts';
import { nameOfPolicy } from '../kube/world.ts';
import { removeCrds } from './crd-install.ts';
import { ownerAnnotation, runLabel } from './kubernetes-objects.ts';
import { stateOfOwner } from './other-runs.ts';

/**
 * Removes what dead runs left of the admin tiers: policies, then CRDs. Namespaces of dead runs must be gone before.
 * @returns one line for each thing removed, or left with the reason
 */
export const cleanAdmin = async (client: KubeClient, force: boolean): Promise<string[]> => {
  const lines: string[] = [];
  const isLeft = (what: string, { annotations }: ObjectMeta): boolean => {
    const owner = annotations?.[ownerAnnotation] ?? 'unknown';
    const state = stateOfOwner(owner);
    if (state === 'dead' || (force && state === 'unknown')) return false;
    const next = state === 'live' ? 'is live' : 'is of another machine; `--force` removes it';
    lines.push(`left: ${what}: its run (${owner}) ${next}`);
    return true;
  };
  try {
    for (const policy of await client.policies.listAdmin(runLabel)) {
      const name = formatPolicyName(nameOfPolicy(policy));
      if (isLeft(name, policy.metadata)) continue;
      await client.policies.delete(nameOfPolicy(policy));
      lines.push(`removed ${name}`);
    }
    for (const definition of await client.definitions.list(runLabel)) {
      const { name, labels } = definition.metadata;
      if (isLeft(`the CRD ${name}`, definition.metadata)) continue;
      const reasons = await removeCrds(client, [definition], labels?.[runLabel] ?? '');
      lines.push(...(reasons.length > 0 ? reasons : [`removed the CRD ${name}`]));
    }
  } catch (error) {
    lines.push(
      `left: what there may be of the admin tiers: ${messageOf(error).replaceAll(/\s*\n\s*/g, '; ')}`,
    );
  }
  return lines;
};
