import { changesInPlace } from './layout.ts';
import { cutEnd } from './text.ts';

/** The part of a stream that is needed; `process.stdout` is one. */
export type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** Lines that stay, and on a terminal some below them that change in place. */
export type Live = {
  /** Prints whole lines above those that change. */
  print(text: string): void;
  /** Changes the lines below; does nothing where the output is not a terminal that can do that. */
  progress(text: string): void;
  /** Takes the lines below away. */
  close(): void;
};

const clearLine = '\r\u001b[K';
const goUp = '\u001b[A';

export const openLive = (output: Output): Live => {
  let shown = '';
  const isLive = changesInPlace(output);
  const replace = (text: string): void => {
    if (text === shown) return;
    const above = shown.split('\n').length - 1;
    output.write(`${shown === '' ? '' : clearLine + (goUp + clearLine).repeat(above)}${text}`);
    shown = text;
  };
  return {
    print: (text) => {
      const below = shown;
      replace('');
      output.write(text.endsWith('\n') ? text : `${text}\n`);
      replace(below);
    },
    progress: (text) => {
      // Some terminals say that they have no columns. A line that reaches the last column wraps, and a wrapped line cannot be taken back.
      const cut = text.split('\n').map((line) => cutEnd(line, (output.columns || 80) - 1));
      if (isLive) replace(cut.join('\n'));
    },
    close: () => replace(''),
  };
};
