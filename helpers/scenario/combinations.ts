/** The values of each axis of a space of cases. */
export type Axes = Readonly<Record<string, readonly string[]>>;

/** One value of each axis. */
export type Combination<Space extends Axes> = { readonly [Axis in keyof Space]: Space[Axis][number] };

/** Forbids the combinations in which every axis named here has one of the values named here. */
export type Forbidden<Space extends Axes> = {
  readonly [Axis in keyof Space]?: readonly Space[Axis][number][];
};

/** Rows tried for each row that is taken: more make fewer rows, and take longer. */
const attempts = 12;

/**
 * Few combinations in which every value occurs, and every two values of different axes occur together, as far as some
 * combination that is not forbidden has them; none is forbidden. The same arguments give the same rows in the same
 * order; another seed gives another choice. Greedy, a row at a time, as in AETG (Cohen et al., "The AETG system",
 * IEEE Transactions on Software Engineering 23, 1997): the row that brings most that was missing is taken.
 * @throws RangeError where an axis has no value or one twice, or where what is forbidden names none of them
 */
export const combinePairs = <const Space extends Axes>(
  axes: Space,
  forbidden: readonly Forbidden<Space>[] = [],
  seed = 1,
): Combination<Space>[] => {
  const space = readSpace(axes, forbidden);
  const random = createRandom(seed);
  const rows: Row[] = [];
  const missing = new Set(listPairs(space).filter((pair) => space.canBecome(space.rowOf(pair))));
  while (missing.size > 0) {
    const starts = [...missing];
    const tried = Array.from({ length: attempts }, () => {
      const start = starts[Math.floor(random() * starts.length)] as Pair;
      return complete(space, space.rowOf(start), missing, random);
    });
    const gains = tried.map((row) => pairsOf(space, row).filter((pair) => missing.has(pair)).length);
    const best = tried[gains.indexOf(Math.max(...gains))] as Row;
    for (const pair of pairsOf(space, best)) missing.delete(pair);
    rows.push(best);
  }
  return rows.map((row) => space.combinationOf(row) as Combination<Space>);
};

/** The number of a value on each axis; `open` where it is not chosen yet. */
type Row = readonly number[];
const open = -1;

/** Two values of two axes, or the same value twice: `first * values + second`, where values are numbered throughout. */
type Pair = number;

type Space = {
  sizes: readonly number[];
  /** How many values all axes before this one have. */
  offsets: readonly number[];
  values: number;
  /** Whether some combination that is not forbidden has what is chosen already. */
  canBecome(row: Row): boolean;
  rowOf(pair: Pair): Row;
  combinationOf(row: Row): Record<string, string>;
};

const readSpace = (axes: Axes, forbidden: readonly Forbidden<Axes>[]): Space => {
  const names = Object.keys(axes);
  const lists = names.map((name) => axes[name] ?? []);
  for (const [index, list] of lists.entries())
    if (list.length === 0 || new Set(list).size < list.length)
      throw new RangeError(`axis ${names[index]}: wanted values, each once, got [${list.join(', ')}]`);
  const sizes = lists.map(({ length }) => length);
  const offsets = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  const values = sizes.reduce((sum, size) => sum + size, 0);
  const rules = forbidden.map((rule) => readRule(rule, names, lists));
  const ruled = names.map((_, axis) => rules.some((rule) => rule.has(axis)));
  const known = new Map<string, boolean>();

  const canBecome = (row: Row): boolean => {
    const key = row.filter((_, axis) => ruled[axis]).join();
    const before = known.get(key);
    if (before !== undefined) return before;
    const axis = row.findIndex((value, index) => value === open && ruled[index]);
    const isBroken = rules.some((rule) => [...rule].every(([axis, some]) => some.has(row[axis] ?? open)));
    const can =
      !isBroken &&
      (axis < 0 ||
        Array.from({ length: sizes[axis] ?? 0 }).some((_, value) => canBecome(row.with(axis, value))));
    known.set(key, can);
    return can;
  };

  const axisOf = (value: number): number => offsets.findLastIndex((offset) => offset <= value);
  return {
    sizes,
    offsets,
    values,
    canBecome,
    rowOf: (pair) => {
      const row = names.map(() => open);
      for (const value of [Math.floor(pair / values), pair % values]) {
        const axis = axisOf(value);
        row[axis] = value - (offsets[axis] ?? 0);
      }
      return row;
    },
    combinationOf: (row) =>
      Object.fromEntries(names.map((name, axis) => [name, lists[axis]?.[row[axis] ?? open] ?? ''])),
  };
};

const readRule = (
  rule: Forbidden<Axes>,
  names: readonly string[],
  lists: readonly (readonly string[])[],
): Map<number, Set<number>> =>
  new Map(
    Object.entries(rule).map(([name, some = []]) => {
      const axis = names.indexOf(name);
      const numbers = some.map((value) => lists[axis]?.indexOf(value) ?? open);
      if (numbers.length === 0 || numbers.includes(open))
        throw new RangeError(`forbidden: ${name} has no value [${some.join(', ')}]`);
      return [axis, new Set(numbers)];
    }),
  );

const listPairs = ({ offsets, sizes, values }: Space): Pair[] =>
  sizes.flatMap((size, axis) =>
    range(size).flatMap((value) => {
      const first = (offsets[axis] ?? 0) + value;
      const itself = first * values + first;
      return [
        itself,
        ...range(values - (offsets[axis] ?? 0) - size).map((rest) => itself + size - value + rest),
      ];
    }),
  );

const pairsOf = ({ offsets, values }: Space, row: Row): Pair[] => {
  const chosen = row.flatMap((value, axis) => (value === open ? [] : [(offsets[axis] ?? 0) + value]));
  return chosen.flatMap((first, index) => chosen.slice(index).map((second) => first * values + second));
};

/** Chooses the open values one after the other, each so that it brings the most missing pairs. */
const complete = (space: Space, start: Row, missing: ReadonlySet<Pair>, random: () => number): Row => {
  let row = start;
  for (const axis of shuffle(range(row.length), random)) {
    if (row[axis] !== open) continue;
    const choices = shuffle(range(space.sizes[axis] ?? 0), random)
      .map((value) => row.with(axis, value))
      .filter(space.canBecome);
    const gains = choices.map((choice) => pairsOf(space, choice).filter((pair) => missing.has(pair)).length);
    row = choices[gains.indexOf(Math.max(...gains))] ?? row;
  }
  return row;
};

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

const shuffle = <Item>(items: readonly Item[], random: () => number): Item[] => {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as Item, shuffled[last] as Item];
  }
  return shuffled;
};

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
const createRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};
