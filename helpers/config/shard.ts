/** One of `count` parts of a suite; `index` counts from 1. */
export type Shard = { index: number; count: number };

/** What `--shard` takes, in words. */
export const wantedShard = 'I/N with I from 1 to N, such as 2/8';

/** The shard that `2/8` means; undefined where it means none. */
export const parseShard = (text: string): Shard | undefined => {
  const found = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text);
  if (found === null) return undefined;
  const [index, count] = [Number(found[1]), Number(found[2])];
  return index <= count ? { index, count } : undefined;
};
