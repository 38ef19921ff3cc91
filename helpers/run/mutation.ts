import type { Cluster } from '../cluster/cluster.ts';
import type { Mutant } from '../reference/mutants.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { skipReason } from './check.ts';
import { openSession } from './session.ts';

/** What became of one mutant: the scenarios that failed on it, or why nothing can be said. */
export type Fate = {
  mutant: string;
  killedBy: string[];
  errors: string[];
  tried: number;
  milliseconds: number;
};

export type TryOptions = {
  /** Run all scenarios, not only until one fails. */
  thorough: boolean;
  lanes: number;
};

/** Milliseconds that a change may take: enough for the unharmed plugin, as the control run shows. */
const settleBudgetMs = { lab: 1500, kind: 5000, existing: 5000 };

/**
 * Runs scenarios on a plugin until one fails. Only a fail kills: an error says nothing about the plugin.
 * Scenarios that need the mutant's feature come first. A mutant that spoils the baseline of all that comes after
 * gets a new cluster for every scenario.
 */
export const tryPlugin = async (
  start: () => Promise<Cluster>,
  scenarios: readonly Scenario[],
  { name, feature, spoilsBaseline }: Pick<Mutant, 'name' | 'feature' | 'spoilsBaseline'>,
  options: TryOptions,
): Promise<Fate> => {
  const began = performance.now();
  const fate: Fate = { mutant: name, killedBy: [], errors: [], tried: 0, milliseconds: 0 };
  const isNear = (scenario: Scenario): boolean => (scenario.features as string[]).includes(feature);
  const ordered = [...scenarios.filter(isNear), ...scenarios.filter((scenario) => !isNear(scenario))];
  const batches = spoilsBaseline ? ordered.map((scenario) => [scenario]) : [ordered];
  for (const batch of batches) {
    await runBatch(start, batch, fate, options);
    if (isDecided(fate, options)) break;
  }
  return { ...fate, milliseconds: Math.round(performance.now() - began) };
};

const isDecided = ({ killedBy }: Fate, { thorough }: TryOptions): boolean => killedBy.length > 0 && !thorough;

const runBatch = async (
  start: () => Promise<Cluster>,
  batch: readonly Scenario[],
  fate: Fate,
  options: TryOptions,
): Promise<void> => {
  const cluster = await start();
  const budget = settleBudgetMs[cluster.environment.provider];
  await using session = await openSession(
    cluster,
    { lanes: options.lanes, settleBudgetMs: budget },
    () => {},
  );
  const able = batch.filter((scenario) => skipReason(scenario, session.context) === undefined);
  session.schedule(able);
  for (const scenario of able) {
    const { record } = await session.result(scenario);
    fate.tried += 1;
    if (record.status === 'fail') fate.killedBy.push(record.name);
    if (record.status === 'error') fate.errors.push(`${record.name}: ${record.message?.split('\n')[0]}`);
    if (isDecided(fate, options)) return;
  }
};
