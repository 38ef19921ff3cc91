import { expect } from 'chai';
import type { Family } from '../../../helpers/kube/world.ts';
import { skipReason } from '../../../helpers/run/skip-reason.ts';
import { baselineOf, gridsFor, targetFor } from '../../../helpers/run/expected.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { lintScenario } from '../../../helpers/run/lint.ts';
import { silenceAfter, type GridSeen } from '../../../helpers/run/observe.ts';
import { worldAt } from '../../../helpers/scenario/world.ts';
import { formatProbeKind } from '../../../helpers/matrix/matrix.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { scenarioOf, spoil } from '../scenario/sample.ts';

const step = '  - create: x/d';

/** The sample with one more grid in the first step, or in the last, where x/d exists. */
const first = (key: string, features: string, grid: string): Scenario =>
  scenarioOf(
    spoil(['[NetworkPolicy]', `[NetworkPolicy, ${features}]`], [step, `      ${key}: |2\n${grid}${step}`]),
  );
const last = (key: string, features: string, grid: string): Scenario =>
  scenarioOf(
    spoil(['[NetworkPolicy]', `[NetworkPolicy, ${features}]`], ['---\n', `      ${key}: |2\n${grid}---\n`]),
  );
const three = (b: string, y: string): string =>
  `             x/a x/b y/a\n        x/a   -   .   .\n        x/b   ${b}   -   .\n        y/a   ${y}   .   -\n`;
const four = (b: string, d: string): string =>
  `             x/a x/b y/a x/d\n        x/a   -   .   .   -\n        x/b   ${b}   -   .   -\n        y/a   -   .   -   -\n        x/d   ${d}   -   -   -\n`;

const lint = (scenario: Scenario): string[] => lintScenario(scenario).map(({ message }) => message);

const icmp = 'ICMP';
const established = 'EstablishedConnections';
const echo = `             x/a x/b y/a\n        x/a   -   -   -\n        x/b   ?   -   .\n        y/a   -   .   -\n`;

describe('lint of special traffic', () => {
  it('accepts echo as free with isolated pods, and refuses every verdict', () => {
    expect(lint(first('ICMP', icmp, echo))).to.deep.equal([]);
    expect(lint(first('ICMP', icmp, echo.replace('?', '.')))[0]).to.include(
      'x/b -> x/a ICMP: drawn allow, but the policies say undefined',
    );
    expect(lint(first('ICMP', icmp, echo.replace('?', 'X')))[0]).to.include('drawn deny');
  });

  it('judges established connections by the worlds before and after the step', () => {
    expect(lint(first('established TCP/80', established, three('?', '?')))).to.deep.equal([]);
    expect(lint(first('established TCP/80', established, three('?', 'X')))[0]).to.include(
      'y/a -> x/a established TCP/80: drawn deny, but the policies say undefined',
    );
  });

  it('refuses established connections that could not be opened before the step', () => {
    expect(lint(last('established TCP/80', established, four('?', '-')))).to.deep.equal([]);
    const closed = last('established TCP/80', established, four('?', '-').replace('y/a   -', 'y/a   ?'));
    expect(lint(closed)).to.have.length(1);
    expect(lint(closed)[0]).to.match(
      /^y\/a -> x\/a established TCP\/80: nothing can be established before this step, so the cell can only be `-`: x\/a is isolated/,
    );
  });

  it('refuses established connections of a pod that comes with the step', () => {
    const grid = `             x/a x/b y/a x/d\n        x/a   -   .   .   -\n        x/b   -   -   .   -\n        y/a   -   .   -   -\n        x/d   ?   -   -   -\n`;
    const text = spoil(
      ['[NetworkPolicy]', `[NetworkPolicy, ${established}]`],
      [`${step}\n`, `${step}\n    expect:\n      established TCP/80: |2\n${grid}`],
    );
    expect(lint(scenarioOf(text))[0]).to.include('x/d -> x/a established TCP/80: nothing can be established');
  });

  it('takes a cell that opens for no proof where other traffic was denied before', () => {
    const text = spoil(
      ['[NetworkPolicy]', '[NetworkPolicy, NetworkPolicyUDP, Fragments]'],
      ['x/b   X   -   .   .', 'x/b   -   -   .   .'],
      ['y/a   .   .   -   .', 'y/a   -   .   -   .'],
      ['x/d   X   .   .   -', 'x/d   -   .   .   -'],
      ['---\n', `      fragmented UDP/80: |2\n${four('-', '-').replace('y/a   -', 'y/a   .')}---\n`],
    );
    expect(lint(scenarioOf(text))).to.have.length(1);
    expect(lint(scenarioOf(text))[0]).to.include('nothing shows that a policy acts');
    const same = text.replace('      TCP/80: |\n', '      fragmented UDP/80: |\n');
    expect(lint(scenarioOf(same))).to.deep.equal([]);
  });
});

describe('the baseline', () => {
  it('asks for special traffic too, but not for connections that are opened later', () => {
    const kinds = (scenario: Scenario): string[] =>
      baselineOf(scenario, ['IPv4'], () => true).map(({ kind }) => formatProbeKind(kind));
    expect(kinds(first('ICMP', icmp, echo))).to.deep.equal(['v4 TCP/80', 'v4 ICMP']);
    expect(kinds(first('established TCP/80', established, three('?', '?')))).to.deep.equal(['v4 TCP/80']);
  });

  it('does not take the start of ping processes for slow answers', () => {
    const seen = (protocol: 'TCP' | 'ICMP'): GridSeen[] => [
      {
        kind: { target: 'pod', family: 'IPv4', protocol, port: 0 },
        want: { rows: ['x/a'], columns: ['x/b'], cells: ['allow'] },
        got: { rows: ['x/a'], columns: ['x/b'], cells: [{ outcome: 'connected', milliseconds: 40 }] },
        comparison: { differing: [], unknown: [], uncharacterised: [] },
      },
    ];
    expect(silenceAfter(seen('TCP'), { shortestSilence: 50 })).to.equal(200);
    expect(silenceAfter(seen('ICMP'), { shortestSilence: 50 })).to.equal(50);
  });
});

describe('a cell of special traffic', () => {
  const same = (id: string): string => id;
  const ground = { realId: same, shortId: same } as unknown as Ground;
  const targetOf = (scenario: Scenario, flows?: Parameters<typeof targetFor>[3]) => {
    const grid = gridsFor(scenario.steps[0]?.expect ?? [], ['IPv4']).at(-1);
    if (grid === undefined) throw new Error('no grid');
    return targetFor(grid, worldAt(scenario, 0), ground, flows);
  };

  it('needs no agent to answer itself where the kernel answers', () => {
    expect(targetOf(first('ICMP', icmp, echo)).servers('x/a')).to.deep.equal([]);
    const whole = first('fragmented UDP/80', 'NetworkPolicyUDP, Fragments', three('-', 'X'));
    expect(targetOf(whole).servers('x/a')).to.deep.equal([{ pod: 'x/a', port: 80 }]);
  });

  it('is asked over its flow where it is established, and only there', () => {
    const flows = { idOf: () => 'its flow' };
    const grid = first('established TCP/80', established, three('?', '?'));
    expect(targetOf(grid, flows).flowOf?.('x/b', 'x/a')).to.equal('its flow');
    expect(targetOf(first('ICMP', icmp, echo), flows).flowOf).to.equal(undefined);
  });
});

describe('a scenario with ICMP', () => {
  const skip = (scenario: Scenario, lacks: object): string | undefined => {
    const families: Family[] = ['IPv4'];
    return skipReason(scenario, { families, lacks });
  };

  it('is skipped where pods cannot send echo, with the reason; ICMP errors need no program', () => {
    const lacks = { icmp: 'no ping here' };
    expect(skip(first('ICMP', icmp, echo), lacks)).to.equal('no ping here');
    expect(skip(first('ICMP', icmp, echo), {})).to.equal(undefined);
    const errors = first('unreachable UDP/9', 'NetworkPolicyUDP, ICMP', echo);
    expect(skip(errors, lacks)).to.equal(undefined);
  });
});
