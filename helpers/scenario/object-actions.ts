import { isMovable } from './pods.ts';
import { readTexts } from './reading.ts';
import type { Path } from '../kube/yaml.ts';
import type { Complain } from './reading.ts';
import type { Action, ScenarioNamespace, ScenarioPod } from './scenario.ts';
import type { State } from './state.ts';

export type ObjectContext = {
  pods: readonly ScenarioPod[];
  /** Namespaces beside those that every scenario has. */
  namespaces: readonly ScenarioNamespace[];
  /** What exists before the action. */
  state: State;
  /** The version (from 0) of each policy that is applied now; kept up to date here. */
  applied: Map<string, number>;
  complain: Complain;
};

/** Reads the names of pods and namespaces that a step creates, removes or lets complete. */
export const readObjects = (
  verb: 'create' | 'remove' | 'complete',
  value: unknown,
  path: Path,
  context: ObjectContext,
): Action => {
  const wanted = verb === 'complete' ? 'names of pods' : 'names of pods and namespaces';
  const names = readTexts(value, path, context.complain, wanted);
  const isNamespace = (name: string): boolean =>
    verb !== 'complete' && context.namespaces.some((namespace) => namespace.name === name);
  const namespaces = names
    .filter(isNamespace)
    .filter((name) => isFit(flawOfNamespace(verb, name, context), path, context));
  const created = verb === 'create' ? namespaces : [];
  const pods = names.filter((id) => {
    if (isNamespace(id)) return false;
    const isSound = isFit(flawOfPod(verb, id, created, context), path, context);
    // One mistake, one problem: a pod that comes too early is there all the same, for all that follows.
    const comes = verb === 'create' && !context.state.pods.has(id) && isCreatable(id, context);
    return isSound || comes;
  });
  if (verb === 'complete') return { verb, pods };
  if (verb === 'remove')
    for (const id of context.applied.keys())
      if (namespaces.some((name) => id.startsWith(`${name}/`))) context.applied.delete(id);
  return { verb, pods, ...(namespaces.length > 0 && { namespaces }) };
};

const isCreatable = (id: string, { pods }: ObjectContext): boolean =>
  pods.some((pod) => pod.id === id && isMovable(pod));

const isFit = (flaw: string | undefined, path: Path, { complain }: ObjectContext): boolean => {
  if (flaw !== undefined) complain(path, flaw);
  return flaw === undefined;
};

const flawOfNamespace = (
  verb: 'create' | 'remove' | 'complete',
  name: string,
  { state }: ObjectContext,
): string | undefined => {
  if (state.namespaces.has(name) === (verb === 'create'))
    return verb === 'create'
      ? `namespace ${name} exists already`
      : `namespace ${name} does not exist at this step`;
  return undefined;
};

const flawOfPod = (
  verb: 'create' | 'remove' | 'complete',
  id: string,
  created: readonly string[],
  { pods, state }: ObjectContext,
): string | undefined => {
  const pod = pods.find((candidate) => candidate.id === id);
  if (pod === undefined)
    return id.includes('/') ? `\`pods\` has no \`${id}\`` : `\`namespaces\` has no \`${id}\``;
  if (!isMovable(pod))
    return `${id} stands before every scenario: only pods of other names, such as ${pod.namespace}/d, come and go`;
  if (state.pods.has(id) === (verb === 'create'))
    return verb === 'create' ? `${id} exists already` : `${id} does not exist at this step`;
  if (verb === 'complete' && state.completed.has(id)) return `${id} has completed already`;
  if (verb !== 'create') return undefined;
  if (!state.namespaces.has(pod.namespace) && !created.includes(pod.namespace))
    return `namespace ${pod.namespace} of ${id} does not exist at this step`;
  const { addressesOf: before } = pod;
  if (before === undefined) return undefined;
  if (!state.births.has(before)) return `${id} has the addresses of ${before}, which has not been there yet`;
  const heirs = pods.filter(({ addressesOf }) => addressesOf === before).map((heir) => heir.id);
  const user = [before, ...heirs].find((other) => state.pods.has(other) && !state.completed.has(other));
  return user === undefined
    ? undefined
    : `${id} has the addresses of ${before}, which ${user} uses at this step`;
};
