import { expect } from 'chai';
import { lackedChannels } from '../../../helpers/cluster/admin-api.ts';
import type { Definition } from '../../../helpers/kube/definitions.ts';

const definition = (channel?: string): Definition => ({
  metadata: {
    name: 'things.policy.networking.k8s.io',
    ...(channel !== undefined && { annotations: { 'policy.networking.k8s.io/channel': channel } }),
  },
  spec: { group: 'policy.networking.k8s.io', names: { kind: 'Thing', plural: 'things' }, versions: [] },
});
const lacked = (...channels: (string | undefined)[]): string[] =>
  Object.keys(lackedChannels(channels.map(definition)));

describe('the channels of the CRDs', () => {
  it('that a cluster lacks are those that its CRDs are not of', () => {
    expect(lacked('standard', 'standard')).to.deep.equal(['experimental-channel']);
    expect(lacked('experimental')).to.deep.equal(['standard-channel']);
  });

  it('are all lacked where nobody can tell which it is, and none where there are no CRDs', () => {
    const all = ['standard-channel', 'experimental-channel'];
    expect(lacked('standard', 'experimental')).to.deep.equal(all);
    expect(lacked(undefined)).to.deep.equal(all);
    expect(lacked()).to.deep.equal([]);
    expect(lackedChannels([definition('standard'), definition()])).to.have.property(
      'standard-channel',
      'the CRDs of the admin tiers are of the channel standard and unknown channel',
    );
  });
});
