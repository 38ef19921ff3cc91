import { cutEnd } from './text.ts';

/** The part of a stream that is needed; `process.stdout` is one. */
export type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** Lines that stay, and on a terminal one line below them that changes in place. */
export type Live = {
  /** Prints whole lines above the progress line. */
  print(text: string): void;
  /** Changes the progress line; does nothing where the output is not a terminal. */
  progress(text: string): void;
  /** Takes the progress line away. */
  close(): void;
};

const clearLine = '\r\u001b[K';

export const openLive = (output: Output): Live => {
  let shown = '';
  const replace = (text: string): void => {
    if (text === shown) return;
    output.write(`${shown === '' ? '' : clearLine}${text}`);
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
      if (output.isTTY === true) replace(cutEnd(text, (output.columns || 80) - 1));
    },
    close: () => replace(''),
  };
};
