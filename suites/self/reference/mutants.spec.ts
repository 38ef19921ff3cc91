import { expect } from 'chai';
import { compile } from '../../../helpers/reference/compile.ts';
import { mutants, type Mutant } from '../../../helpers/reference/mutants.ts';
import { render } from '../../../helpers/reference/nftables.ts';
import { referenceSemantics } from '../../../helpers/reference/semantics.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import { runNft } from './nft.ts';
import { stories } from './stories.ts';
import type { State } from '../../../helpers/reference/state.ts';

/** What the plugin with this bug gives to nft on both nodes, after each of the states in turn. */
const runThrough = (states: State[], mutant?: Mutant): string[] =>
  ['node0', 'node1'].flatMap((node) => {
    const semantics = { ...referenceSemantics, ...mutant?.semantics };
    const follow = mutant?.follow?.() ?? ((state: State) => state);
    return states.map((state) => {
      const followed = follow(state);
      const pods = compile(followed, node, semantics);
      const text = render(mutant?.rules?.(pods, followed, node) ?? pods, semantics.stages);
      return mutant?.text?.(text) ?? text;
    });
  });

describe('reference mutants', () => {
  it('are many, with names and sentences of their own', () => {
    expect(mutants.length).to.be.at.least(60);
    expect(new Set(mutants.map(({ name }) => name)).size).to.equal(mutants.length);
    expect(new Set(mutants.map(({ sentence }) => sentence)).size).to.equal(mutants.length);
    for (const { name } of mutants) expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('name a hand-drawn scenario that kills them and needs their feature, unless they are no violation', async () => {
    const scenarios = new Map((await loadShipped()).map((scenario) => [scenario.name, scenario]));
    for (const { name, feature, killedBy, survives } of mutants) {
      if (survives !== undefined) {
        expect(killedBy, name).to.equal(undefined);
        continue;
      }
      const scenario = scenarios.get(killedBy ?? '');
      expect(scenario, `${name}: killedBy ${killedBy ?? 'nothing'}`).to.not.equal(undefined);
      expect(scenario?.features, `${name}: ${killedBy}`).to.include(feature);
    }
  });

  // What is wrong only at the begin or the end of a process, or between two states, changes no rules.
  for (const mutant of mutants.filter((one) => !one.atStart && !one.atStop && !one.beforeRules)) {
    it(`${mutant.name} changes rules, and nft accepts all that it makes`, () => {
      const harmed = stories.map((story) => runThrough(story, mutant));
      const unharmed = stories.map((story) => runThrough(story));
      const different = harmed.flat().filter((text, index) => text !== unharmed.flat()[index]);
      expect(different).to.not.have.lengthOf(0);
      expect(runNft([...new Set(different)].join(''), '-c')).to.equal('');
    });
  }
});
