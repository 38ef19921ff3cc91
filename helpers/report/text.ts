import { styleText } from 'node:util';
import type { Status } from './record.ts';

/** How text is laid out: columns of the terminal, and whether it may be coloured (the caller honours NO_COLOR). */
export type Layout = { width: number; colour: boolean };

type Style = 'green' | 'red' | 'magenta' | 'yellow' | 'bold' | 'dim';

export const statusStyles: Readonly<Record<Status, Style>> = {
  pass: 'green',
  fail: 'red',
  error: 'magenta',
  skip: 'yellow',
};

/** Colours a text that has its final place already: colour codes would count as columns. */
export const paint = (text: string, style: Style, { colour }: Layout): string =>
  colour ? styleText(style, text, { validateStream: false }) : text;

/** Breaks a text at spaces. Every line but the first starts with `hang` spaces; words are never cut: they are copied. */
export const wrap = (text: string, width: number, first: string, hang: number): string[] => {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(/\s+/).filter((word) => word !== '')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(hang);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line.trimEnd()];
};

/** Like `wrap` for a text of several lines, each of which keeps its own start, and its spaces where it fits. */
export const wrapLines = (text: string, width: number): string[] =>
  text.split('\n').flatMap((line) => {
    const start = line.length - line.trimStart().length;
    return line.length <= width ? [line.trimEnd()] : wrap(line, width, ' '.repeat(start), start + 2);
  });

/** Cuts the end off, with three dots. */
export const cutEnd = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;

/** Cuts leading folders off a name: its end says most. */
export const cutFolders = (name: string, width: number): string => {
  if (name.length <= width) return name;
  const room = Math.max(1, width - 3);
  const starts = [...name.matchAll(/\//g)]
    .map(({ index }) => index)
    .filter((start) => name.length - start <= room);
  return `...${name.slice(starts[0] ?? name.length - room)}`;
};

/** Lines of two columns; the second wraps under itself where there is room for that, else it stands below the first. */
export const formatRows = (
  rows: readonly (readonly [string, string])[],
  width: number,
  indent: number,
): string[] => {
  const room = Math.max(0, ...rows.map(([left]) => left.length));
  const hang = indent + room + 2;
  const isBeside = width - hang >= 50 || rows.every(([, right]) => hang + right.length <= width);
  return rows.flatMap(([left, right]) => {
    const start = ' '.repeat(indent) + left;
    if (isBeside) return wrap(right, width, start.padEnd(hang), hang);
    const above = start.length <= width ? [start] : wrap(left, width, ' '.repeat(indent), indent + 4);
    return [...above, ...(right === '' ? [] : wrap(right, width, ' '.repeat(indent + 2), indent + 2))];
  });
};

/** Two blocks of lines beside each other where both fit, else one below the other. */
export const placeSideBySide = (
  left: readonly string[],
  right: readonly string[],
  width: number,
): string[] => {
  const gap = 5;
  const room = widest(left) + gap;
  if (room + widest(right) > width) return [...left, '', ...right];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
    `${(left[index] ?? '').padEnd(room)}${right[index] ?? ''}`.trimEnd(),
  );
};

/** `1 case`, `3 cases`. */
export const countOf = (number: number, noun: string, many = `${noun}s`): string =>
  `${number} ${number === 1 ? noun : many}`;

export const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map((line) => line.length));

/** `0.21 s`, `12.3 s`, `3 min 4 s`. */
export const formatSeconds = (milliseconds: number): string => {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

/** `about 40 s left`: as rough as an estimate is, and never less than 5 s, which nobody would read in time. */
export const formatTimeLeft = (milliseconds: number): string => {
  const seconds = Math.max(5, Math.ceil(milliseconds / 5000) * 5);
  if (seconds <= 60) return `about ${seconds} s left`;
  if (seconds <= 120) return `about ${Math.ceil(seconds / 10) * 10} s left`;
  return `about ${Math.max(2, Math.round(milliseconds / 60_000))} min left`;
};

/** `34 ms`, `1.4 s`: times to settle, where milliseconds matter. */
export const formatSettle = (milliseconds: number): string =>
  milliseconds < 999.5 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** Takes out what a terminal or a parser would obey: escape sequences and control characters but tab and line feed. */
export const removeControls = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|(?![\t\n])[\u0000-\u001f\u007f-\u009f]/g, '');
