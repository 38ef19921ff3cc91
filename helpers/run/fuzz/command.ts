import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { InputError, messageOf, type Problem } from '../../errors.ts';
import { redact } from '../../report/redact.ts';
import { requireRoom } from '../../report/write.ts';
import { fuzz, type Fuzzed } from './fuzz.ts';
import { openFuzzScreen } from './screen.ts';
import { writeFind } from './find.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { refuseFilters } from '../more-flags.ts';
import { installPrograms } from '../programs.ts';
import { chooseProvider } from '../providers.ts';
import { readCommandLine } from '../selection.ts';
import { createRunName } from '../session.ts';

/**
 * `netpol fuzz`: random worlds against the oracle. Everything is checked before a cluster is started.
 * Returns the exit code. @throws NetpolError before the first world; nothing is left behind then
 */
export const fuzzCommand = async (argv: readonly string[]): Promise<number> => {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  try {
    const fuzzed = await run(argv, signal);
    return signal.aborted ? 130 : exitCodeOf(fuzzed);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (error !== signal.reason) console.error(redact(`netpol: ${messageOf(error)}`));
    return 130;
  }
};

/** 2 wins over 1: what could not be told may hide what failed. No world at all proves nothing. */
export const exitCodeOf = ({ done, untold, find, unrepeated }: Fuzzed): number => {
  if (untold.length > 0 || done === 0) return 2;
  return find === undefined && unrepeated.length === 0 ? 0 : 1;
};

/** Worlds that are tried where neither their number nor the time is given. */
const usualCount = 200;

/** About as long as a scenario that is found. */
const usualFind = ' '.repeat(10_000);

const run = async (argv: readonly string[], signal: AbortSignal): Promise<Fuzzed> => {
  const { config, positionals, flags } = readCommandLine('fuzz', argv);
  const { seed, count, seconds } = readNumbers(flags, positionals);
  const name = createRunName();
  const directory = config.output === '' ? join('results', name) : config.output;
  const { provider, because } = await chooseProvider(config);
  const chosen = ['--provider', provider, ...(config.plugin === '' ? [] : ['--plugin', config.plugin])];
  const screen = openFuzzScreen(process.stdout, { results: directory, flags: chosen }, { seed, count });
  screen.note(`provider ${provider}: ${because}`);
  requireRoom(directory, usualFind);
  if (provider === 'lab') await installPrograms(screen.note);
  const fuzzed = await fuzz({ provider, config, run: name, seed, count, seconds, signal }, screen);
  const { find = fuzzed.unrepeated[0] } = fuzzed;
  if (find !== undefined) screen.tell(find, writeFind(directory, seed, find));
  screen.end(fuzzed, signal.aborted);
  return fuzzed;
};

const readNumbers = (
  flags: Readonly<Record<string, unknown>>,
  positionals: readonly string[],
): { seed: number; count: number; seconds: number } => {
  refuseFilters('fuzz', positionals);
  const problems: Problem[] = [];
  const read = (flag: string, least: number, absent: number): number => {
    const value = flags[flag];
    if (value === undefined) return absent;
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : -1;
    if (number < least || number >= 2 ** 31)
      problems.push({
        file: 'command line',
        message: `\`${flag}\`: wanted a whole number from ${least} to ${2 ** 31 - 1}, got ${JSON.stringify(value)}`,
      });
    return number;
  };
  const isTimed = flags['seconds'] !== undefined;
  const numbers = {
    seed: read('seed', 0, randomInt(2 ** 31)),
    count: read('count', 1, isTimed ? Number.POSITIVE_INFINITY : usualCount),
    seconds: read('seconds', 1, Number.POSITIVE_INFINITY),
  };
  if (problems.length > 0)
    throw new InputError('The command line is not usable:', problems, 'npm start -- fuzz --help');
  return numbers;
};
