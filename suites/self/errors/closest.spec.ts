import { expect } from 'chai';
import { closestOf, didYouMean } from '../../../helpers/errors/closest.ts';

const known = ['run', 'list', 'explain', 'system'];

const rows: [string, string | undefined][] = [
  ['rum', 'run'],
  ['rnu', 'run'],
  ['lsit', 'list'],
  ['--explan', 'explain'],
  ['Sistem', 'system'],
  ['lust', 'list'],
  ['prove', undefined],
  ['', undefined],
];

describe('A word that nobody knows', () => {
  for (const [word, meant] of rows)
    it(`\`${word}\` ${meant === undefined ? 'is like none' : `means ${meant}`}`, () => {
      expect(closestOf(word, known)).to.equal(meant);
    });

  it('is told with what is meant, or alone', () => {
    expect(didYouMean('rum', known)).to.equal(': did you mean `run`?');
    expect(didYouMean('prove', known)).to.equal('');
  });
});
