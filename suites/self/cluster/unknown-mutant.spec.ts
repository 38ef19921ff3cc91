import { expect } from 'chai';
import { unknownMutant } from '../../../helpers/cluster/unknown-mutant.ts';
import { mutants } from '../../../helpers/reference/mutants.ts';

describe('A mutant that there is not', () => {
  it('is told with the one that is meant, and with those of a like name', () => {
    const { message } = unknownMutant('both-selector-or');
    expect(message).to.include('did you mean `both-selectors-or`?').and.include('tier-peer-either-selector');
    expect(message).to.include('`--plugin mutant:` without a name tells all of them');
  });

  it('is told with all of them where it has no name', () => {
    const { message } = unknownMutant('');
    for (const { name } of mutants) expect(message).to.include(name);
  });
});
