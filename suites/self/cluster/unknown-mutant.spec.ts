import { expect } from 'chai';
import { unknownMutant } from '../../../helpers/cluster/unknown-mutant.ts';

describe('A mutant that there is not', () => {
  it('is told with the one that is meant, and with those of a like name', () => {
    const { message } = unknownMutant('both-selector-or');
    expect(message).to.include('did you mean `both-selectors-or`?').and.include('tier-peer-either-selector');
    expect(message).to.include('`--plugin mutant:` without a name tells all of them');
  });

  it('is told with all of them where it has no name', () => {
    for (const name of ['both-selectors-or', 'end-port-exclusive', 'tier-new-pod-not-followed'])
      expect(unknownMutant('').message).to.include(name);
  });
});
