import { InputError, UsageError } from '../../errors.ts';
import { readLimits } from '../monitor/settings.ts';
import { collectProblems } from '../more-flags.ts';
import { proveScenarios } from '../run-command.ts';
import { readCommandLine } from '../selection.ts';
import { readJourneys } from './journeys.ts';
import { replayScenarios } from './replay.ts';
import { listSome } from '../words.ts';

const command = 'system replay';
/** What a component delivers is sent at once and comes one by one: its first policy isolates before the others allow. */
const usualLoss = '500ms';

/**
 * `netpol system replay`: the orders of an upgrade, made on a cluster. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const systemReplayCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags } = readCommandLine(command, argv);
  const { problems, complain } = collectProblems(flags);
  const number = (flag: string, usual: number, most: number): number => {
    const value = flags[flag] ?? String(usual);
    if (typeof value === 'string' && /^\d+$/.test(value) && Number(value) <= most) return Number(value);
    complain(flag, `a number from 0 to ${most}`);
    return usual;
  };
  const orders = number('orders', 5, 1000);
  const seed = number('seed', 1, 2 ** 31 - 1);
  const { lossMs, leakMs } = readLimits({ 'max-loss': usualLoss, ...flags }, complain);
  if (problems.length > 0)
    throw new InputError('The command line is not usable:', problems, 'npm start -- system replay --help');
  const { system, from, to, own, outcomes } = await readJourneys(command, positionals, flags);
  const options = { from, to, own, orders, seed, limits: { lossMs, leakMs } };
  const all = outcomes.flatMap(({ pair, journey, result }) =>
    replayScenarios(system, journey, result, { ...options, mode: pair }),
  );
  const only = typeof flags['only'] === 'string' ? flags['only'] : undefined;
  const scenarios = all.filter(({ name }) => only === undefined || name.endsWith(`/${only}`));
  if (scenarios.length === 0 && all.length > 0)
    throw new UsageError({
      subject: 'there is no such order for `--only`',
      wanted: listSome([...new Set(all.map(({ name }) => name.replace(/^.*\//, '')))]),
      ...(only !== undefined && { got: only }),
    });
  if (scenarios.length === 0)
    throw new UsageError({
      subject: 'no order to make: nothing is wrong in any of them',
      wanted: '`--orders` of 1 or more',
      next: 'npm start -- system upgrade says the same without a cluster',
    });
  return proveScenarios({ command: command.split(' '), argv, config }, scenarios);
};
