import { closestOf } from '../kube/syntax.ts';
import { namespaceNameLabel } from './policies.ts';
import { isMovable } from './pods.ts';
import { booleanHint, readFields, readLabels, readTexts } from './reading.ts';
import type { Labels, NetworkPolicy } from '../kube/types.ts';
import type { Path } from '../kube/yaml.ts';
import type { PolicyVersions } from './policy-documents.ts';
import type { Complain } from './reading.ts';
import type { Action, ScenarioPod } from './scenario.ts';
import type { State } from './world.ts';

export type ActionContext = {
  pods: readonly ScenarioPod[];
  policies: readonly PolicyVersions[];
  /** What exists before the action. */
  state: State;
  /** The version (from 0) of each policy that is applied now; kept up to date here. */
  applied: Map<string, number>;
  /** `id version` of everything that was ever applied; kept up to date here. */
  reached: Set<string>;
  complain: Complain;
};

/** Reads what one verb of a step names, and holds it against what exists at that time. */
export const readActions = (
  verb: Action['verb'],
  value: unknown,
  path: Path,
  context: ActionContext,
): Action => {
  switch (verb) {
    case 'apply':
    case 'update':
    case 'delete':
      return { verb, policies: readPolicyNames(verb, value, path, context) };
    case 'label':
      return { verb, labels: readNewLabels(value, path, context) };
    case 'unlabel':
      return { verb, keys: readOldKeys(value, path, context) };
    case 'create':
    case 'remove':
      return { verb, pods: readPodNames(verb, value, path, context) };
  }
};

const readPolicyNames = (
  verb: 'apply' | 'update' | 'delete',
  value: unknown,
  path: Path,
  context: ActionContext,
): NetworkPolicy[] => {
  const { applied, reached, complain } = context;
  const named: NetworkPolicy[] = [];
  for (const name of readTexts(value, path, complain, 'names of policies')) {
    const policy = findPolicy(name, path, context);
    if (policy === undefined) continue;
    const { id, versions } = policy;
    const current = applied.get(id);
    const version = verb === 'apply' ? 0 : (current ?? 0) + (verb === 'update' ? 1 : 0);
    const next = versions[version];
    const flaw = flawOf(verb, policy, current, next !== undefined);
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

const flawOf = (
  verb: 'apply' | 'update' | 'delete',
  { id, versions }: PolicyVersions,
  current: number | undefined,
  hasNext: boolean,
): string | undefined => {
  if (verb === 'apply') {
    return current === undefined
      ? undefined
      : `policy ${id} is applied already: \`update\` takes its next version`;
  }
  if (current === undefined) return `policy ${id} is not applied at this step`;
  return hasNext ? undefined : `policy ${id} has no version ${versions.length + 1} in this file`;
};

const findPolicy = (
  name: string,
  path: Path,
  { policies, complain }: ActionContext,
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

const readNewLabels = (value: unknown, path: Path, context: ActionContext): Record<string, Labels> => {
  const { complain } = context;
  const changes: Record<string, Labels> = {};
  for (const [id, given] of Object.entries(
    readFields(value, path, complain, 'labels like { x/a: { app: web } }') ?? {},
  )) {
    const current = findLabels(id, [...path, id], context);
    const labels = readLabels(given, [...path, id], complain);
    if (current === undefined) continue;
    for (const [key, label] of Object.entries(labels)) {
      if (key === namespaceNameLabel) complain([...path, id, key], `the API server alone sets ${key}`, 'key');
      else if (current[key] === label)
        complain([...path, id, key], `${id} has the label ${key}=${label} already`, 'key');
    }
    changes[id] = labels;
  }
  return changes;
};

const readOldKeys = (value: unknown, path: Path, context: ActionContext): Record<string, string[]> => {
  const { complain } = context;
  const changes: Record<string, string[]> = {};
  for (const [id, given] of Object.entries(
    readFields(value, path, complain, 'label keys like { x/a: app }') ?? {},
  )) {
    const current = findLabels(id, [...path, id], context);
    const keys = readTexts(given, [...path, id], complain, 'keys of labels');
    if (current === undefined) continue;
    for (const key of keys) {
      if (key === namespaceNameLabel) complain([...path, id], `the API server alone sets ${key}`);
      else if (current[key] === undefined) complain([...path, id], `${id} has no label ${key} at this step`);
    }
    changes[id] = keys;
  }
  return changes;
};

const findLabels = (id: string, path: Path, { state, pods, complain }: ActionContext): Labels | undefined => {
  const labels = state.pods.get(id) ?? state.namespaces.get(id);
  if (labels === undefined)
    complain(path, `no pod or namespace \`${id}\` exists at this step${booleanHint(id)}`, 'key');
  if (pods.find((pod) => pod.id === id)?.addresses === undefined) return labels;
  complain(path, `${id} is outside the cluster and has no labels`, 'key');
  return undefined;
};

const readPodNames = (
  verb: 'create' | 'remove',
  value: unknown,
  path: Path,
  context: ActionContext,
): string[] => {
  const { pods, state, complain } = context;
  const names: string[] = [];
  for (const id of readTexts(value, path, complain, 'names of pods')) {
    const pod = pods.find((candidate) => candidate.id === id);
    const exists = state.pods.has(id);
    if (pod === undefined) complain(path, `\`pods\` has no \`${id}\``);
    else if (!isMovable(pod))
      complain(
        path,
        `${id} stands before every scenario: only pods of other names, such as ${pod.namespace}/d, come and go`,
      );
    else if (exists === (verb === 'create'))
      complain(path, verb === 'create' ? `${id} exists already` : `${id} does not exist at this step`);
    else names.push(id);
  }
  return names;
};
