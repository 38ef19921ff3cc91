import { InputError, type Problem } from '../errors.ts';
import { readLimits } from './monitor-settings.ts';
import { proveScenarios } from './run-command.ts';
import { readCommandLine } from './selection.ts';
import { readJourneys } from './system-journeys.ts';
import { liveScenarios } from './system-replay.ts';

const command = 'system replay';

/**
 * `netpol system replay`: the orders of an upgrade, made on a cluster. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const systemReplayCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags } = readCommandLine(command, argv);
  const problems: Problem[] = [];
  const complain = (flag: string, wanted: string): void =>
    void problems.push({
      file: 'command line',
      message: `\`--${flag}\`: wanted ${wanted}, got ${JSON.stringify(flags[flag])}`,
    });
  const number = (flag: string, usual: number, most: number): number => {
    const value = flags[flag] ?? String(usual);
    if (typeof value === 'string' && /^\d+$/.test(value) && Number(value) <= most) return Number(value);
    complain(flag, `a number from 0 to ${most}`);
    return usual;
  };
  const orders = number('orders', 5, 1000);
  const seed = number('seed', 1, 2 ** 31 - 1);
  const { lossMs, leakMs } = readLimits(flags, complain);
  if (problems.length > 0) throw new InputError('The command line is not usable:', problems);
  const { system, from, to, outcomes } = await readJourneys(command, positionals, flags);
  const options = { from, to, orders, seed, limits: { lossMs, leakMs } };
  const scenarios = outcomes.flatMap(({ pair, journey, result }) =>
    liveScenarios(system, journey, result, { ...options, mode: pair }),
  );
  return proveScenarios({ command: command.split(' '), argv, config }, scenarios);
};
