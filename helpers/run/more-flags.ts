import { UsageError } from '../errors.ts';

/** The values of a flag that may be there several times. @throws UsageError where one of them is missing */
export const listOf = (
  command: string,
  flags: Record<string, unknown>,
  flag: string,
): string[] | undefined => {
  const value = flags[flag];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''))
    return value as string[];
  throw new UsageError({ subject: `\`--${flag}\` lacks its value`, next: `netpol ${command} --help` });
};

/** The value of a flag. @throws UsageError where it is missing */
export const textOf = (command: string, flags: Record<string, unknown>, flag: string): string | undefined => {
  const value = flags[flag];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new UsageError({ subject: `\`--${flag}\` lacks its value`, next: `netpol ${command} --help` });
};
