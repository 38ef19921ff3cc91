import { join } from 'node:path';
import { AssertionError } from 'chai';
import type { Cluster } from '../cluster/cluster.ts';
import { messageOf, UsageError } from '../errors.ts';
import { now } from '../probe/clock.ts';
import { openLive, type Live } from '../report/live.ts';
import { exitCodeOfMonitor, type MonitorRecord } from '../report/monitor-record.ts';
import { describeCommand, formatMonitor, formatMonitorProgress } from '../report/monitor-text.ts';
import { redact, redactCommand } from '../report/redact.ts';
import { writeMonitor } from '../report/write.ts';
import { formatSeconds, type Layout } from '../report/text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { formatAction } from '../scenario/world.ts';
import { proveSteps, type CheckContext } from './check.ts';
import { gridsFor } from './expected.ts';
import type { Ground } from './ground.ts';
import { listenForInterrupts } from './interrupts.ts';
import { openLanes } from './lanes.ts';
import { longestSilence, planFlows, watchFlows } from './monitor-flows.ts';
import { operate, pause } from './operation.ts';
import { readMonitorSettings, splitCommandLine, type MonitorSettings } from './monitor-settings.ts';
import { installPrograms } from './programs.ts';
import { chooseProvider, startCluster } from './providers.ts';
import { readCommandLine, selectSuite } from './selection.ts';
import { createRunName } from './session.ts';
import { skipReason } from './skip-reason.ts';
import { readVersion } from './version.ts';

/** What is watched where nobody says: both directions, both protocols, open and closed, on both nodes. */
const usualScenario = 'network-policy/isolation/replies-pass';

/**
 * `netpol monitor`: brings a cluster to where a scenario is proved, and from then on probes each of its flows over and
 * over, until a command ends, a time is over or Ctrl-C. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const monitorCommand = async (argv: readonly string[]): Promise<number> => {
  const { own, operation } = splitCommandLine(argv);
  const { config, positionals, flags } = readCommandLine('monitor', own);
  const settings = readMonitorSettings(flags, operation);
  const { scenarios } = await selectSuite(positionals.length > 0 ? positionals : [usualScenario], config);
  const scenario = cutSteps(scenarios, settings.step);
  using interrupts = listenForInterrupts('ending it with the result (again to stop at once)');
  const { signal } = interrupts;
  const live = openLive(process.stdout);
  const note = (line: string): void => live.print(redact(`netpol: ${line}`));
  try {
    const run = createRunName();
    const directory = config.output === '' ? join('results', run) : config.output;
    const { provider, because } = await chooseProvider(config);
    note(`provider ${provider}: ${because}`);
    if (provider === 'lab') await installPrograms(note);
    const cluster = await startCluster(provider, config, { run, log: note, signal });
    await using lanes = await openLanes(cluster, { ...config, lanes: 1 }, signal, note);
    const [ground] = lanes.grounds as [Ground];
    const lack = skipReason(scenario, lanes.context);
    if (lack !== undefined)
      throw new UsageError({
        subject: `${scenario.name} cannot be watched here`,
        got: lack,
        next: 'choose another scenario',
      });
    await prove(scenario, ground, lanes.context, note);
    const start = {
      run,
      command: redactCommand(['netpol', 'monitor', ...argv]),
      startedAt: new Date().toISOString(),
      tool: { name: 'netpol-conformance' as const, version: await readVersion() },
      environment: { ...cluster.environment, families: [...lanes.context.families] },
    };
    const watched = await watchScenario(
      scenario,
      { ground, cluster, context: lanes.context },
      settings,
      signal,
      live,
    );
    const record: MonitorRecord = { schemaVersion: 1, ...start, ...watched };
    writeMonitor(directory, record);
    live.print(redact(formatMonitor(record, directory, layoutOf())));
    return exitCodeOfMonitor(record);
  } catch (error) {
    live.close();
    if (error instanceof AssertionError) {
      console.error(redact(`netpol: the policies do not hold, so nothing was watched:\n${error.message}`));
      return 1;
    }
    if (!signal.aborted) throw error;
    if (error !== signal.reason) console.error(redact(`netpol: ${messageOf(error)}`));
    return 130;
  }
};

const layoutOf = (): Layout => ({
  width: Math.min(120, process.stdout.columns || 100),
  colour: process.stdout.isTTY && !process.env['NO_COLOR'],
});

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
  const steps = scenario.steps.slice(0, step);
  if (!steps.some(({ expect }) => expect.length > 0))
    throw new UsageError({
      subject: `${scenario.name} draws no grid until step ${steps.length}`,
      next: 'choose another --step',
    });
  return { ...scenario, steps };
};

const prove = async (
  scenario: Scenario,
  ground: Ground,
  context: CheckContext,
  note: (line: string) => void,
): Promise<void> => {
  const began = performance.now();
  await proveSteps(scenario, ground, context, []);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  note(`${scenario.name} holds after ${scenario.steps.length} of its steps (${seconds} s)`);
};

type Place = { ground: Ground; cluster: Cluster; context: CheckContext };
type Watched = Omit<
  MonitorRecord,
  'schemaVersion' | 'tool' | 'run' | 'command' | 'startedAt' | 'environment'
>;

const watchScenario = async (
  scenario: Scenario,
  { ground, cluster, context }: Place,
  { intervalMs, limits, forMs, operation }: MonitorSettings,
  signal: AbortSignal,
  live: Live,
): Promise<Watched> => {
  const last = scenario.steps.findLast(({ expect }) => expect.length > 0);
  const world = await ground.refresh();
  const flows = planFlows(gridsFor(last?.expect ?? [], context.families), world, ground);
  if (flows.length === 0)
    throw new UsageError({
      subject: `${scenario.name} has no flow to watch`,
      wanted: 'cells of TCP or UDP that are open or closed',
    });
  using watch = await watchFlows(flows, ground, intervalMs);
  const { from } = watch;
  const end = operation.length > 0 ? `until \`${describeCommand(operation)}\` ends` : formatTime(forMs);
  live.print(
    `netpol: watching ${flows.length} flows every ${intervalMs} ms, ${end}; Ctrl-C ends it with the result`,
  );
  const timer = setInterval(() => {
    // What is under way is not told yet.
    const told = now() - longestSilence - 700;
    if (told > from)
      live.progress(formatMonitorProgress(watch.flowsUntil(told), told - from, layoutOf()).join('\n'));
  }, 500);
  try {
    const done =
      operation.length > 0
        ? await operate(operation, cluster.commandEnvironment, signal, live)
        : await pause(forMs, signal);
    const to = now();
    await watch.stop();
    return {
      source: `${scenario.name} after step ${scenario.steps.length} (${last === undefined ? '' : formatAction(last.action)})`,
      durationMs: Math.round(to - from),
      intervalMs,
      limits,
      flows: watch.flowsUntil(to),
      clocks: [...watch.clocks()].map(([pod, clock]) => ({ pod, ...clock })),
      ...(done !== undefined && {
        operation: { ...done, fromMs: Math.round(done.fromMs - from), toMs: Math.round(done.toMs - from) },
      }),
    };
  } finally {
    clearInterval(timer);
    live.close();
  }
};

const formatTime = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? 'until somebody ends it' : `for ${formatSeconds(milliseconds)}`;
