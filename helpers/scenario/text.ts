import type { Position } from '../matrix/grid.ts';

const gridKey = /^( *)(?:[a-z][a-z0-9-]* )*(?:ICMP|[A-Z]+\/\d+): \|(?=[-+]?\s*(?:#.*)?$)/;

/**
 * Writes `|2` where a scenario says `|` above a grid whose first line is indented more than the others: YAML would
 * take the indentation from that line and end the text at the next. Lines keep their numbers.
 */
export const completeIndentation = (text: string): string => {
  const lines = text.split('\n');
  return lines
    .map((line, index) => {
      const match = gridKey.exec(line);
      if (match === null) return line;
      const indentation = (match[1] ?? '').length;
      const depths = depthsBelow(lines, index, indentation);
      const least = Math.min(...depths) - indentation;
      if (depths.length === 0 || depths[0] === Math.min(...depths) || least > 9) return line;
      return `${match[0]}${least}${line.slice(match[0].length)}`;
    })
    .join('\n');
};

/** Where line 1, column 1 of a block of text stands in its file; for other text, where it begins. */
export const originOfText = (file: string, header: Position, content: string): Position => {
  const lines = file.split('\n');
  if (!/^[|>]/.test(lines[header.line - 1]?.slice(header.column - 1) ?? '')) return header;
  const contentLines = content.split('\n');
  const first = contentLines.findIndex((line) => line.trim() !== '');
  if (first < 0) return { line: header.line + 1, column: 1 };
  const shift = depthOf(lines[header.line + first] ?? '') - depthOf(contentLines[first] ?? '');
  return { line: header.line + 1, column: 1 + Math.max(0, shift) };
};

const depthsBelow = (lines: readonly string[], index: number, indentation: number): number[] => {
  const depths: number[] = [];
  for (const line of lines.slice(index + 1)) {
    if (line.trim() === '') continue;
    if (depthOf(line) <= indentation) break;
    depths.push(depthOf(line));
  }
  return depths;
};

const depthOf = (line: string): number => line.length - line.trimStart().length;
