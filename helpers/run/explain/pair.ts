import type { Protocol } from '../../kube/types.ts';
import type { Family } from '../../kube/world.ts';
import { formatProbeKind } from '../../matrix/matrix.ts';
import type { Oracle } from '../../model/oracle.ts';
import type { Stage } from '../../model/stages.ts';
import { formatRows, wrap } from '../../report/text.ts';
import { describePart, locatePart, type Sources } from '../policy-places.ts';

/** A question: does this pod reach that one? */
export type Cell = { from: string; to: string; protocol: Protocol; port: number; family: Family };

const width = 100;

/** The verdict, why, what decides and where it stands; then who was asked at each end, in the order of the tiers. */
export const describePair = (oracle: Oracle, cell: Cell, sources: Sources): string => {
  const { from, to, protocol, port, family } = cell;
  const { verdict, reason, decidedBy, egress, ingress } = oracle.explain(from, to, protocol, port, family);
  const stages = oracle.stages(from, to, protocol, port, family);
  return [
    `${from} -> ${to} ${kindOf(cell)}: ${verdict}`,
    ...wrap(reason, width, '  ', 4),
    ...decidedBy.flatMap((part) => wrap(`decided by: ${describePart(part, sources)}`, width, '  ', 4)),
    `  egress of ${from}: ${egress.verdict}`,
    ...formatStages(stages.egress, sources),
    `  ingress of ${to}: ${ingress.verdict}`,
    ...formatStages(stages.ingress, sources),
  ].join('\n');
};

/** `v4 TCP/80` */
export const kindOf = ({ protocol, port, family }: Cell): string =>
  formatProbeKind({ target: 'pod', protocol, port, family });

const formatStages = (stages: readonly Stage[], sources: Sources): string[] =>
  formatRows(
    stages.map(({ tier, outcomes, said, parts }): [string, string] => {
      const places = parts.flatMap((part) => {
        const place = locatePart(part, sources);
        return place === undefined ? [] : [`${place.file}:${place.line}`];
      });
      const where = places.length === 0 ? '' : ` (${[...new Set(places)].join(', ')})`;
      return [tier, outcomes.length === 0 ? said : `${wordsOf(outcomes)}: ${said}${where}`];
    }),
    width,
    4,
  );

const wordsOf = (outcomes: Stage['outcomes']): string =>
  outcomes.map((outcome) => (outcome === 'next' ? 'goes on' : outcome)).join(' or ');
