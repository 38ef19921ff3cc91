import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { missingImplementation, type ImplementationConfig } from '../config/implementation.ts';
import { messageOf } from '../errors.ts';
import { exitCodeOf, type RunRecord } from '../report/record.ts';
import { redact } from '../report/redact.ts';
import { replayFlags } from '../report/replay.ts';
import { countOf, formatSeconds } from '../report/text.ts';
import { openRunLog, type RunLog } from '../report/run-log.ts';
import type { RunStart } from '../report/run-record.ts';
import { requireRoom, writeEvidence } from '../report/write.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { declareCase } from './check.ts';
import { tellGitHub } from './github-step.ts';
import { skipReason } from './skip-reason.ts';
import { listenForInterrupts } from './interrupts.ts';
import { vacuousReason } from './lint.ts';
import { installPrograms } from './programs.ts';
import { chooseProvider, startCluster } from './providers.ts';
import { openScreen, type Screen } from './screen.ts';
import { keepShard, readCommandLine, selectSuite, type SelectedSuite } from './selection.ts';
import { createRunName, isClusterWide, openSession } from './session.ts';
import { loadSuite, runSuite, type SuiteRun } from './suite.ts';
import { tellCreations } from './told-cluster.ts';
import { readVersion } from './version.ts';

/**
 * `netpol run`: everything is read and checked, then a cluster is started, then the suite runs on it.
 * Returns the exit code.
 * @throws NetpolError before the first scenario; nothing is left behind then
 */
export const runCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals } = readCommandLine('run', argv);
  return proveSuite({ command: ['run'], argv, config }, async (note) => {
    // Loading the suite takes a moment, and silence looks like a hang.
    note('reading the suite');
    const suite = keepShard(await selectSuite(positionals, config), config.shard);
    for (const [filter, guesses] of suite.guessed ?? [])
      console.error(
        `netpol: no name, folder or feature is \`${filter}\`: taken as a part of ${countOf(guesses, 'name or title', 'names or titles')}`,
      );
    return { suite };
  });
};

/** A command as the user typed it, and the configuration that it means. */
type CommandLine = { command: readonly string[]; argv: readonly string[]; config: Config };

/** Selects what a command is about; `guests`: see `Cluster.openLane`. `open`: where it is proved, if not in lanes. */
type Select = (
  note: (line: string) => void,
) => Promise<{ suite: SelectedSuite; guests?: readonly string[]; open?: OpenSession }>;
type OpenSession = typeof openSession;

/**
 * Proves scenarios that are in no file, in the namespaces that they bring or where `open` finds them. Returns the exit code.
 * @throws NetpolError before the first scenario; nothing is left behind then
 */
export const proveScenarios = async (
  line: CommandLine,
  scenarios: readonly Scenario[],
  open?: OpenSession,
): Promise<number> =>
  proveSuite(line, async () => ({
    suite: { ...(await loadSuite([], scenarios)), skipped: new Map(), unasked: undefined },
    ...(open && { open }),
    guests: [...new Set(scenarios.flatMap(({ namespaces }) => namespaces.map((each) => each.name)))],
  }));

/**
 * Proves what `select` gives on the cluster of a command line, with record and reports. Returns the exit code.
 * @throws NetpolError before the first scenario; nothing is left behind then
 */
const proveSuite = async (line: CommandLine, select: Select): Promise<number> => {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  let hasBegun = false;
  try {
    const record = await run(line, select, signal, () => (hasBegun = true));
    return signal.aborted ? 130 : exitCodeOf(record);
  } catch (error) {
    if (!signal.aborted) throw error;
    // What the interrupt itself broke off is no news but for its first line: it may be what was left behind.
    if (error !== signal.reason) console.error(redact(`netpol: ${messageOf(error).split('\n')[0]}`));
    if (!hasBegun) console.error('netpol: interrupted before the first scenario: nothing was proved');
    return 130;
  }
};

const run = async (
  { command, argv, config }: CommandLine,
  select: Select,
  signal: AbortSignal,
  begin: () => void,
): Promise<RunRecord> => {
  const name = createRunName();
  const directory = config.output === '' ? join('results', name) : config.output;
  const { provider, because } = await chooseProvider(config);
  const flags = replayFlags({ environment: { provider }, config });
  const { quiet, verbose } = config;
  const screen = openScreen(process.stdout, { results: directory, flags, quiet, verbose });
  screen.note(`provider ${provider}: ${because}`);
  const { suite, guests, open = openSession } = await select(screen.note);
  const replaced = existsSync(join(directory, 'record.json'))
    ? ', where they replace those of an earlier run'
    : '';
  screen.note(`${describeSize(suite)}; results go to ${directory}/${replaced}`);
  const missing = missingImplementation(config);
  if (missing.length > 0) screen.note(`conformance.yaml will lack what ${missing.join(' ')} would say`);
  const declared = suite.scenarios.map(declareCase);
  requireRoom(directory, JSON.stringify(declared));
  if (provider === 'lab') await installPrograms(screen.note);
  signal.throwIfAborted();

  const began = performance.now();
  const started = await startCluster(provider, config, { run: name, log: screen.note, signal });
  screen.detail(`${provider} started in ${formatSeconds(performance.now() - began)}`);
  const cluster = verbose ? tellCreations(started, screen.detail) : started;
  // Those that run alone need no second lane.
  const side = suite.scenarios.filter((scenario) => !suite.skipped.has(scenario) && !isClusterWide(scenario));
  const scenarios = Math.max(1, side.length);
  await using session = await open(cluster, { ...config, scenarios, guests }, screen.note);
  signal.throwIfAborted();
  const skipped = new Map<Scenario, string>();
  for (const scenario of suite.scenarios) {
    const reason = suite.skipped.get(scenario) ?? skipReason(scenario, session.context);
    if (reason !== undefined) skipped.set(scenario, reason);
  }
  const log = openRunLog(directory, {
    run: name,
    version: await readVersion(),
    command: ['netpol', ...command, ...argv],
    startedAt: new Date().toISOString(),
    environment: { ...cluster.environment, families: [...session.context.families] },
    config: { ...config, lanes: session.lanes },
    ...describeImplementation(config),
    ...(suite.unasked !== undefined && { unasked: countUnasked(suite.unasked) }),
    ...(suite.shard && { shard: { ...suite.shard, selection: suite.shard.selection.map(declareCase) } }),
    declared,
  });
  begin();
  screen.begin(declared, session, cluster.environment);
  const suiteRun = { session, skipped, ...keepRecord(log, screen, directory) };
  const stopped = await runSuite(suite, suiteRun, signal).catch(messageOf);
  const aborted = stopped ?? (signal.aborted ? 'interrupted' : undefined);
  const vacuous = listVacuous(suite.scenarios.filter((scenario) => !skipped.has(scenario)));
  return log.close({ vacuous, ...(aborted !== undefined && { aborted }) }, (record) => {
    screen.end(record);
    tellGitHub(record, true);
  });
};

const describeSize = ({ scenarios, shard }: SelectedSuite): string =>
  shard === undefined
    ? countOf(scenarios.length, 'scenario')
    : `shard ${shard.index}/${shard.count}: ${scenarios.length} of ${shard.selection.length} scenarios`;

const describeImplementation = (config: ImplementationConfig): Pick<RunStart, 'implementation'> => {
  const { organization, project, url, contact, additionalInformation } = config;
  const version = config.implementationVersion;
  const implementation = { organization, project, url, version, contact, additionalInformation };
  const isEmpty = Object.values(implementation).every((value) => value.length === 0);
  return isEmpty ? {} : { implementation };
};

const countUnasked = (scenarios: readonly Scenario[]): NonNullable<RunRecord['unasked']> =>
  [...Map.groupBy(scenarios, ({ features }) => features.join(' ')).values()].map((alike) => ({
    features: [...(alike[0]?.features ?? [])],
    cases: alike.length,
  }));

/** Cases that a plugin which does nothing would pass, each with the reason. */
const listVacuous = (scenarios: readonly Scenario[]): RunRecord['vacuous'] =>
  scenarios.flatMap((scenario) => {
    const reason = vacuousReason(scenario);
    return reason === undefined ? [] : [{ name: scenario.name, reason }];
  });

/** Writes what the suite tells into the record and onto the screen. */
const keepRecord = (
  log: RunLog,
  screen: Screen,
  directory: string,
): Pick<SuiteRun, 'finished' | 'vanished'> => ({
  finished: (scenario, outcome) => {
    const entry =
      'skipped' in outcome
        ? { ...declareCase(scenario), status: 'skip' as const, message: outcome.skipped }
        : outcome.record;
    if ('evidence' in outcome && Object.keys(outcome.evidence).length > 0) {
      try {
        entry.evidence = writeEvidence(directory, entry.name, outcome.evidence);
      } catch (error) {
        // The verdict counts more than its evidence: it must not be lost with it.
        entry.message = `${entry.message ?? ''}\n${messageOf(error)}`;
      }
    }
    log.finish(entry);
    screen.finish(entry);
  },
  vanished: ({ name }, reason) => log.giveUp(name, reason),
});
