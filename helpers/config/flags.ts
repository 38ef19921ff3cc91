import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';
import { closestOf } from '../errors/closest.ts';
import { options, type Config } from '../config.ts';

/**
 * Splits a command line into flags and positionals.
 * @throws UsageError naming every unknown flag; a flag without its value comes back as `true`, which no setting takes
 */
export const parseFlags = (
  command: string,
  argv: readonly string[],
  known: readonly (keyof Config)[],
  more: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {},
): { flags: Record<string, unknown>; positionals: string[] } => {
  const described = Object.fromEntries(
    known.map((key) => [
      options[key].flag,
      {
        type: options[key].type === 'boolean' ? ('boolean' as const) : ('string' as const),
        multiple: options[key].type === 'list',
      },
    ]),
  );
  const all = { ...described, ...more, help: { type: 'boolean' as const, short: 'h' } };
  const parsed = parseArgs({
    args: [...argv],
    options: all,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const unknown = parsed.tokens.flatMap((token) =>
    token.kind === 'option' && !Object.hasOwn(all, token.name) ? [token.rawName] : [],
  );
  if (unknown.length > 0) {
    const known = Object.keys(all);
    const meant = unknown.map((flag) => closestOf(flag, known));
    const told = unknown.map((flag, index) =>
      meant[index] === undefined ? flag : `${flag}: did you mean \`--${meant[index]}\`?`,
    );
    throw new UsageError({
      subject: `netpol ${command}: unknown ${told.join(' ')}`,
      ...(meant.includes(undefined) && { wanted: `--${known.join(' --')}` }),
      next: `npm start -- ${command} --help`,
    });
  }
  return { flags: parsed.values, positionals: parsed.positionals };
};
