import { readActions, type ActionContext } from './actions.ts';
import { readGrids } from './grids.ts';
import { readReady } from './nodes.ts';
import { refuseUnreached } from './policy-actions.ts';
import { applyAction, initialState, type State } from './state.ts';
import { inheritGrids, inheritsGrids, isOperation, operationKeys } from './operations.ts';
import { asksApiServer, readStored } from './stored.ts';
import { describe, isFields, readFields, refuseUnknownKeys } from './reading.ts';
import type { Channel } from '../kube/types.ts';
import type { Path, Position } from '../kube/yaml.ts';
import type { PolicyVersions } from './policy-documents.ts';
import type { Complain, Fields } from './reading.ts';
import { operations } from './scenario.ts';
import type { Action, ScenarioNamespace, ScenarioPod, ScenarioService, Step } from './scenario.ts';

export const verbs = [
  ...(['apply', 'update', 'delete', 'reject'] as const),
  ...(['label', 'unlabel', 'create', 'remove', 'complete'] as const),
  ...operations,
] as const;

/** Everything that steps refer to. */
type StepContext = {
  namespaces: readonly ScenarioNamespace[];
  pods: readonly ScenarioPod[];
  services: readonly ScenarioService[];
  policies: readonly PolicyVersions[];
  channel?: Channel | undefined;
  complain: Complain;
  textOrigin: (path: Path, text: string) => Position;
  keyPosition: (path: Path) => Position;
};

/**
 * Reads the `steps` section and plays it through, so that each step is held against what exists when it runs.
 * Complains as well about policies and versions that no step reaches, by their place in the file.
 */
export const readSteps = (section: unknown, context: StepContext): Step[] => {
  const { complain, policies, channel } = context;
  if (!Array.isArray(section) || section.length === 0) {
    complain(
      ['steps'],
      `wanted a list of steps, got ${Array.isArray(section) ? 'an empty list' : describe(section)}`,
    );
    return [];
  }
  const steps: Step[] = [];
  const applied = new Map<string, number>();
  const reached = new Set<string>();
  const rejected: ActionContext['rejected'] = new Map();
  let state = initialState(context);
  for (const [index, value] of section.entries()) {
    const path = ['steps', index];
    const fields = readFields(value, path, complain, 'a step like { apply: deny-all, expect: ... }');
    if (fields === undefined) continue;
    refuseUnknownKeys(fields, [...verbs, 'expect', ...operationKeys], path, complain);
    const used = verbs.filter((verb) => fields[verb] !== undefined);
    const [verb, second] = used;
    if (verb === undefined) complain(path, `a step does one of ${verbs.join(', ')}`);
    else if (second !== undefined)
      complain([...path, second], `a step does one thing: \`${verb}\` or \`${second}\``, 'key');
    if (verb === undefined) continue;
    const action = readActions(verb, fields[verb], [...path, verb], {
      ...context,
      state,
      applied,
      reached,
      rejected,
      beside: fields,
    });
    state = applyAction(state, action, context);
    steps.push({
      action,
      ...(inheritsGrids(action)
        ? { expect: inheritGrids(fields, path, section[index - 1], steps.at(-1), complain) }
        : readAfterwards(fields, path, action, state, context)),
      line: context.keyPosition([...path, verb]).line,
    });
  }
  refuseUnreached({ policies, channel, reached, rejected, complain }, asksApiServer(steps));
  return steps;
};

const readAfterwards = (
  fields: Fields,
  path: Path,
  action: Action,
  state: State,
  context: StepContext,
): Omit<Step, 'action' | 'line'> => {
  const { expect } = fields;
  for (const key of isOperation(action) ? [] : operationKeys)
    if (fields[key] !== undefined)
      context.complain([...path, key], `\`${key}\` stands only in a step that is an operation`, 'key');
  return expect === undefined
    ? { expect: [] }
    : readExpectations(expect, [...path, 'expect'], action, state, context);
};

/** Reads `expect`: what the API server must have stored, who must be ready, and grids of the pods that run after the step. */
const readExpectations = (
  value: unknown,
  path: Path,
  action: Action,
  state: State,
  context: StepContext,
): Pick<Step, 'expect' | 'stored' | 'ready'> => {
  const { complain, pods } = context;
  const { stored, ready, ...drawings } = isFields(value) ? value : {};
  const running = pods
    .filter(({ id }) => state.pods.has(id) && !state.completed.has(id))
    .map((pod) => ({ ...pod, labels: state.pods.get(pod.id) ?? pod.labels }));
  const isAboutGrids = (stored === undefined && ready === undefined) || Object.keys(drawings).length > 0;
  return {
    expect: isAboutGrids
      ? readGrids(isFields(value) ? drawings : value, path, { ...context, pods: running })
      : [],
    ...(ready !== undefined && { ready: readReady(ready, [...path, 'ready'], running, complain) }),
    ...(stored !== undefined && {
      stored: readStored(
        stored,
        [...path, 'stored'],
        action,
        complain,
        (place) => context.keyPosition(place).line,
      ),
    }),
  };
};
