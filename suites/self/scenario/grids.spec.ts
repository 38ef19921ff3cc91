import { expect } from 'chai';
import { problemsOf, refuse, spoil } from './sample.ts';

/** The sample with another key above its first grid. */
const grid = (key: string): string => spoil(['      TCP/80: |\n', `      ${key}: |\n`]);

describe('a grid refuses', () => {
  refuse([
    [
      'unknown keys',
      grid('ICMP/80'),
      '12:7: `ICMP/80`: wanted TCP/80 or UDP/80, with `v4`, `v6`, `service`, `service-name` or `node-port` before it, or ICMP, or lookup',
    ],
    [
      'ports that do not exist',
      grid('TCP/99999'),
      '12:7: `TCP/99999`: wanted TCP/80 or UDP/80, with `v4`, `v6`, `service`, `service-name` or `node-port` before it, or ICMP, or lookup',
    ],
    [
      'what is no text',
      spoil(['      TCP/80: |\n', '      TCP/81: [x/a]\n      TCP/80: |\n']),
      '12:15: wanted a drawn grid, got a list',
    ],
    [
      'to be empty',
      spoil(['  - create: x/d', '  - create: x/d\n    expect: {}']),
      '18:13: `expect` holds no grid',
    ],
    [
      'unknown symbols, at their place',
      spoil(['        x/b   .', '        x/b   o']),
      '15:15: `o` is not a cell: wanted `.` allow, `X` deny, `-` not asserted or `?` undefined',
    ],
    [
      'short rows',
      spoil(['        x/b   .   -   .', '        x/b   .   -']),
      '15:9: row `x/b` has 2 cells under 3 columns',
    ],
    ['to leave out a pod', spoil(['        x/b   .   -   .\n', '']), '12:7: the grid lacks the row x/b'],
    [
      'to leave out a column',
      spoil([
        '             x/a x/b y/a\n        x/a   -   .   .\n        x/b   .   -   .\n        y/a   X   .   -\n',
        '             x/a x/b\n        x/a   -   .\n        x/b   .   -\n        y/a   X   .\n',
      ]),
      '12:7: the grid lacks the column y/a',
    ],
    [
      'pods that do not exist yet',
      spoil(['        y/a   X   .   -\n', '        y/a   X   .   -\n        x/d   X   X   X\n']),
      '17:9: row `x/d` is not a pod that exists at this step',
    ],
    [
      'ports that nobody listens on',
      grid('TCP/82'),
      '14:19: x/b does not listen on TCP/82: its cells can only be `-`',
      '14:23: y/a does not listen on TCP/82: its cells can only be `-`',
      '15:15: x/a does not listen on TCP/82: its cells can only be `-`',
    ],
    [
      'a kind that is drawn already',
      spoil([
        '  - create: x/d',
        '      v6 TCP/80: |\n             x/a x/b y/a\n        x/a   -   .   .\n        x/b   .   -   .\n        y/a   X   .   -\n  - create: x/d',
      ]),
      '17:7: `v6 TCP/80` is drawn by `TCP/80` already',
    ],
  ]);

  it('nothing where it has one drawing for each family', () => {
    const second =
      '      v6 TCP/80: |\n             x/a x/b y/a\n        x/a   -   .   .\n        x/b   .   -   .\n        y/a   X   .   -\n';
    expect(
      problemsOf(spoil(['TCP/80: |', 'v4 TCP/80: |'], ['  - create: x/d', `${second}  - create: x/d`])),
    ).to.deep.equal([]);
  });

  it('a scenario in which no step expects anything', () => {
    const silent = problemsOf(spoil()).length;
    const text = spoil().replaceAll(/ {4}expect:\n {6}TCP\/80: \|\n( {8}.*\n)+/g, '');
    expect([silent, ...problemsOf(text)]).to.deep.equal([
      0,
      '10:3: no step has an `expect`: the scenario claims nothing',
    ]);
  });
});
