import { expect } from 'chai';
import { formatHelp } from '../../../helpers/run/help-text.ts';
import { help } from '../../../helpers/run/help.ts';
import { commandsOf, proseOf, readPages } from './pages.ts';

const pages = await readPages();
const known = new Set(Object.keys(help).flatMap((name) => flagsIn(formatHelp(name.split(' '), 100))));

/** Flags that the pages name although no page of help does. */
const others: Record<string, string> = {
  '--help': 'of every command',
  '--program': 'of scripts/netpol.mjs, for programs of developers',
  '--version': 'why ours is called otherwise',
};

describe('flags in the documentation', () => {
  for (const page of pages.filter(({ file }) => file !== 'BENCHMARKS.md'))
    it(`exist, in the prose of ${page.file}`, () => {
      const quoted = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
      const foreign = /^(kubectl|docker|kind|git|cyclonus|go) /;
      const used = quoted.filter((code) => !foreign.test(code)).flatMap(flagsIn);
      expect(used.filter((flag) => !known.has(flag) && !(flag in others))).to.deep.equal([]);
    });

  it('belong to the command that they stand behind', () => {
    const spoken = pages.flatMap((page) => [
      ...commandsOf(page).map(({ command }) => command),
      ...[...proseOf(page).matchAll(/`(npm start -- [^`\n]+)`/g)].map(([, command = '']) => command),
    ]);
    expect(spoken.length).to.be.greaterThan(60);
    const misplaced = spoken.flatMap((command) => {
      const [, words = ''] = /^(?:npm start -- |netpol )(.*?)(?: -- .*)?$/.exec(command) ?? [];
      if (words === '' || words.startsWith('-')) return [];
      const [first = '', second = ''] = words.split(' ');
      const taken = new Set(flagsIn(formatHelp(first === 'system' ? [first, second] : [first], 100)));
      return flagsIn(words.replaceAll(/'[^']*'/g, ''))
        .filter((flag) => flag !== '--help' && !taken.has(flag))
        .map((flag) => `${command}: ${first} takes no ${flag}`);
    });
    expect(misplaced).to.deep.equal([]);
  });

  it('are excused only where a page names them', () => {
    const all = pages.map(({ text }) => text).join('\n');
    expect(Object.keys(others).filter((flag) => !all.includes(flag))).to.deep.equal([]);
  });
});

function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
}
