import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { writeEvidence } from '../../report/write.ts';
import type { CaseRecord } from '../../report/record.ts';
import type { Scenario, ScenarioPod } from '../../scenario/scenario.ts';
import { formatScenario } from '../../scenario/write.ts';
import type { Find } from './explore.ts';
import type { Reduced } from './reduce.ts';

/** What was found, as it lies on disk: the case under the name by which `run` finds its file, and the text of the file. */
export type WrittenFind = { entry: CaseRecord; text: string };

/**
 * Writes `<directory>/fuzz-<seed>.yaml`, which `netpol run` replays, and the evidence beside it.
 * What cannot be written is said in the case, so that the find is not lost with it.
 */
export const writeFind = (
  directory: string,
  seed: number,
  { scenario, checked, index }: Reduced & Pick<Find, 'index'>,
): WrittenFind => {
  const name = `fuzz-${seed}`;
  const file = join(directory, `${name}.yaml`);
  const { record, evidence } = checked;
  const [first] = record.steps.flatMap(({ grids }) =>
    grids.flatMap(({ differing, probe }) => differing.map((cell) => ({ ...cell, probe }))),
  );
  const title =
    first === undefined
      ? `World ${index} of seed ${seed} is as the oracle says`
      : `${first.from} ${first.want === 'deny' ? 'must not reach' : 'reaches'} ${first.to} on ${first.probe} (world ${index} of seed ${seed})`;
  const text = formatScenario({
    ...scenario,
    title,
    pods: scenario.pods.map((pod) => explainPod(pod, record)),
  });
  const entry: CaseRecord = { ...record, name: file, title, file };
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, text);
    if (Object.keys(evidence).length > 0) entry.evidence = writeEvidence(directory, name, evidence);
  } catch (error) {
    entry.message = `${entry.message ?? ''}\n${messageOf(error)}`;
  }
  return { entry, text };
};

const explainPod = (pod: ScenarioPod, { steps }: CaseRecord): Scenario['pods'][number] => {
  const cells = steps.flatMap(({ grids }) => grids.flatMap(({ differing }) => differing));
  const roles = [
    ...(cells.some(({ from }) => from === pod.id) ? ['asks'] : []),
    ...(cells.some(({ to }) => to === pod.id) ? ['is asked'] : []),
  ];
  return { ...pod, why: roles.length === 0 ? 'shows that a policy acts' : roles.join(' and ') };
};
