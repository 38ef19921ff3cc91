import type { Labels } from '../../kube/types.ts';
import type { Action, Scenario, Step } from '../../scenario/scenario.ts';
import { drawGrids, questionsOf } from './grids.ts';
import { repair } from './repair.ts';

/** All labels that pods of a lane have had, by the short name of the pod. */
export type LabelHistory = ReadonlyMap<string, Labels>;

/** The history with what a scenario gave its pods, at first and in its steps. */
export const remember = (history: LabelHistory, { pods, steps }: Scenario): LabelHistory => {
  const labels = new Map(history);
  const add = (id: string, more: Labels): void => void labels.set(id, { ...labels.get(id), ...more });
  for (const pod of pods) add(pod.id, pod.labels);
  for (const { action } of steps)
    if (action.verb === 'label') for (const [id, more] of Object.entries(action.labels)) add(id, more);
  return labels;
};

/**
 * What may have to come first so that a find fails alone: its pods have all the labels that they ever had, and lose
 * them in the first steps. Undefined where they have had no others.
 */
export const recall = (scenario: Scenario, history: LabelHistory): Scenario | undefined => {
  const inside = scenario.pods.filter(({ addresses }) => addresses === undefined);
  const earlier = new Map(inside.map(({ id, labels }) => [id, { ...labels, ...history.get(id) }]));
  const actions: Action[] = [
    {
      verb: 'unlabel',
      keys: Object.fromEntries(
        inside.map(({ id, labels }) => [
          id,
          Object.keys(earlier.get(id) ?? {}).filter((key) => !(key in labels)),
        ]),
      ),
    },
    { verb: 'label', labels: Object.fromEntries(inside.map(({ id, labels }) => [id, labels])) },
  ];
  const before = actions.map((action): Step => ({ action, expect: [], line: 1 }));
  const recalled = repair({
    ...scenario,
    pods: scenario.pods.map((pod) => ({ ...pod, labels: earlier.get(pod.id) ?? pod.labels })),
    steps: [...before, ...scenario.steps],
  });
  return recalled.steps.length === scenario.steps.length
    ? undefined
    : drawGrids(recalled, questionsOf(scenario));
};
