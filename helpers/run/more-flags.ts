import { UsageError, type Problem } from '../errors.ts';

/** The values of a flag that may be there several times. @throws UsageError where one of them is missing */
export const listOf = (
  command: string,
  flags: Readonly<Record<string, unknown>>,
  flag: string,
): string[] | undefined => {
  const value = flags[flag];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''))
    return value as string[];
  throw new UsageError({ subject: `\`--${flag}\` lacks its value`, next: `npm start -- ${command} --help` });
};

/** The value of a flag. @throws UsageError where it is missing */
export const textOf = (
  command: string,
  flags: Readonly<Record<string, unknown>>,
  flag: string,
): string | undefined => {
  const value = flags[flag];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new UsageError({ subject: `\`--${flag}\` lacks its value`, next: `npm start -- ${command} --help` });
};

/** @throws UsageError */
export const refuseFilters = (command: string, positionals: readonly string[]): void => {
  if (positionals.length === 0) return;
  throw new UsageError({
    subject: `netpol ${command} takes no filter`,
    got: positionals.join(' '),
    next: `npm start -- ${command} --help`,
  });
};

/** Told of a flag what was wanted of it. */
export type Complain = (flag: string, wanted: string) => void;

/** Gathers what is wrong with the values of flags, so that all of it is told at once. */
export const collectProblems = (
  flags: Readonly<Record<string, unknown>>,
): { problems: Problem[]; complain: Complain } => {
  const problems: Problem[] = [];
  const complain: Complain = (flag, wanted) =>
    void problems.push({
      file: 'command line',
      message: `\`--${flag}\`: wanted ${wanted}, got ${JSON.stringify(flags[flag])}`,
    });
  return { problems, complain };
};
