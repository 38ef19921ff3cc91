import { closestOf } from '../kube/syntax.ts';
import { readTexts } from './reading.ts';
import type { Policy } from '../kube/types.ts';
import type { Path } from '../kube/yaml.ts';
import type { PolicyVersions } from './policy-documents.ts';
import type { Complain } from './reading.ts';
import type { PolicyDocument, ScenarioNamespace } from './scenario.ts';
import type { State } from './state.ts';

export type PolicyContext = {
  policies: readonly PolicyVersions[];
  /** Namespaces beside those that every scenario has. */
  namespaces: readonly ScenarioNamespace[];
  /** What exists before the action. */
  state: State;
  /** The version (from 0) of each policy that is applied now; kept up to date here. */
  applied: Map<string, number>;
  /** `id version` of everything that was ever applied; kept up to date here. */
  reached: Set<string>;
  /** `id version` of everything that the API server was to refuse; kept up to date here. */
  rejected: Set<string>;
  complain: Complain;
};

/** Reads the names of policies that a step applies, updates or deletes, and gives the versions that it means. */
export const readPolicyNames = (
  verb: 'apply' | 'update' | 'delete',
  value: unknown,
  path: Path,
  context: PolicyContext,
): Policy[] => {
  const { applied, reached, complain } = context;
  const named: Policy[] = [];
  for (const name of readTexts(value, path, complain, 'names of policies')) {
    const policy = findPolicy(name, path, context);
    if (policy === undefined) continue;
    const { id, versions } = policy;
    const current = applied.get(id);
    const version = verb === 'apply' ? 0 : (current ?? 0) + (verb === 'update' ? 1 : 0);
    const next = versions[version];
    const flaw = flawOf(verb, policy, current, next !== undefined, context);
    if (flaw !== undefined || next === undefined) {
      complain(path, flaw ?? '');
      // One mistake, one problem: what it makes unreachable is not said as well.
      for (const index of versions.keys()) reached.add(`${id} ${index}`);
      if (verb === 'update') applied.set(id, current ?? 0);
      continue;
    }
    named.push(next.policy);
    reached.add(`${id} ${version}`);
    if (verb === 'delete') applied.delete(id);
    else applied.set(id, version);
  }
  return named;
};

/** Reads the names of documents that the API server must refuse. */
export const readRejected = (value: unknown, path: Path, context: PolicyContext): PolicyDocument[] => {
  const { applied, rejected, complain } = context;
  return readTexts(value, path, complain, 'names of policies').flatMap((name): PolicyDocument[] => {
    const found = findPolicy(name, path, context);
    const [first] = found?.versions ?? [];
    if (found === undefined || first === undefined) return [];
    const { id, namespace } = found;
    rejected.add(`${id} 0`);
    const isHomeless = isMissing(namespace, context);
    const isInvalid = first.flaws.length > 0;
    if (applied.has(id)) complain(path, `policy ${id} is applied already: \`reject\` is for new ones`);
    else if (isHomeless && isInvalid)
      complain(
        path,
        `policy ${id} has two reasons to be refused: it is invalid, and ${namespace} does not exist`,
      );
    else if (!isHomeless && !isInvalid)
      complain(path, `policy ${id} is valid by all that we know: nothing says why it would be refused`);
    return [{ document: first.policy, flaw: isHomeless ? 'namespace' : 'document' }];
  });
};

/** Complains about documents that no step reaches, and about what is wrong with those that must be valid. */
export const refuseUnreached = ({
  policies,
  reached,
  rejected,
  complain,
}: Pick<PolicyContext, 'policies' | 'reached' | 'rejected' | 'complain'>): void => {
  for (const { id, versions } of policies) {
    for (const [index, { flaws }] of versions.entries()) {
      const key = `${id} ${index}`;
      if (rejected.has(key) && !reached.has(key)) continue;
      for (const { line = 1, column = 1, message } of flaws) complain([], message, { line, column });
    }
    const isUsed = (index: number): boolean =>
      reached.has(`${id} ${index}`) || rejected.has(`${id} ${index}`);
    if (!isUsed(0)) {
      complain([], `no step applies policy ${id}`, versions[0]?.position);
      continue;
    }
    for (const [index, { position }] of versions.entries()) {
      if (!isUsed(index))
        complain([], `no \`update\` reaches version ${index + 1} of policy ${id}`, position);
    }
  }
};

const flawOf = (
  verb: 'apply' | 'update' | 'delete',
  { id, namespace, versions }: PolicyVersions,
  current: number | undefined,
  hasNext: boolean,
  context: PolicyContext,
): string | undefined => {
  if (verb === 'apply') {
    if (isMissing(namespace, context))
      return `namespace ${namespace} of policy ${id} does not exist at this step`;
    return current === undefined
      ? undefined
      : `policy ${id} is applied already: \`update\` takes its next version`;
  }
  if (current === undefined) return `policy ${id} is not applied at this step`;
  return hasNext ? undefined : `policy ${id} has no version ${versions.length + 1} in this file`;
};

/** A namespace that the scenario never has is a mistake of the document, and said there. */
const isMissing = (namespace: string | undefined, { namespaces, state }: PolicyContext): boolean =>
  namespace !== undefined &&
  namespaces.some(({ name }) => name === namespace) &&
  !state.namespaces.has(namespace);

const findPolicy = (
  name: string,
  path: Path,
  { policies, complain }: PolicyContext,
): PolicyVersions | undefined => {
  const found = policies.filter((policy) => policy.name === name || policy.id === name);
  const [first, second] = found;
  if (first === undefined) {
    const closest = closestOf(
      name,
      policies.map((policy) => policy.name),
    );
    complain(
      path,
      `the file has no policy \`${name}\`${closest === undefined ? '' : `: did you mean \`${closest}\`?`}`,
    );
  } else if (second !== undefined) {
    complain(path, `\`${name}\` is ambiguous: write ${found.map(({ id }) => id).join(' or ')}`);
    return undefined;
  }
  return first;
};
