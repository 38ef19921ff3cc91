import { didYouMean } from '../errors/closest.ts';
import { channels } from './policy-documents.ts';
import { readTexts } from './reading.ts';
import type { Problem } from '../errors.ts';
import type { Channel, Policy } from '../kube/types.ts';
import type { Path } from '../kube/yaml.ts';
import type { Flaws, PolicyVersions } from './policy-documents.ts';
import type { ObjectContext } from './object-actions.ts';
import type { PolicyDocument } from './scenario.ts';

export type PolicyContext = ObjectContext & {
  policies: readonly PolicyVersions[];
  /** The only channel of the CRDs for which the scenario holds. */
  channel?: Channel | undefined;
  /** `id version` of everything that was ever applied; kept up to date here. */
  reached: Set<string>;
  /** `id version` of everything that the API server was to refuse, and why; kept up to date here. */
  rejected: Map<string, PolicyDocument['flaw']>;
};

/** Reads the names of policies that a step applies, updates or deletes, and gives the versions that it means. */
export const readPolicyNames = (
  verb: 'apply' | 'update' | 'delete',
  value: unknown,
  path: Path,
  context: PolicyContext,
): Policy[] => {
  const { applied, reached, rejected, complain } = context;
  const named: Policy[] = [];
  for (const name of readTexts(value, path, complain, 'names of policies')) {
    const policy = findPolicy(name, path, context);
    if (policy === undefined) continue;
    const { id, versions } = policy;
    const current = applied.get(id);
    const version =
      verb === 'apply' ? firstOf(policy, rejected) : (current ?? 0) + (verb === 'update' ? 1 : 0);
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

/** Documents that are refused for themselves stand before those that are applied under the same name. */
const firstOf = ({ id, versions }: PolicyVersions, rejected: PolicyContext['rejected']): number => {
  const index = versions.findIndex((_, at) => rejected.get(`${id} ${at}`) !== 'document');
  return index < 0 ? versions.length - 1 : index;
};

/**
 * Reads the names of documents that the API server must refuse. Where several have the same name, it means all of them up
 * to the first valid one: a name such as `default` may be the only one that a kind has.
 */
export const readRejected = (value: unknown, path: Path, context: PolicyContext): PolicyDocument[] =>
  readTexts(value, path, context.complain, 'names of policies').flatMap((name) => {
    const found = findPolicy(name, path, context);
    return found === undefined ? [] : rejectAll(found, path, context);
  });

const rejectAll = (found: PolicyVersions, path: Path, context: PolicyContext): PolicyDocument[] => {
  const { applied, reached, rejected, channel, complain } = context;
  const { id, namespace, versions } = found;
  const asked = channel === undefined ? channels : [channel];
  const refusing = ({ flaws }: PolicyVersions['versions'][number]): Channel[] =>
    asked.filter((each) => flaws[each].length > 0);
  const flaw = isMissing(namespace, context) ? 'namespace' : 'document';
  const first = firstOf(found, rejected);
  const rest = versions.slice(first);
  const valid = rest.findIndex((version) => refusing(version).length === 0);
  const refused =
    flaw === 'namespace' || valid === 0 ? rest.slice(0, 1) : rest.slice(0, valid < 0 ? undefined : valid);
  for (const at of refused.keys()) rejected.set(`${id} ${first + at}`, flaw);
  const [isInvalid] = refused.map((version) => refusing(version).length > 0);
  const doubtful = refused.map(refusing).find((channels) => channels.length < asked.length);
  if (applied.has(id)) complain(path, `policy ${id} is applied already: \`reject\` is for new ones`);
  else if (versions.some((_, at) => reached.has(`${id} ${at}`)))
    complain(path, `policy ${id} was applied before: what is rejected comes first`);
  else if (flaw === 'namespace' && isInvalid === true)
    complain(
      path,
      `policy ${id} has two reasons to be refused: it is invalid, and ${namespace} does not exist`,
    );
  else if (flaw === 'document' && isInvalid === false)
    complain(path, `policy ${id} is valid by all that we know: nothing says why it would be refused`);
  else if (flaw === 'document' && doubtful !== undefined)
    complain(path, `policy ${id} is refused in one channel only: say \`channel: ${doubtful[0]}\``);
  return refused.map(({ policy }) => ({ document: policy, flaw }));
};

/**
 * Complains about documents that no step reaches, and about what is wrong with those that must be valid: to the API server
 * where that is asked, else to a plugin.
 */
export const refuseUnreached = (
  {
    policies,
    channel,
    reached,
    rejected,
    complain,
  }: Pick<PolicyContext, 'policies' | 'channel' | 'reached' | 'rejected' | 'complain'>,
  isAboutApi: boolean,
): void => {
  for (const { id, versions } of policies) {
    for (const [index, { flaws }] of versions.entries()) {
      const key = `${id} ${index}`;
      if (rejected.has(key) && !reached.has(key)) continue;
      for (const { line = 1, column = 1, message } of isAboutApi ? flawsFor(channel, flaws) : flaws.strict)
        complain([], message, { line, column });
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

/** Where a scenario holds for both channels, what one of them refuses and the other does not is said so. */
const flawsFor = (channel: Channel | undefined, flaws: Flaws): Problem[] => {
  if (channel !== undefined) return flaws[channel];
  const isIn = (list: Problem[], flaw: Problem): boolean =>
    list.some(({ line, message }) => line === flaw.line && message === flaw.message);
  return [
    ...flaws.experimental,
    ...flaws.standard
      .filter((flaw) => !isIn(flaws.experimental, flaw))
      .map((flaw) => ({ ...flaw, message: `${flaw.message} (in the standard channel)` })),
  ];
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
    const names = policies.map((policy) => policy.name);
    complain(path, `the file has no policy \`${name}\`${didYouMean(name, names)}`);
  } else if (second !== undefined) {
    complain(path, `\`${name}\` is ambiguous: write ${found.map(({ id }) => id).join(' or ')}`);
    return undefined;
  }
  return first;
};
