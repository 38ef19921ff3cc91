import { AssertionError } from 'chai';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Config } from '../../config.ts';
import { InputError, UsageError, type Problem } from '../../errors.ts';
import type { Family, World } from '../../kube/world.ts';
import type { StepRecord } from '../../report/record.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { formatAction } from '../../scenario/world.ts';
import { loadSystem } from '../../system/load.ts';
import { modes } from '../../system/system.ts';
import { proveSteps } from '../check.ts';
import { gridsFor, type WantedGrid } from '../expected.ts';
import type { Ground } from '../ground.ts';
import {
  openGroundInPlace,
  proveInPlace,
  refuseIsolatedEnds,
  type GroundInPlace,
} from '../system/in-place.ts';
import { openLanes, patienceFor } from '../lanes.ts';
import { proveLive, standInForWorkloads } from './live-policies.ts';
import { listOf, textOf } from '../more-flags.ts';
import type { Patience } from '../observe.ts';
import { chooseProvider } from '../providers.ts';
import { selectSuite } from '../selection.ts';
import { skipReason } from '../skip-reason.ts';
import { inPlaceScenario, restrictedScenarios } from '../system/restricted.ts';
import { listSome, secondsSince } from '../words.ts';

/** A cluster in a state that was proved, and what each flow is to be in it. Disposing ends all of it. */
export type Stage = AsyncDisposable & {
  ground: Pick<Ground, 'prober' | 'teller' | 'realId' | 'shortId'>;
  world: World;
  grids: readonly WantedGrid[];
  /** What says so, in words. */
  source: string;
  /** See `Lane.evidence`. */
  evidence(): Promise<Record<string, string>>;
};

type OpenOptions = {
  config: Config;
  signal: AbortSignal;
  note: (line: string) => void;
};

/**
 * Brings a started cluster to where something is proved. The cluster is stopped where that fails, and with the stage.
 * @throws AssertionError where policies do not hold, NetpolError where that cannot be told
 */
type OpenStage = (cluster: Cluster, options: OpenOptions) => Promise<Stage>;

/** What is watched where nobody says: both directions, both protocols, open and closed, on both nodes. */
const usualScenario = 'network-policy/isolation/replies-pass';

/**
 * What `netpol monitor` watches: a scenario, a release of a system, one that is there, or what the live policies say.
 * @throws UsageError, InputError before anything is created
 */
export const chooseSource = async (
  positionals: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  config: Config,
  step: number | undefined,
): Promise<OpenStage> => {
  const name = textOf('monitor', flags, 'system');
  const selectors = listOf('monitor', flags, 'selector') ?? [];
  const [isInPlace, isLive] = [flags['in-place'] === true, flags['live'] === true];
  const mode = modes.find((each) => each === (flags['mode'] ?? modes[1]));
  const problems: Problem[] = [];
  const complain = (message: string): void => void problems.push({ file: 'command line', message });
  if ([positionals.length > 0, name !== undefined, isLive].filter(Boolean).length > 1)
    complain('one of SCENARIO, `--system` and `--live` says what is watched');
  if (mode === undefined)
    complain(`\`--mode\`: wanted ${modes.join(' or ')}, got ${JSON.stringify(flags['mode'])}`);
  if (name === undefined)
    for (const flag of ['release', 'mode', 'in-place'])
      if (flags[flag] !== undefined) complain(`\`--${flag}\` is about a \`--system\``);
  if (isLive && selectors.length === 0)
    complain('`--live` wants `--selector`: the namespaces whose pods are stood in for');
  if (!isLive && selectors.length > 0) complain('`--selector` is about `--live`');
  if (step !== undefined && (name !== undefined || isLive)) complain('`--step` is about a SCENARIO');
  if ((isInPlace || isLive) && (await chooseProvider(config)).provider !== 'existing')
    complain(
      `\`--${isLive ? 'live' : 'in-place'}\` wants a cluster of yours: \`--context\`, \`--kubeconfig\` or \`--provider existing\``,
    );
  if (problems.length > 0 || mode === undefined)
    throw new InputError('netpol monitor is not usable so:', problems, 'npm start -- monitor --help');
  if (isLive) return livePolicies(selectors);
  if (name === undefined) {
    const { scenarios } = await selectSuite(positionals.length > 0 ? positionals : [usualScenario], config);
    return scenarioStage(cutSteps(scenarios, step));
  }
  const system = await loadSystem(name);
  const release = textOf('monitor', flags, 'release') ?? system.releases.at(-1)?.name ?? '';
  if (isInPlace) return systemInPlace(inPlaceScenario(system, release, mode));
  const [scenario] = restrictedScenarios(system, release, mode);
  return scenarioStage(cutSteps(scenario === undefined ? [] : [scenario], undefined));
};

const cutSteps = (scenarios: readonly Scenario[], step: number | undefined): Scenario => {
  const [scenario] = scenarios;
  if (scenario === undefined || scenarios.length > 1)
    throw new UsageError({
      subject: 'netpol monitor watches one scenario',
      got: `${scenarios.length}: ${scenarios
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ')}${scenarios.length > 5 ? ', ...' : ''}`,
      next: 'npm start -- list',
    });
  const drawn = scenario.steps.findLastIndex(({ expect }) => expect.length > 0) + 1;
  const steps = scenario.steps.slice(0, step ?? drawn);
  if (steps.at(-1)?.expect.length === 0 || steps.length === 0)
    throw new UsageError({
      subject: `${scenario.name} draws no grid at step ${steps.length}`,
      next: 'choose another --step',
    });
  return { ...scenario, steps };
};

const gridsOfLast = ({ steps }: Scenario, families: readonly Family[]): WantedGrid[] =>
  gridsFor(steps.at(-1)?.expect ?? [], families);

/** Says how long it took to prove something; where it does not hold, which cells do not, and why they should. */
const noteProved = async <Proved>(
  what: string,
  note: (line: string) => void,
  prove: (records: StepRecord[]) => Promise<Proved>,
): Promise<Proved> => {
  const began = performance.now();
  const records: StepRecord[] = [];
  try {
    const proved = await prove(records);
    note(`${what} (${secondsSince(began)})`);
    return proved;
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    const cells = records
      .flatMap(({ grids }) => grids)
      .flatMap(({ probe, differing }) =>
        differing.map(
          ({ from, to, want, got, reason }) =>
            `${from} -> ${to} ${probe}: wanted ${want}, got ${got.outcome}: ${reason}`,
        ),
      );
    throw new AssertionError(`${error.message}:\n          ${listSome(cells)}`);
  }
};

const scenarioStage =
  (scenario: Scenario): OpenStage =>
  async (cluster, { config, signal, note }) => {
    await using stack = new AsyncDisposableStack();
    const guests = scenario.name.startsWith('system/')
      ? scenario.namespaces.map(({ name }) => name)
      : undefined;
    const lanes = stack.use(await openLanes(cluster, { ...config, lanes: 1, guests }, signal, note));
    const [ground] = lanes.grounds as [Ground];
    const lack = skipReason(scenario, lanes.context);
    if (lack !== undefined)
      throw new UsageError({
        subject: `${scenario.name} cannot be watched here`,
        got: lack,
        next: 'choose another scenario',
      });
    const { steps, name } = scenario;
    await noteProved(`${name} holds after ${steps.length} of its steps`, note, (records) =>
      proveSteps(scenario, ground, lanes.context, records),
    );
    const last = steps.at(-1);
    const world = await ground.refresh();
    const opened = stack.move();
    return {
      ...{ ground, world },
      grids: gridsOfLast(scenario, lanes.context.families),
      source: `${name} after step ${steps.length} (${last === undefined ? '' : formatAction(last.action)})`,
      evidence: ground.lane.evidence,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  };

/** Probe pods in place, that `open` brings; `prove` gives what each flow is to be. */
const stageInPlace =
  (
    source: string,
    open: (cluster: Cluster, note: OpenOptions['note']) => Promise<GroundInPlace>,
    prove: (
      ground: GroundInPlace,
      patience: Patience,
      records: StepRecord[],
      note: OpenOptions['note'],
    ) => Promise<WantedGrid[]>,
  ): OpenStage =>
  async (cluster, { config, signal, note }) => {
    await using stack = new AsyncDisposableStack();
    stack.use(cluster);
    const ground = stack.use(await open(cluster, note));
    const patience = { ...patienceFor(cluster, config), signal };
    const grids = await noteProved(`${source}: all as wanted`, note, (records) =>
      prove(ground, patience, records, note),
    );
    const opened = stack.move();
    return {
      ...{ ground, world: ground.world, grids, source },
      evidence: ground.place.evidence,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  };

const systemInPlace = (scenario: Scenario): OpenStage =>
  stageInPlace(
    scenario.name,
    (cluster) => openGroundInPlace(cluster, scenario.pods),
    async (ground, patience, records) => {
      const grids = gridsOfLast(scenario, ground.families);
      await proveInPlace(grids, ground, patience, records);
      refuseIsolatedEnds(records);
      return grids;
    },
  );

const livePolicies = (selectors: readonly string[]): OpenStage =>
  stageInPlace(
    `the policies of ${selectors.join(' ')}`,
    (cluster, note) => standInForWorkloads(cluster, selectors, note),
    proveLive,
  );
