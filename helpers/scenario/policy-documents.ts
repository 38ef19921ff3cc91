import { validateNetworkPolicy } from '../kube/validate.ts';
import { namespaceNames } from './default-world.ts';
import { describe, isFields } from './reading.ts';
import { idOfPolicy } from './world.ts';
import type { Problem } from '../errors.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import type { ParsedDocument, Position } from '../kube/yaml.ts';

/** Two documents of the same name in a scenario's file are versions 1 and 2 of one policy. */
export type PolicyVersions = {
  id: string;
  name: string;
  versions: { policy: NetworkPolicy; position: Position }[];
};

/** Reads the documents behind the front matter: NetworkPolicies, each as a user would apply it. */
export const readPolicies = (
  documents: readonly ParsedDocument[],
  file: string,
): { policies: PolicyVersions[]; problems: Problem[] } => {
  const problems: Problem[] = [];
  const policies = new Map<string, PolicyVersions>();
  for (const document of documents) {
    const complain = (path: (string | number)[], message: string): void => {
      problems.push({ file, ...document.positionOf(path), message });
    };
    const { value } = document;
    if (!isFields(value)) {
      complain([], `wanted a NetworkPolicy, got ${describe(value)}`);
      continue;
    }
    if (value['scenario'] !== undefined) {
      complain([], 'a second front matter: a scenario has a file of its own');
      continue;
    }
    for (const { path, message } of validateNetworkPolicy(value)) complain(path, message);
    const metadata = isFields(value['metadata']) ? value['metadata'] : {};
    const { namespace, name } = metadata;
    const names: readonly unknown[] = namespaceNames;
    if (!names.includes(namespace)) {
      complain(
        ['metadata', 'namespace'],
        `wanted the namespace of the policy (${names.join(', ')}), got ${describe(namespace)}`,
      );
    }
    // A policy without a name or rules cannot be applied in thought; what is wrong with it stands above.
    if (typeof name !== 'string' || typeof namespace !== 'string' || !isFields(value['spec'])) continue;
    const policy = value as NetworkPolicy;
    const id = idOfPolicy(policy);
    const known = policies.get(id) ?? { id, name, versions: [] };
    known.versions.push({ policy, position: document.positionOf([]) });
    policies.set(id, known);
  }
  return { policies: [...policies.values()], problems };
};
