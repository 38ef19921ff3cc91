import type { Output } from './live.ts';
import type { Layout } from './text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Longer lines are hard to read; and what is no terminal is read somewhere where nobody knows how wide it is. */
const widest = 120;
const usual = 100;

/** The layout of what is printed to `output`. */
export const layoutOf = (output: Output, environment: Environment = process.env): Layout => ({
  // Some terminals say that they have no columns.
  width: Math.min(widest, output.columns || usual),
  colour: wantsColour(output, environment),
});

/** Columns for sentences of what may be searched line by line: in a pipe they stay whole. */
export const widthOfText = (output: Output): number =>
  output.isTTY === true ? layoutOf(output).width : Number.POSITIVE_INFINITY;

/**
 * Whether to colour, as Node itself decides: FORCE_COLOR wins where it is set, and any value but empty, `true`, 1, 2 or 3
 * forces no colour; then NO_COLOR and NODE_DISABLE_COLORS forbid it where they are not empty; then it takes a terminal
 * that knows more than letters.
 * @see https://no-color.org
 * @see https://nodejs.org/api/tty.html#writestreamgetcolordepthenv
 */
const wantsColour = (output: Output, environment: Environment): boolean => {
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return ['', 'true', '1', '2', '3'].includes(forced);
  const isForbidden = [environment['NO_COLOR'], environment['NODE_DISABLE_COLORS']].some(Boolean);
  return !isForbidden && changesInPlace(output, environment);
};

/** Whether lines that were printed can be taken back. */
export const changesInPlace = (output: Output, environment: Environment = process.env): boolean =>
  output.isTTY === true && environment['TERM'] !== 'dumb';
