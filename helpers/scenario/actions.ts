import { namespaceNameLabel } from './default-world.ts';
import { readObjects } from './object-actions.ts';
import { readOperation, type OperationContext } from './operations.ts';
import { readPolicyNames, readRejected, type PolicyContext } from './policy-actions.ts';
import { booleanHint, readFields, readLabels, readTexts } from './reading.ts';
import { labelsIn } from './state.ts';
import { nodeLabelPrefix } from '../kube/world.ts';
import type { Labels } from '../kube/types.ts';
import type { Path } from '../kube/yaml.ts';
import type { Action } from './scenario.ts';

export type ActionContext = PolicyContext & Omit<OperationContext, 'readChange'>;

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
    case 'reject':
      return { verb, documents: readRejected(value, path, context) };
    case 'label':
      return { verb, labels: readNewLabels(value, path, context) };
    case 'unlabel':
      return { verb, keys: readOldKeys(value, path, context) };
    case 'create':
    case 'remove':
    case 'complete':
      return readObjects(verb, value, path, context);
    case 'kill':
    case 'restart':
    case 'rollover':
    case 'upgrade':
    case 'downgrade':
    case 'outage':
    case 'churn':
      return readOperation(verb, value, path, {
        ...context,
        readChange: (verb, value, path) => readActions(verb, value, path, context),
      });
  }
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
      else if (context.state.nodes.has(id) && !key.startsWith(nodeLabelPrefix))
        complain(
          [...path, id, key],
          `wanted a key of ours, ${nodeLabelPrefix}KEY: nodes are not made for a run`,
          'key',
        );
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
      else if (context.state.nodes.has(id) && !key.startsWith(nodeLabelPrefix))
        complain([...path, id], `${key} is not ours to take from a node`);
      else if (current[key] === undefined) complain([...path, id], `${id} has no label ${key} at this step`);
    }
    changes[id] = keys;
  }
  return changes;
};

const findLabels = (id: string, path: Path, { state, pods, complain }: ActionContext): Labels | undefined => {
  const labels = labelsIn(state, id);
  if (labels === undefined)
    complain(path, `no pod, namespace or node \`${id}\` exists at this step${booleanHint(id)}`, 'key');
  if (pods.find((pod) => pod.id === id)?.addresses === undefined) return labels;
  complain(path, `${id} is outside the cluster and has no labels`, 'key');
  return undefined;
};
