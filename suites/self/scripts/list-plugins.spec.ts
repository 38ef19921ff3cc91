import { expect } from 'chai';
import { listPlugins } from '../../../scripts/list-plugins.ts';

describe('list-plugins', () => {
  it('gives a workflow each plugin in each mode, or the ones that are named', () => {
    const all = listPlugins();
    expect(all).to.deep.include({ plugin: 'calico', id: 'calico' });
    expect(all).to.deep.include({ plugin: 'calico/nftables', id: 'calico-nftables' });
    expect(all.map(({ plugin }) => plugin)).to.not.include('reference');
    expect(listPlugins(['kindnet'])).to.deep.equal([{ plugin: 'kindnet', id: 'kindnet' }]);
    expect(() => listPlugins(['flannal'])).to.throw('unknown plugin flannal');
  });
});
