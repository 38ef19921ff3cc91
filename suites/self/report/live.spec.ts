import { expect } from 'chai';
import { openLive } from '../../../helpers/report/live.ts';

const openScreen = (isTTY: boolean) => {
  let written = '';
  const output = { isTTY, columns: 20, write: (text: string) => void (written += text) };
  return { live: openLive(output), written: () => written };
};

/** What a terminal would show, which knows what is needed here: a new line, one up, and a line begun anew. */
const shown = (text: string): string[] => {
  const lines = [''];
  let at = 0;
  const named = text.replaceAll('\r\u001b[K', '<clear>').replaceAll('\u001b[A', '<up>');
  for (const piece of named.split(/(\n|<clear>|<up>)/)) {
    if (piece === '\n') lines[(at += 1)] ??= '';
    else if (piece === '<up>') at -= 1;
    else if (piece === '<clear>') lines[at] = '';
    else lines[at] = `${lines[at] ?? ''}${piece}`;
  }
  return lines;
};

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

  it('changes several lines in place, and leaves none of them behind', () => {
    const { live, written } = openScreen(true);
    live.progress('2 flows\n  a\n  b');
    live.print('| a word of the command');
    live.progress('1 flow\n  a');
    expect(shown(written())).to.deep.equal(['| a word of the command', '1 flow', '  a', '']);
    live.close();
    expect(shown(written()).join('')).to.equal('| a word of the command');
  });

  it('writes nothing where nothing changed', () => {
    const { live, written } = openScreen(true);
    live.progress('1/2');
    const before = written();
    live.progress('1/2');
    expect(written()).to.equal(before);
  });

  it('cuts each line that changes before the last column', () => {
    const { live, written } = openScreen(true);
    live.progress(`${'x'.repeat(40)}\n${'y'.repeat(40)}`);
    expect(shown(written()).map(({ length }) => length)).to.deep.equal([19, 19]);
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
