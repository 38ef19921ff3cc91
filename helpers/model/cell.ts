import type { Protocol } from '../kube/types.ts';
import type { ProbeKind } from '../matrix/matrix.ts';
import type { Explanation, Oracle } from './oracle.ts';
import type { Judgement, SideExplanation } from './reason.ts';
import type { ServiceVerdict } from './service.ts';

/** The oracles of the world after a change and before it. Only established connections need the one before. */
export type Oracles = { now: Oracle; before?: Oracle };

/**
 * What one cell of a grid must show, for every kind of probe: whether the column (a pod, or a Service where the kind
 * says so) answers the row. A lookup of the column's name is answered by a DNS server, whatever the column is.
 * @throws RangeError where there is no such pod, Service or kind
 */
export const judgeCell = (
  kind: ProbeKind,
  row: string,
  column: string,
  { now, before }: Oracles,
): Judgement => {
  if (kind.target === 'lookup') return now.lookupVerdict(row);
  if (kind.target !== 'pod') return judgeBackends(kind, row, column, now);
  const after = now.explain(row, column, kind.protocol, kind.port, kind.family);
  if (kind.traffic === 'unreachable')
    return judgeUnreachable(after, now.explain(column, row, kind.protocol, kind.port, kind.family));
  // A datagram in fragments is one datagram: https://www.rfc-editor.org/rfc/rfc791#section-2.3
  if (kind.traffic !== 'established') return after;
  if (before === undefined) throw new RangeError('nothing is established before the first world');
  return judgeEstablished(before.explain(row, column, kind.protocol, kind.port, kind.family), after);
};

/**
 * Every pod that may answer in the cell of a Service, and what it says to the row.
 * @throws RangeError where there is no such pod, Service or kind
 */
export const judgeBackends = (
  { target, protocol, port, family }: ProbeKind,
  row: string,
  column: string,
  oracle: Oracle,
): ServiceVerdict => {
  const known: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
  const own = known.find((each) => each === protocol);
  if (own === undefined) throw new RangeError(`a Service has no ${protocol}`);
  return target === 'node-port'
    ? oracle.nodePortVerdict(row, column, own, port, family)
    : oracle.serviceVerdict(row, column, own, port, family);
};

/**
 * An end lets the error through where nothing is about it, or where an Accept takes the error with the datagram. A
 * plugin that rejects answers a denied datagram with the very error that a closed port answers with, so the error never
 * tells that the datagram arrived.
 */
const judgeUnreachable = (there: Explanation, back: Explanation): Judgement => {
  const ends = [
    [there.egress, back.ingress],
    [there.ingress, back.egress],
  ] as const;
  const passes = ends.every(
    ([onTheWay, onTheWayBack]) =>
      onTheWay.acceptsErrors || (!isAffected(onTheWay) && !isAffected(onTheWayBack)),
  );
  if (passes && there.verdict === 'allow') return there;
  const isolation = (isIsolated(there) ? there : back).reason;
  const what =
    there.verdict === 'deny'
      ? 'whether a denied datagram is answered with an ICMP error is not specified'
      : 'whether ICMP errors pass as replies do is not specified';
  return { verdict: 'undefined', reason: `${isolation}; ${what}` };
};

/**
 * "It is implementation defined as to whether the change will take effect for that existing connection."
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-s-impact-on-existing-connections
 */
const judgeEstablished = (before: Explanation, after: Explanation): Judgement => {
  if (before.verdict === 'allow' && !isIsolated(after)) return after;
  const reason = `${after.reason}; what a change does to established connections is not specified`;
  return { verdict: 'undefined', reason };
};

/** Whether a policy is about one of the ends in the direction of the connection. */
const isIsolated = ({ egress, ingress }: Explanation): boolean => [egress, ingress].some(isAffected);

const isAffected = ({ isolatedBy, matchedBy }: SideExplanation): boolean =>
  isolatedBy.length + matchedBy.length > 0;
