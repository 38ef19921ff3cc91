import { UsageError } from '../../errors.ts';
import { loadSystem } from '../../system/load.ts';
import { podsOf } from '../../system/lint.ts';
import { planJourney, type Journey } from '../../system/moves.ts';
import { modes, type Mode, type System } from '../../system/system.ts';
import { checkUpgrade, type UpgradeResult } from '../../system/upgrade.ts';
import { refuseFilters } from '../more-flags.ts';

/** A journey with the modes before and after it, and what the oracle says of all orders of its moves. */
export type Outcome = { pair: readonly [Mode, Mode]; journey: Journey; result: UpgradeResult };

/**
 * The journeys that `--system`, `--from`, `--to`, `--mode` and `--own-mode` mean.
 * @throws InputError, UsageError
 */
export const readJourneys = async (
  command: string,
  positionals: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<{
  system: System;
  from: string;
  to: string;
  own: ReadonlyMap<string, Mode>;
  outcomes: Outcome[];
}> => {
  refuseFilters(command, positionals);
  const read = (value: unknown, flag: string): string => {
    if (typeof value === 'string' && value !== '') return value;
    throw new UsageError({ subject: `\`--${flag}\` is missing`, next: `npm start -- ${command} --help` });
  };
  const system = await loadSystem(read(flags['system'], 'system'));
  const { releases } = system;
  const to = read(flags['to'] ?? releases.at(-1)?.name, 'to');
  // The first release comes from nowhere; a release that is not there is for planJourney to refuse.
  const found = releases.find(({ name }) => name === to);
  const from = read(flags['from'] ?? (found === undefined ? to : found.from), 'from');
  const own = readOwn(flags['own-mode']);
  const outcomes = readModes(read(flags['mode'] ?? modes.join(), 'mode')).map((pair): Outcome => {
    const journey = planJourney(system, { from, to, mode: pair, own });
    return { pair, journey, result: checkUpgrade(journey, podsOf(system)) };
  });
  return { system, from, to, own, outcomes };
};

/** `restricted,unrestricted`: two journeys; `unrestricted-restricted`: one that switches on the way. */
const readModes = (value: string): [Mode, Mode][] =>
  value.split(',').map((word) => {
    const [before, after = before] = word.split('-').map((name) => modes.find((mode) => mode === name));
    if (before !== undefined && after !== undefined) return [before, after];
    throw new UsageError({
      subject: '`--mode`',
      wanted: `${modes.join(' or ')}, both with a comma, or one-other for a switch on the way`,
      got: `\`${word}\``,
    });
  });

/** `dns=restricted,monitoring=unrestricted` */
const readOwn = (value: unknown): Map<string, Mode> =>
  new Map(
    (typeof value === 'string' ? value.split(',') : []).map((word) => {
      const [component = '', name] = word.split('=');
      const mode = modes.find((each) => each === name);
      if (mode !== undefined) return [component, mode];
      throw new UsageError({
        subject: '`--own-mode`',
        wanted: `COMPONENT=${modes.join(' or COMPONENT=')}`,
        got: `\`${word}\``,
      });
    }),
  );
