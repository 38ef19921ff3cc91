import type { Config } from '../../config.ts';
import type { CaseRecord } from '../../report/record.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { checkScenario, type CheckContext } from '../check.ts';
import { explore, type Explored, type Find } from './explore.ts';
import { keepHosts } from './hosts.ts';
import { createPlace, type Place } from './try.ts';
import { reduce, type Isolate, type Reduced } from './reduce.ts';
import { openLanes, type Lanes } from '../lanes.ts';
import { startCluster, type Choice } from '../providers.ts';

type FuzzSettings = {
  provider: Choice['provider'];
  config: Config;
  /** Marks what is created, as in a run. */
  run: string;
  seed: number;
  /** How many worlds at most. */
  count: number;
  /** How many seconds at most, without the time to start and to prove a find; see `reduceTime`. */
  seconds: number;
  signal: AbortSignal;
};

export type FuzzListener = {
  note: (line: string) => void;
  /** Told when the lanes are open. */
  begin: (lanes: number) => void;
  /** Told after each world with the number of those that are done. */
  onWorld: (done: number) => void;
  onFind: (find: Find) => void;
};

export type Fuzzed = Pick<Explored, 'done' | 'doubted' | 'untold'> & {
  milliseconds: number;
  /** The find, made as small as it got; and others that did not fail again on a cluster of their own. */
  find?: Reduced & Pick<Find, 'index'>;
  unrepeated: (Reduced & Pick<Find, 'index'>)[];
};

/** How long a find is made smaller, in milliseconds: at most so long, and not beyond the given time, but at least so long. */
const reduceTime = { most: 30_000, least: 5000 };

/** What a change may take at least while a find is made smaller, in milliseconds. */
const hastyBudget = { lab: 100, kind: 1000, existing: 1000 };

/** Lanes in the lab: most of a world is waiting for silence. */
const labLanes = 4;

/**
 * Random worlds through the oracle and through the plugin on a cluster, until one shows a difference, or there is no
 * more to do. In the lab a find that does not fail on a cluster of its own does not end the search.
 * @throws ClusterError, EnvironmentError or UsageError where the cluster does not start
 */
export const fuzz = async (settings: FuzzSettings, listener: FuzzListener): Promise<Fuzzed> => {
  const { provider, seed, count, seconds, signal } = settings;
  const isolate = provider === 'lab' ? createIsolate(settings) : undefined;
  const fuzzed: Fuzzed = { done: 0, doubted: 0, untold: [], unrepeated: [], milliseconds: 0 };
  let until: number | undefined;
  for (let from = 0; from < count;) {
    await using lanes = await open(settings, listener);
    const began = performance.now();
    until ??= began + seconds * 1000;
    const places = lanes.grounds.map(createPlace);
    const explored = await explore(places, lanes.context, {
      ...{ seed, from, to: count, until, signal, budget: 3 * hastyBudget[provider] },
      onWorld: (done) => listener.onWorld(fuzzed.done + done),
      ...(isolate !== undefined && { isolate }),
    });
    fuzzed.done += explored.done;
    fuzzed.doubted += explored.doubted;
    fuzzed.untold.push(...explored.untold);
    fuzzed.milliseconds += performance.now() - began;
    const { find } = explored;
    if (find === undefined || signal.aborted) break;
    listener.onFind(find);
    const foundAt = performance.now();
    const reduced = await reduce(find, places, lanes.context, {
      until: Math.min(foundAt + reduceTime.most, Math.max(until, foundAt + reduceTime.least)),
      budget: hastyBudget[provider],
      isolate,
    });
    if (reduced.isAlone !== false) return { ...fuzzed, find: { ...reduced, index: find.index } };
    const { status, message = '' } = await proveAgain(find, places, lanes.context);
    if (status === 'fail') fuzzed.unrepeated.push({ ...reduced, index: find.index });
    else if (status === 'error') fuzzed.untold.push({ index: find.index, message });
    else fuzzed.doubted += 1;
    from = find.index + 1;
  }
  return fuzzed;
};

/** With all patience, where the plugin remembers what came before: a busy machine is no difference. */
const proveAgain = async (
  { scenario }: Find,
  [place]: readonly Place[],
  context: CheckContext,
): Promise<CaseRecord> => {
  if (place === undefined) throw new RangeError('a cluster without lanes');
  return (await checkScenario(scenario, place.ground, context)).record;
};

const open = async (
  { provider, config, run, signal }: FuzzSettings,
  { note, begin }: FuzzListener,
): Promise<Lanes> => {
  const cluster = keepHosts(await startCluster(provider, config, { run, log: note, signal }));
  const lanes = config.lanes === 0 && provider === 'lab' ? labLanes : config.lanes;
  const opened = await openLanes(cluster, { ...config, lanes }, signal, note);
  begin(opened.grounds.length);
  return provider === 'lab' || opened.grounds.length < 2
    ? opened
    : { ...opened, context: shared(opened.context) };
};

/** Worlds are tried side by side, and of one kind of policy a cluster has but one. */
const shared = (context: CheckContext): CheckContext => ({
  ...context,
  lacks: { BaselineAdminNetworkPolicy: 'all lanes share the only one', ...context.lacks },
});

/** A lab takes a second, and one that has seen nothing else is the only witness that a scenario fails alone. */
const createIsolate =
  ({ config, run, signal }: FuzzSettings): Isolate =>
  async (scenario: Scenario, budget = config.settleBudgetMs) => {
    const quiet = (): void => {};
    const cluster = await startCluster('lab', config, { run, log: quiet, signal });
    await using lanes = await openLanes(cluster, { lanes: 1, settleBudgetMs: budget }, signal, quiet);
    const [ground] = lanes.grounds;
    if (ground === undefined) throw new RangeError('a cluster without lanes');
    return await checkScenario(scenario, ground, lanes.context);
  };
