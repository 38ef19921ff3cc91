import { join } from 'node:path';
import { AssertionError } from 'chai';
import type { Cluster } from '../../cluster/cluster.ts';
import { messageOf, UsageError } from '../../errors.ts';
import { now } from '../../probe/clock.ts';
import { layoutOf } from '../../report/layout.ts';
import { openLive, type Live } from '../../report/live.ts';
import { exitCodeOfMonitor, type MonitorRecord } from '../../report/monitor-record.ts';
import { describeCommand, formatMonitor, formatMonitorProgress } from '../../report/monitor-text.ts';
import { redact, redactCommand } from '../../report/redact.ts';
import { requireRoom, writeEvidence, writeMonitor } from '../../report/write.ts';
import { formatSeconds } from '../../report/text.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { gatherMoments } from '../moments.ts';
import { longestSilence, planFlows, watchFlows } from './flows.ts';
import { operate, pause } from '../operation.ts';
import { readMonitorSettings, splitCommandLine, type MonitorSettings } from './settings.ts';
import { chooseSource, type Stage } from './source.ts';
import { installPrograms } from '../programs.ts';
import { chooseProvider, startCluster } from '../providers.ts';
import { readCommandLine } from '../selection.ts';
import { createRunName } from '../session.ts';
import { readVersion } from '../version.ts';

/**
 * `netpol monitor`: brings a cluster to where a scenario is proved, and from then on probes each of its flows over and
 * over, until a command ends, a time is over or Ctrl-C. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const monitorCommand = async (argv: readonly string[]): Promise<number> => {
  const { own, operation } = splitCommandLine(argv);
  const { config, positionals, flags } = readCommandLine('monitor', own);
  const settings = readMonitorSettings(flags, operation);
  const openStage = await chooseSource(positionals, flags, config, settings.step);
  using interrupts = listenForInterrupts('ending it with the result (again to stop at once)');
  const { signal } = interrupts;
  const live = openLive(process.stdout);
  const note = (line: string): void => live.print(redact(`netpol: ${line}`));
  try {
    const run = createRunName();
    const directory = config.output === '' ? join('results', run) : config.output;
    requireRoom(directory, usualRecord);
    const { provider, because } = await chooseProvider(config);
    note(`provider ${provider}: ${because}`);
    if (provider === 'lab') await installPrograms(note);
    const cluster = await startCluster(provider, config, { run, log: note, signal });
    await using stage = await openStage(cluster, { config, signal, note });
    const start = {
      run,
      command: redactCommand(['netpol', 'monitor', ...argv]),
      startedAt: new Date().toISOString(),
      tool: { name: 'netpol-conformance' as const, version: await readVersion() },
      environment: {
        ...cluster.environment,
        families: [...new Set(stage.grids.map(({ kind }) => kind.family))],
      },
    };
    const { evidence, ...watched } = await watch(stage, cluster.commandEnvironment, settings, signal, live);
    const record: MonitorRecord = { schemaVersion: 1, ...start, ...watched };
    if (Object.keys(evidence).length > 0) record.evidence = evidenceFolder;
    try {
      writeMonitor(directory, record);
      if (record.evidence !== undefined) writeEvidence(directory, evidenceFolder, evidence);
    } finally {
      // The verdict counts more than its files: it must not be lost with them.
      live.print(redact(formatMonitor(record, directory, layoutOf(process.stdout))));
    }
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

/** Unless the user says otherwise, in milliseconds; and more where so many flows would keep a machine from all else. */
const usualIntervalMs = 20;
const probesPerMs = 2;

/** About as long as what a watch of some dozen flows writes. */
const usualRecord = ' '.repeat(100_000);

const evidenceFolder = 'evidence';

type Watched = Omit<
  MonitorRecord,
  'schemaVersion' | 'tool' | 'run' | 'command' | 'startedAt' | 'environment' | 'evidence'
> & { evidence: Record<string, string> };

const watch = async (
  { ground, world, grids, source, evidence }: Stage,
  environment: Cluster['commandEnvironment'],
  { intervalMs: askedMs, limits, forMs, operation }: MonitorSettings,
  signal: AbortSignal,
  live: Live,
): Promise<Watched> => {
  const flows = planFlows(grids, world, ground);
  if (flows.length === 0)
    throw new UsageError({
      subject: `${source}: there is no flow to watch`,
      wanted: 'cells of TCP or UDP that are open or closed',
    });
  const intervalMs = askedMs ?? Math.max(usualIntervalMs, Math.ceil(flows.length / probesPerMs));
  // A pause is told from two intervals on.
  if (askedMs === undefined && 2 * intervalMs > limits.blindMs)
    throw new UsageError({
      subject: `${flows.length} flows are too many to be seen every ${limits.blindMs} ms`,
      wanted: `${(probesPerMs * limits.blindMs) / 2} at most`,
      next: 'watch fewer (another scenario, fewer namespaces), or set --interval or --max-blind yourself',
    });
  using watched = await watchFlows(flows, ground, intervalMs);
  using moments = gatherMoments(watched, limits, evidence);
  const { from } = watched;
  const end = operation.length > 0 ? `until \`${describeCommand(operation)}\` ends` : formatTime(forMs);
  live.print(
    `netpol: watching ${flows.length} flows every ${intervalMs} ms, ${end}; Ctrl-C ends it with the result`,
  );
  const timer = setInterval(() => {
    // What is under way is not told yet.
    const told = now() - longestSilence - 700;
    if (told > from)
      live.progress(
        formatMonitorProgress(watched.flowsUntil(told), told - from, layoutOf(process.stdout)).join('\n'),
      );
  }, 500);
  try {
    const done =
      operation.length > 0 ? await operate(operation, environment, signal, live) : await pause(forMs, signal);
    const to = now();
    await watched.stop();
    return {
      source,
      durationMs: Math.round(to - from),
      intervalMs,
      limits,
      flows: watched.flowsUntil(to),
      evidence: await moments.files(),
      clocks: [...watched.clocks()].map(([pod, clock]) => ({ pod, ...clock })),
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
