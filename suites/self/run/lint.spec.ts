import { expect } from 'chai';
import { lintScenario, vacuousReason } from '../../../helpers/run/lint.ts';
import { loadScenarios } from '../../../helpers/scenario/load.ts';
import { sample, scenarioOf, spoil } from '../scenario/sample.ts';

const lint = (text: string): string[] =>
  lintScenario(scenarioOf(text)).map(({ line, column, message }) => `${line}:${column ?? ''} ${message}`);

describe('lint against the oracle', () => {
  it('accepts a grid that the policies explain', () => {
    expect(lint(sample)).to.deep.equal([]);
  });

  it('refuses an allowed cell that the policies deny, with the place of the cell and the reason', () => {
    const [problem, ...others] = lint(spoil(['x/b   X   -   .   .', 'x/b   .   -   .   .']));
    expect(others).to.deep.equal([]);
    expect(problem).to.match(/^23:15 x\/b -> x\/a TCP\/80: drawn allow, but the policies say deny: .*x\/a/);
  });

  it('refuses a denied cell that the policies allow', () => {
    const [problem] = lint(spoil(['x/b   .   -   .', 'x/b   X   -   .']));
    expect(problem).to.match(/^15:15 x\/b -> x\/a TCP\/80: drawn deny, but the policies say allow/);
  });

  it('refuses an undefined cell where the API decides', () => {
    const [problem] = lint(spoil(['y/a   X   .   -', 'y/a   X   ?   -']));
    expect(problem).to.match(/^16:19 y\/a -> x\/b TCP\/80: drawn undefined, but the policies say allow/);
  });

  it('refuses a verdict where the API leaves it open', () => {
    const [problem] = lint(spoil(['x/a   -   .   .\n', 'x/a   .   .   .\n']));
    expect(problem).to.match(/^14:15 x\/a -> x\/a TCP\/80: drawn allow, but the policies say undefined/);
  });

  it('leaves cells alone that are not asserted', () => {
    expect(lint(spoil(['x/b   X   -   .   .', 'x/b   X   -   -   -']))).to.deep.equal([]);
  });

  it('names the family where a common grid is wrong for one only', () => {
    const text = spoil(
      ['features: [NetworkPolicy]', 'features: [NetworkPolicy, NetworkPolicyIPBlock]'],
      ['  x/d:', "  external/a: { why: outside, addresses: [203.0.113.1, '2001:db8:113::1'] }\n  x/d:"],
      ['x/a x/b y/a\n', 'x/a x/b y/a external/a\n'],
      ['x/a   -   .   .\n', 'x/a   -   .   .   .\n'],
      ['x/b   .   -   .\n', 'x/b   .   -   .   .\n'],
      ['y/a   X   .   -\n', 'y/a   X   .   -   .\n        external/a . . . -\n'],
      ['x/a x/b y/a x/d\n', 'x/a x/b y/a x/d external/a\n'],
      [
        'x/a   -   .   .   .\n        x/b   X   -   .   .\n',
        'x/a   -   .   .   . .\n        x/b   X   -   .   . .\n',
      ],
      ['y/a   .   .   -   .\n', 'y/a   .   .   -   . .\n'],
      ['x/d   X   .   .   -\n', 'x/d   X   .   .   - .\n        external/a X . . . -\n'],
      [
        '- podSelector: { matchLabels: { role: client } }\n',
        '- podSelector: { matchLabels: { role: client } }\n        - ipBlock: { cidr: 203.0.113.0/24 }\n',
      ],
    );
    expect(lint(text)).to.have.length(1);
    expect(lint(text)[0]).to.match(
      /^18:20 external\/a -> x\/a TCP\/80: drawn allow, but the policies say deny over IPv6/,
    );
  });

  it('holds the cells of a Service against all of its pods', () => {
    const services = 'services:\n  x/web: { port: 80, selector: { pod: a } }\nsteps:\n';
    const grid =
      '      service TCP/80: |2\n             x/web\n        x/a   -\n        x/b   .\n        y/a   .\n  - create: x/d';
    const text = spoil(
      ['[NetworkPolicy]', '[NetworkPolicy, Services]'],
      ['steps:\n', services],
      ['  - create: x/d', grid],
    );
    const [problem, ...others] = lint(text);
    expect(others).to.deep.equal([]);
    expect(problem).to.match(
      /^23:15 y\/a -> x\/web service TCP\/80: drawn allow, but the policies say deny: no pod behind x\/web/,
    );
  });

  it('refuses a step in which nothing shows that a policy acts', () => {
    const text = spoil(['y/a   X   .   -', 'y/a   -   .   -']);
    expect(lint(text)).to.deep.equal([
      '10: nothing shows that a policy acts in this step (apply admit): no cell is denied, and none opens that an earlier step closed',
    ]);
  });

  it('accepts a step that only opens what an earlier one closed', () => {
    const text = spoil(
      ['x/b   X   -   .   .', 'x/b   -   -   .   .'],
      ['x/d   X   .   .   -', 'x/d   -   .   .   -'],
    );
    expect(lint(text)).to.deep.equal([]);
  });
});

describe('a vacuous scenario', () => {
  it('has no denied cell in any grid', () => {
    const text = sample.replaceAll('   X   ', '   -   ');
    expect(vacuousReason(scenarioOf(text))).to.equal(
      'no grid has a denied cell, so everything may stay open',
    );
  });

  it('has denied cells only of Services without pods, and none of its steps shows that a policy acts', () => {
    const text = spoil(
      ['features: [NetworkPolicy]', 'features: [NetworkPolicy, Services]'],
      ['steps:\n', 'services:\n  x/web: { port: 80 }\nsteps:\n'],
      [
        '  - create: x/d',
        '      service TCP/80: |2\n             x/web\n        x/a    X\n        x/b    X\n        y/a    X\n  - create: x/d',
      ],
    ).replaceAll('   X   ', '   -   ');
    expect(vacuousReason(scenarioOf(text))).to.equal(
      'no grid has a denied cell, so everything may stay open',
    );
    expect(lint(text).map((line) => line.slice(0, 40))).to.deep.equal([
      '12: nothing shows that a policy acts in ',
      '25: nothing shows that a policy acts in ',
    ]);
  });

  it('is one that asks the API server and no plugin', async () => {
    const [scenario, ...others] = await loadScenarios('network-policy/api/end-port.yaml');
    expect(others).to.deep.equal([]);
    expect(scenario && vacuousReason(scenario)).to.equal('it asks the API server and not the plugin');
  });

  it('is not one that an idle plugin fails', () => {
    expect(vacuousReason(scenarioOf(sample))).to.equal(undefined);
  });
});
