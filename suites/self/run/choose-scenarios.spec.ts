import { expect } from 'chai';
import { chooseScenarios } from '../../../helpers/run/choose-scenarios.ts';
import { runNetpol, temporaryFolder } from '../netpol.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';

const shipped = await loadShipped();
const choose = (...filters: string[]) => chooseScenarios(shipped, { filters, features: [], skip: [] });
const namesOf = (...filters: string[]): string[] => [...choose(...filters).chosen].map(({ name }) => name);

describe('a filter', () => {
  it('means the scenario of that name and no other whose name begins so', () => {
    expect(namesOf('network-policy/ports/end-port')).to.deep.equal(['network-policy/ports/end-port']);
    expect(namesOf('manifests/scenarios/network-policy/ports/end-port.yaml')).to.deep.equal([
      'network-policy/ports/end-port',
    ]);
    expect(namesOf('ports/end-port')).to.deep.equal(['network-policy/ports/end-port']);
  });

  it('means a whole folder, wherever it stands, and nothing that is only called like it', () => {
    const policies = namesOf('network-policy');
    expect(policies).to.deep.equal(namesOf('network-policy/'));
    expect(policies.length).to.be.greaterThan(100);
    expect(policies.filter((name) => !name.startsWith('network-policy/'))).to.deep.equal([]);
    expect(namesOf('isolation').every((name) => name.startsWith('network-policy/isolation/'))).to.equal(true);
  });

  it('means a feature', () => {
    const { chosen, guessed } = choose('NetworkPolicyEndPort');
    expect([...chosen].every(({ features }) => features.includes('NetworkPolicyEndPort'))).to.equal(true);
    expect(guessed.size).to.equal(0);
  });

  it('is taken as a part of names and titles where it is none of these, and that is told', () => {
    const { chosen, guessed } = choose('pod-and-namespac');
    expect([...chosen].map(({ name }) => name)).to.include('network-policy/peers/pod-and-namespace');
    expect([...guessed]).to.deep.equal([['pod-and-namespac', chosen.size]]);
    expect([...choose('BOTH SELECTORS').chosen].length).to.be.greaterThan(0);
    expect(choose('network-policy', 'peers').guessed.size).to.equal(0);
  });

  it('that was taken for something is told with --quiet too', async function () {
    this.timeout(60_000);
    await using folder = await temporaryFolder();
    const words = ['run', 'pod-and-namespac', '--provider', 'lab', '--quiet', '--output', folder.path];
    const { exitCode, stderr } = await runNetpol(words);
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.match(/no name, folder or feature is `pod-and-namespac`: taken as a part of \d+ names/);
  });

  it('is refused where it means nothing', () => {
    expect(() => choose('no/such/thing')).to.throw('no scenario is meant by `no/such/thing`');
  });

  const misspelt: [string, string][] = [
    ['network-policy/isolatoin', 'network-policy/isolation'],
    ['pod-or-namespaces', 'pod-or-namespace'],
    ['NetworkPolicyEndPrt', 'NetworkPolicyEndPort'],
  ];
  for (const [filter, meant] of misspelt)
    it(`is told what \`${filter}\` most likely means`, () => {
      expect(() => choose(filter)).to.throw(`by \`${filter}\`: did you mean \`${meant}\`?`);
    });

  it('skips as it chooses, with the reason', () => {
    const { chosen, skipped } = chooseScenarios(shipped, {
      filters: ['network-policy/ports'],
      features: [],
      skip: ['ports/end-port'],
    });
    expect(chosen.size).to.be.greaterThan(2);
    expect([...skipped].map(([{ name }, reason]) => [name, reason])).to.deep.equal([
      ['network-policy/ports/end-port', '--skip ports/end-port'],
    ]);
  });
});
