import { expect } from 'chai';
import { help } from '../../../helpers/run/help.ts';
import { formatHelp } from '../../../helpers/run/help-text.ts';

describe('help', () => {
  const pages = [[], ...Object.keys(help).map((name) => name.split(' '))];
  /** Words and usages are copied, so they are never cut. */
  const isCopied = (line: string): boolean =>
    !line.trim().includes(' ') || /^ {0,2}(netpol|--|npm start|[a-z]+ .*[A-Z]{2})/.test(line);

  for (const columns of [40, 60, 100])
    it(`stays inside ${columns} columns, but for what is copied`, () => {
      for (const words of pages) {
        const lines = formatHelp(words, columns).split('\n');
        expect(lines.filter((line) => line.length > columns && !isCopied(line))).to.deep.equal([]);
      }
    });

  it('says the same in few columns as in many', () => {
    const wordsAt = (columns: number): string[] => formatHelp(['run'], columns).split(/\s+/);
    expect(wordsAt(40)).to.deep.equal(wordsAt(100));
  });
});
