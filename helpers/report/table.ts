import { widest, wrap } from './text.ts';

/** A row of a table: a name, a word in each column, and what needs a sentence. */
export type Row = { name: string; words: readonly string[]; about?: string };

/** Rows below a title that stands in the line of the headings. */
export type Section = { title: string; rows: readonly Row[] };

/** The least room in which a sentence stands beside its row; below that it goes under it. */
const leastRoom = 30;

const indent = 2;

/**
 * Sections of rows whose columns line up over all of them. Sentences wrap in the room that the columns leave, or stand
 * below their rows. Names and words are never cut: they are copied.
 */
export const formatTable = (
  sections: readonly Section[],
  headings: readonly string[],
  width: number,
): string[] => {
  const rows = sections.flatMap((section) => section.rows);
  const nameWidth = Math.max(
    widest(sections.map(({ title }) => title)),
    indent + widest(rows.map(({ name }) => name)),
  );
  const widths = headings.map((heading, column) =>
    widest([heading, ...rows.map(({ words }) => words[column] ?? '')]),
  );
  const line = (name: string, words: readonly string[]): string =>
    [name.padEnd(nameWidth), ...words.map((word, column) => word.padEnd(widths[column] ?? 0))].join('  ');
  const start = line('', headings).length + 2;
  const isBeside = width - start >= leastRoom;
  return sections.flatMap(({ title, rows }) => [
    line(title, headings).trimEnd(),
    ...rows.flatMap(({ name, words, about = '' }) => {
      const cells = line(' '.repeat(indent) + name, words);
      if (about === '') return [cells.trimEnd()];
      if (isBeside) return wrap(about, width, `${cells}  `, start);
      return [cells.trimEnd(), ...wrap(about, width, ' '.repeat(indent * 2), indent * 2)];
    }),
  ]);
};
