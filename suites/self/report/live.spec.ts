import { expect } from 'chai';
import { openLive } from '../../../helpers/report/live.ts';

const openScreen = (isTTY: boolean) => {
  let written = '';
  const output = { isTTY, columns: 20, write: (text: string) => void (written += text) };
  return { live: openLive(output), written: () => written };
};

/** What a terminal would show: `\r` and the code that clears a line start the line anew. */
const shown = (text: string): string[] =>
  text.split('\n').map((line) => line.split('\r\u001b[K').at(-1) ?? '');

describe('live progress', () => {
  it('keeps the progress line below the lines that stay', () => {
    const { live, written } = openScreen(true);
    live.progress('1/2');
    live.print('pass  a');
    live.progress('2/2');
    expect(shown(written())).to.deep.equal(['pass  a', '2/2']);
    live.close();
    expect(shown(written())).to.deep.equal(['pass  a', '']);
  });

  it('writes nothing where nothing changed', () => {
    const { live, written } = openScreen(true);
    live.progress('1/2');
    const before = written();
    live.progress('1/2');
    expect(written()).to.equal(before);
  });

  it('cuts the progress line before the last column', () => {
    const { live, written } = openScreen(true);
    live.progress('x'.repeat(40));
    expect(shown(written())[0]).to.have.length(19);
  });

  it('writes plain lines only where the output is no terminal', () => {
    const { live, written } = openScreen(false);
    live.progress('1/2');
    live.print('pass  a');
    live.print('pass  b\n');
    live.close();
    expect(written()).to.equal('pass  a\npass  b\n');
  });
});
