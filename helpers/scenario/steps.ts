import { readActions } from './actions.ts';
import { readGrids } from './grids.ts';
import { applyAction, initialState } from './world.ts';
import { describe, readFields, refuseUnknownKeys } from './reading.ts';
import type { Path, Position } from '../kube/yaml.ts';
import type { PolicyVersions } from './policy-documents.ts';
import type { Complain } from './reading.ts';
import type { ScenarioPod, ScenarioService, Step } from './scenario.ts';

export const verbs = ['apply', 'update', 'delete', 'label', 'unlabel', 'create', 'remove'] as const;
export type Verb = (typeof verbs)[number];

/** Everything that steps refer to. */
export type StepContext = {
  pods: readonly ScenarioPod[];
  services: readonly ScenarioService[];
  policies: readonly PolicyVersions[];
  complain: Complain;
  textOrigin: (path: Path, text: string) => Position;
  keyPosition: (path: Path) => Position;
};

/**
 * Reads the `steps` section and plays it through, so that each step is held against what exists when it runs.
 * Complains as well about policies and versions that no step reaches, by their place in the file.
 */
export const readSteps = (section: unknown, context: StepContext): Step[] => {
  const { complain, pods, policies } = context;
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
  let state = initialState(pods);
  for (const [index, value] of section.entries()) {
    const path = ['steps', index];
    const fields = readFields(value, path, complain, 'a step like { apply: deny-all, expect: ... }');
    if (fields === undefined) continue;
    refuseUnknownKeys(fields, [...verbs, 'expect'], path, complain);
    const used = verbs.filter((verb) => fields[verb] !== undefined);
    const [verb, second] = used;
    if (verb === undefined) complain(path, `a step does one of ${verbs.join(', ')}`);
    else if (second !== undefined)
      complain([...path, second], `a step does one thing: \`${verb}\` or \`${second}\``, 'key');
    if (verb === undefined) continue;
    const action = readActions(verb, fields[verb], [...path, verb], {
      pods,
      policies,
      state,
      applied,
      reached,
      complain,
    });
    state = applyAction(state, action, pods);
    const existing = pods
      .filter(({ id }) => state.pods.has(id))
      .map((pod) => ({ ...pod, labels: state.pods.get(pod.id) ?? pod.labels }));
    const expect =
      fields['expect'] === undefined
        ? []
        : readGrids(fields['expect'], [...path, 'expect'], { ...context, pods: existing });
    steps.push({ action, expect, line: context.keyPosition([...path, verb]).line });
  }
  refuseUnreached(policies, reached, complain);
  return steps;
};

const refuseUnreached = (
  policies: readonly PolicyVersions[],
  reached: ReadonlySet<string>,
  complain: Complain,
): void => {
  for (const { id, versions } of policies) {
    if (!reached.has(`${id} 0`)) {
      complain([], `no step applies policy ${id}`, versions[0]?.position);
      continue;
    }
    for (const [index, { position }] of versions.entries()) {
      if (!reached.has(`${id} ${index}`))
        complain([], `no \`update\` reaches version ${index + 1} of policy ${id}`, position);
    }
  }
};
