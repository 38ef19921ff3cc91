import { expect } from 'chai';
import { changesInPlace, layoutOf } from '../../../helpers/report/layout.ts';

const terminal = { write: () => {}, isTTY: true, columns: 60 };
const pipe = { write: () => {} };

describe('the layout of what is printed', () => {
  it('is as wide as the terminal, 120 columns at most, and 100 where nobody knows', () => {
    expect(layoutOf(terminal, {}).width).to.equal(60);
    expect(layoutOf({ ...terminal, columns: 300 }, {}).width).to.equal(120);
    expect(layoutOf({ ...terminal, columns: 0 }, {}).width).to.equal(100);
    expect(layoutOf(pipe, {}).width).to.equal(100);
  });

  it('is coloured on a terminal that knows colours, and nowhere else', () => {
    expect(layoutOf(terminal, {}).colour).to.equal(true);
    expect(layoutOf(terminal, { TERM: 'dumb' }).colour).to.equal(false);
    expect(layoutOf(pipe, {}).colour).to.equal(false);
  });

  it('has no colour where NO_COLOR is not empty, whatever it says', () => {
    for (const value of ['1', '0', 'false'])
      expect(layoutOf(terminal, { NO_COLOR: value }).colour).to.equal(false);
    expect(layoutOf(terminal, { NO_COLOR: '' }).colour).to.equal(true);
    expect(layoutOf(terminal, { NODE_DISABLE_COLORS: '1' }).colour).to.equal(false);
  });

  it('lets FORCE_COLOR win, as Node does', () => {
    for (const value of ['', '1', 'true', '2', '3'])
      expect(layoutOf(pipe, { FORCE_COLOR: value, NO_COLOR: '1' }).colour, value).to.equal(true);
    for (const value of ['0', 'false'])
      expect(layoutOf(terminal, { FORCE_COLOR: value }).colour, value).to.equal(false);
  });

  it('changes lines in place on terminals that can do that only, with or without colour', () => {
    expect(changesInPlace(terminal, { NO_COLOR: '1' })).to.equal(true);
    expect(changesInPlace(terminal, { TERM: 'dumb' })).to.equal(false);
    expect(changesInPlace(pipe, { FORCE_COLOR: '1' })).to.equal(false);
  });
});
