/** A few items, one a line, and how many more there are. */
export const listSome = (items: readonly string[]): string =>
  items.length <= 8
    ? items.join('\n          ')
    : [...items.slice(0, 8), `and ${items.length - 8} more`].join('\n          ');

/** Milliseconds to a tenth. */
export const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** `1.2 s`: since then, as `performance.now` counts. */
export const secondsSince = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
