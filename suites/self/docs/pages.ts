import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../netpol.ts';

/** One Markdown file; `file` is below the root. */
export type Page = { file: string; text: string };

/** A fenced block: its language, its lines, and the number of the first one. */
export type Block = { language: string; lines: string[]; line: number };

/** What a reader would type, in one line, and the exit code that the page promises. */
export type Command = { file: string; line: number; command: string; exitCode: number };

export const readPages = async (): Promise<Page[]> => {
  const written = await Array.fromAsync(glob('docs/**/*.md', { cwd: root }));
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'BENCHMARKS.md', ...written.toSorted()];
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8') })));
};

export const blocksOf = ({ text }: Page): Block[] => {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: fence[1] ?? '', lines: [], line: index + 2 };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
};

/** The text without what stands in fenced blocks; line numbers stay. */
export const proseOf = ({ text }: Page): string => {
  let isOpen = false;
  const lines = text.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isOpen = !isOpen;
    return isOpen || isFence ? '' : line;
  });
  return lines.join('\n');
};

/** All commands of `sh` blocks, with lines that end in `\` joined. `# exits 1` behind one promises another code than 0. */
export const commandsOf = (page: Page): Command[] =>
  blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ lines, line }) => {
      const commands: Command[] = [];
      let begun: { line: number; text: string } | undefined;
      for (const [index, words] of lines.entries()) {
        const [, own = '', comment = ''] = /^(.*?)(?:(?:^|\s)#\s(.*))?$/.exec(words) ?? [];
        const text: string = `${begun?.text ?? ''}${own.trim()}`;
        const from: number = begun?.line ?? line + index;
        begun = text.endsWith('\\') ? { line: from, text: text.slice(0, -1) } : undefined;
        if (begun !== undefined || text === '') continue;
        const exitCode = Number(/^exits (\d+)/.exec(comment)?.[1] ?? 0);
        commands.push({ file: page.file, line: from, command: text, exitCode });
      }
      return commands;
    });

/** Anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (page: Page): string[] => {
  const seen = new Map<string, number>();
  return [...proseOf(page).matchAll(/^#{1,6}\s+(.*)$/gm)].map(([, title = '']) => {
    const anchor = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
};

/** Targets of links and images, in Markdown, also by definitions at the end, and in HTML. */
export const linksOf = (page: Page): { target: string; line: number }[] =>
  proseOf(page)
    .split('\n')
    .flatMap((line, index) => {
      const markdown = [...line.matchAll(/\]\(([^)\s]+)\)/g)];
      const html = [...line.matchAll(/(?:src|srcset|href)="([^"]+)"/g)];
      const definitions = [...line.matchAll(/^\[[^\]]+\]: (\S+)$/g)];
      return [...markdown, ...html, ...definitions].map(([, target = '']) => ({ target, line: index + 1 }));
    });
