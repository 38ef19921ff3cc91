import type { Cluster } from '../cluster/cluster.ts';
import type { Mutant } from '../reference/mutants.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { skipReason } from './skip-reason.ts';
import { openSession, type Session } from './session.ts';

/** What became of one mutant: the scenarios that failed on it, or why nothing can be said. */
export type Fate = {
  mutant: string;
  killedBy: string[];
  errors: string[];
  /** Why the scenario that it names could not be tried. */
  skipped?: string;
  tried: number;
  milliseconds: number;
};

type TryOptions = {
  /** Run all scenarios, not only until one fails. */
  thorough: boolean;
};

/** Opens what that many scenarios run on, with the plugin that is to be tried. */
type OpenSession = (scenarios: number) => Promise<Session>;

/** Milliseconds that a change may take: enough for the unharmed plugin, as the control run shows. */
const settleBudgetMs = { lab: 1500, kind: 5000, existing: 5000 };

/**
 * A session on a started cluster, see `openSession`, that waits for a mutant no longer than it must. One that violates
 * nothing (`survives`) has as long as any plugin: its lateness may be all that there is to see.
 */
export const openTrial = (
  cluster: Cluster,
  lanes: number,
  scenarios: number,
  { survives }: Pick<Mutant, 'survives'> = {},
): Promise<Session> => {
  const budget = survives === undefined ? settleBudgetMs[cluster.environment.provider] : 0;
  return openSession(cluster, { lanes, settleBudgetMs: budget, scenarios }, () => {});
};

/**
 * The same session for one plugin after the other: its pods stay, the plugin is exchanged. Disposing of what is opened does
 * nothing, disposing of the whole ends the session.
 * @throws TypeError where the cluster cannot exchange its plugin
 */
export const keepPods = (
  session: Session,
): AsyncDisposable & { open: (plugin: string) => Promise<Session> } => {
  const { exchangePlugin } = session.cluster;
  if (exchangePlugin === undefined)
    throw new TypeError(`no plugin is exchanged on ${session.cluster.environment.provider}`);
  return {
    open: async (plugin) => {
      await exchangePlugin(plugin);
      return { ...session, [Symbol.asyncDispose]: async () => {} };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

/**
 * Runs scenarios on a plugin until one fails. Only a fail kills: an error says nothing about the plugin.
 * The scenario that the mutant names comes first and alone; only where it does not fail, the others tell which of them
 * would, those that need the mutant's feature before the rest. A mutant that spoils the baseline of all that comes
 * after gets a new cluster for every scenario.
 */
export const tryPlugin = async (
  open: OpenSession,
  scenarios: readonly Scenario[],
  mutant: Pick<Mutant, 'name' | 'feature' | 'killedBy' | 'spoilsBaseline'>,
  options: TryOptions,
): Promise<Fate> => {
  const began = performance.now();
  const fate: Fate = { mutant: mutant.name, killedBy: [], errors: [], tried: 0, milliseconds: 0 };
  for (const batch of planBatches(scenarios, mutant, options)) {
    await runBatch(open, batch, fate, { ...options, named: mutant.killedBy });
    if (fate.skipped !== undefined || isDecided(fate, options)) break;
  }
  return { ...fate, milliseconds: Math.round(performance.now() - began) };
};

/** The scenarios in the order in which they are tried; those of one batch share a cluster. */
export const planBatches = (
  scenarios: readonly Scenario[],
  { feature, killedBy, spoilsBaseline }: Pick<Mutant, 'feature' | 'killedBy' | 'spoilsBaseline'>,
  { thorough }: Pick<TryOptions, 'thorough'>,
): Scenario[][] => {
  const named = scenarios.filter(({ name }) => name === killedBy);
  const others = scenarios.filter(({ name }) => name !== killedBy);
  const isNear = (scenario: Scenario): boolean => (scenario.features as string[]).includes(feature);
  const ordered = [...others.filter(isNear), ...others.filter((scenario) => !isNear(scenario))];
  if (spoilsBaseline) return [...named, ...ordered].map((scenario) => [scenario]);
  return (thorough ? [[...named, ...ordered]] : [named, ordered]).filter((batch) => batch.length > 0);
};

/** What the fate of a mutant means: whether all is as it must be, and in words. `scenarios`: those that could be tried. */
export const judgeFate = (
  { killedBy, survives }: Pick<Mutant, 'killedBy' | 'survives'>,
  fate: Pick<Fate, 'killedBy' | 'tried' | 'skipped'>,
  scenarios: readonly Pick<Scenario, 'name'>[],
): { isRight: boolean; words: string } => {
  const killers = fate.killedBy.join(', ');
  if (survives !== undefined)
    return killers === ''
      ? { isRight: true, words: survives }
      : { isRight: false, words: `KILLED by ${killers}, but ${survives}` };
  if (fate.skipped !== undefined)
    return { isRight: false, words: `NOT TRIED by ${killedBy}, which it names: ${fate.skipped}` };
  const isNamed = killedBy !== undefined && scenarios.some(({ name }) => name === killedBy);
  if (!isNamed)
    return { isRight: killers !== '', words: killers === '' ? 'SURVIVED' : `killed by ${killers}` };
  if (fate.killedBy.includes(killedBy)) return { isRight: true, words: `killed by ${killers}` };
  const others = killers === '' ? `and ${fate.tried - 1} others` : `but not ${killers}`;
  return { isRight: false, words: `SURVIVED ${killedBy}, which it names, ${others}` };
};

const isDecided = ({ killedBy }: Fate, { thorough }: TryOptions): boolean => killedBy.length > 0 && !thorough;

const runBatch = async (
  open: OpenSession,
  batch: readonly Scenario[],
  fate: Fate,
  { named, ...options }: TryOptions & { named: string | undefined },
): Promise<void> => {
  await using session = await open(batch.length);
  const able = batch.filter((scenario) => {
    const reason = skipReason(scenario, session.context);
    if (reason !== undefined && scenario.name === named) fate.skipped = reason;
    return reason === undefined;
  });
  session.schedule(able);
  for (const scenario of able) {
    const { record } = await session.result(scenario);
    fate.tried += 1;
    if (record.status === 'fail') fate.killedBy.push(record.name);
    if (record.status === 'error') fate.errors.push(`${record.name}: ${record.message?.split('\n')[0]}`);
    if (isDecided(fate, options)) return;
  }
};
