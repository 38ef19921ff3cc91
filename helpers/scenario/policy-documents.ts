import { claimsAdminKind, validatePolicy } from '../kube/validate-policy.ts';
import { namespaceNames } from './default-world.ts';
import { describe, isFields } from './reading.ts';
import { idOfPolicy } from './policies.ts';
import type { Problem } from '../errors.ts';
import type { Channel, Policy } from '../kube/types.ts';
import type { ParsedDocument, Position } from '../kube/yaml.ts';

export const channels: readonly Channel[] = ['standard', 'experimental'];

/**
 * For what an API server with the CRDs of a channel refuses a document; and `strict`, also what it takes though no plugin
 * could tell what it means.
 */
export type Flaws = { strict: Problem[] } & Record<Channel, Problem[]>;

/** Two documents of the same name in a scenario's file are versions 1 and 2 of one policy. */
export type PolicyVersions = {
  id: string;
  /** Absent for what is cluster-scoped. */
  namespace?: string;
  name: string;
  /** A version with flaws is for `reject` alone. */
  versions: { policy: Policy; position: Position; flaws: Flaws }[];
};

/**
 * Reads the documents behind the front matter: policies of all kinds, each as a user would apply it. What makes one invalid
 * stands beside it; only what cannot even be named is among `problems`.
 */
export const readPolicies = (
  documents: readonly ParsedDocument[],
  file: string,
  guests: readonly string[] = [],
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
    const isAdmin = claimsAdminKind(value);
    const flaws = findFlaws(document, file);
    const metadata = isFields(value['metadata']) ? value['metadata'] : {};
    const { namespace, name } = metadata;
    const names: readonly unknown[] = [...namespaceNames, ...guests];
    if (isAdmin && namespace !== undefined) {
      complain(['metadata', 'namespace'], `a policy of this kind is cluster-scoped, and in no namespace`);
    } else if (!isAdmin && !names.includes(namespace)) {
      complain(
        ['metadata', 'namespace'],
        `wanted the namespace of the policy (${names.join(', ')}), got ${describe(namespace)}`,
      );
    }
    // A policy without a name or rules cannot be applied in thought; what is wrong with it stands above.
    const isPlaced = isAdmin ? namespace === undefined : typeof namespace === 'string';
    if (typeof name !== 'string' || !isPlaced || !isFields(value['spec'])) {
      problems.push(...flaws.strict);
      continue;
    }
    const policy = value as Policy;
    const id = idOfPolicy(policy);
    const known = policies.get(id) ?? {
      id,
      ...(typeof namespace === 'string' && { namespace }),
      name,
      versions: [],
    };
    known.versions.push({ policy, position: document.positionOf([]), flaws });
    policies.set(id, known);
  }
  return { policies: [...policies.values()], problems };
};

const findFlaws = (document: ParsedDocument, file: string): Flaws => {
  const find = (options?: Parameters<typeof validatePolicy>[1]): Problem[] =>
    validatePolicy(document.value, options).map(({ path, message }): Problem => ({
      file,
      ...document.positionOf(path),
      message,
    }));
  return {
    strict: find(),
    standard: find({ channel: 'standard', leniently: true }),
    experimental: find({ leniently: true }),
  };
};
