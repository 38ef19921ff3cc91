import { expect } from 'chai';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { expectGrid, podOf, policyOf, worldOf } from './worlds.ts';

const service = {
  ...{ namespace: 'x', name: 's', type: 'ClusterIP' as const, selector: { pod: 'b' } },
  ...{ ports: [{ protocol: 'TCP' as const, port: 80, targetPort: 80 }], addresses: ['10.96.0.1'] },
};

describe('a pod that has ended', () => {
  for (const phase of ['Succeeded', 'Failed'] as const) {
    const ended = podOf('x/b', { phase });
    const heir = podOf('x/f', { addresses: ended.addresses });

    it(`(${phase}) is no peer, also where another pod has its addresses`, () => {
      const admitB = policyOf('x/admit-b', {
        podSelector: { matchLabels: { pod: 'a' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }],
      });
      expectGrid(worldOf([podOf('x/a'), ended, heir], [admitB]), 'TCP/80', 'x/a\nx/f X');
    });

    it(`(${phase}) is no subject, also where another pod has its addresses`, () => {
      const isolateB = policyOf('x/isolate-b', { podSelector: { matchLabels: { pod: 'b' } } });
      expectGrid(worldOf([podOf('x/a'), ended, heir], [isolateB]), 'TCP/80', 'x/f\nx/a .');
    });

    it(`(${phase}) has no cell and is behind no Service`, () => {
      const oracle = createOracle(worldOf([podOf('x/a'), ended], [], { services: [service] }));
      expect(() => oracle.verdict('x/a', 'x/b', 'TCP', 80, 'IPv4')).to.throw('no pod x/b');
      expect(oracle.serviceVerdict('x/a', 'x/s', 'TCP', 80, 'IPv4').backends).to.deep.equal([]);
    });
  }
});
