import { InputError, UsageError } from '../../errors.ts';
import type { MonitorLimits } from '../../report/monitor-record.ts';
import { collectProblems, type Complain } from '../more-flags.ts';

/** What `netpol monitor` is told beside the cluster and the scenario. Milliseconds where a name ends in `Ms`. */
export type MonitorSettings = {
  /** Undefined: as often as the number of flows allows. */
  intervalMs: number | undefined;
  limits: MonitorLimits;
  /** How long it goes on; undefined: until Ctrl-C or the command ends. */
  forMs: number | undefined;
  /** How many steps of the scenario are taken before; undefined: all. */
  step: number | undefined;
  /** Waited for; empty where there is none. */
  operation: readonly string[];
};

/** A blind second hides a leak of a second: more is said to be no result. */
const usual = { 'max-loss': '0ms', 'max-leak': '0ms', 'max-blind': '1s' } as const;

/** What stands behind `--` is the command, which has flags of its own. */
export const splitCommandLine = (argv: readonly string[]): { own: string[]; operation: string[] } => {
  const at = argv.indexOf('--');
  return at < 0
    ? { own: [...argv], operation: [] }
    : { own: argv.slice(0, at), operation: argv.slice(at + 1) };
};

/** @throws InputError with all problems of the flags at once, UsageError where flags and command do not fit */
export const readMonitorSettings = (
  flags: Readonly<Record<string, unknown>>,
  operation: readonly string[],
): MonitorSettings => {
  const { problems, complain } = collectProblems(flags);
  const time = (flag: string, usual: string): number => readTime(flags, flag, usual, complain);
  const intervalMs = flags['interval'] === undefined ? undefined : time('interval', '');
  if (problems.length === 0 && intervalMs !== undefined && (intervalMs < 5 || intervalMs > 10_000))
    complain('interval', '5ms to 10s');
  const forMs = flags['for'] === undefined ? undefined : time('for', '');
  // No flow would be probed, and all of them be right: most likely the unit was forgotten.
  if (problems.length === 0 && forMs !== undefined && forMs < 100)
    complain('for', '100ms or more, such as 2s');
  const step = flags['step'] === undefined ? undefined : Number(flags['step']);
  if (step !== undefined && !(Number.isInteger(step) && step >= 1)) complain('step', 'a number from 1');
  const limits = readLimits(flags, complain);
  if (problems.length > 0)
    throw new InputError('The command line is not usable:', problems, 'npm start -- monitor --help');
  if ((flags['until-exit'] === true) !== operation.length > 0) {
    throw new UsageError({
      subject: 'netpol monitor: a command to wait for',
      wanted: '`--until-exit -- COMMAND` or neither of them',
      next: 'npm start -- monitor --help',
    });
  }
  if (forMs !== undefined && operation.length > 0)
    throw new UsageError({
      subject: '`--for` and `--until-exit` together',
      wanted: 'one end: after a time, or with the command',
      next: '`--until-exit -- timeout TIME COMMAND` ends a command after a time',
    });
  return { intervalMs, limits, forMs, step, operation };
};

/** What `--max-loss`, `--max-leak` and `--max-blind` say. */
export const readLimits = (flags: Readonly<Record<string, unknown>>, complain: Complain): MonitorLimits => {
  const time = (flag: keyof typeof usual): number => readTime(flags, flag, usual[flag], complain);
  return { lossMs: time('max-loss'), leakMs: time('max-leak'), blindMs: time('max-blind') };
};

const readTime = (
  flags: Readonly<Record<string, unknown>>,
  flag: string,
  usual: string,
  complain: Complain,
): number => {
  const milliseconds = parseTime(flags[flag] ?? usual);
  if (milliseconds === undefined) complain(flag, 'a time like 500ms or 2s');
  return milliseconds ?? 0;
};

/** `500ms`, `2s`, `1.5m`; a number alone is milliseconds. */
const parseTime = (value: unknown): number | undefined => {
  const [, number, unit = 'ms'] =
    typeof value === 'string' ? (/^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(value) ?? []) : [];
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
};
