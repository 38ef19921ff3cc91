import { drawCells } from '../../helpers/run/generated.ts';
import { check } from '../../helpers/run/suite.ts';
import { precedenceCases } from '../../helpers/scenario/generated-precedence.ts';

describe('Precedence of the tiers', () => {
  for (const { draft, subject, peers, direction } of precedenceCases()) {
    const cells = peers.flatMap((peer) => {
      const [from, to] = direction === 'ingress' ? [peer, subject] : [subject, peer];
      return [{ from, to, protocol: 'TCP' as const, port: 80 }];
    });
    it(draft.title, check(drawCells(draft, cells)));
  }
});
