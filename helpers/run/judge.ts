import { AssertionError } from 'chai';
import type { Lane } from '../cluster/cluster.ts';
import { ProbeError } from '../errors.ts';
import { formatPolicyName } from '../kube/policy-kinds.ts';
import { nameOfPolicy } from '../kube/world.ts';
import type { ComparedCell, Difference } from '../matrix/compare.ts';
import { formatProbeKind, type ProbeKind } from '../matrix/matrix.ts';
import { judgeBackends, judgeCell, type Oracles } from '../model/cell.ts';
import { matchesSelector } from '../model/matching.ts';
import type { Oracle } from '../model/oracle.ts';
import { readTierPolicy } from '../model/tier-policy.ts';
import type { GridRecord, StepRecord } from '../report/record.ts';
import { countOf } from '../report/text.ts';
import type { Step } from '../scenario/scenario.ts';
import { formatAction } from '../scenario/world.ts';
import type { WantedGrid } from './expected.ts';
import type { Ground } from './ground.ts';
import type { Answerers, GridSeen, Seen } from './observe.ts';
import { listSome, round } from './words.ts';

/** Who may answer for a Service: its backends that are reachable, or all of them while no policy acts. */
export const answerersOf =
  (oracle: Oracle, which: 'reachable' | 'any' = 'reachable'): Answerers =>
  (kind, row, column) =>
    kind.target === 'pod' || kind.target === 'lookup'
      ? undefined
      : judgeBackends(kind, row, column, oracle)
          .backends.filter(({ verdict }) => which === 'any' || verdict !== 'deny')
          .map(({ id }) => id);

/** The record of one step. `offset`: milliseconds from the accepted change to the begin of the observation. */
export const recordStep = (step: Step, seen: Seen, oracles: Oracles, offset: number): StepRecord => ({
  action: formatAction(step.action),
  line: step.line,
  settleMs: shiftTimes(seen.settleMs, offset),
  firstMs: shiftTimes(seen.firstMs, offset),
  rounds: seen.rounds,
  retries: seen.retries,
  grids: seen.grids.map((grid) => recordGrid(grid, oracles, offset)),
});

const shiftTimes = (times: Seen['settleMs'], offset: number): Seen['settleMs'] =>
  Object.fromEntries(Object.entries(times).map(([verdict, time]) => [verdict, round(time + offset)]));

const recordGrid = (
  { kind, want, got, comparison, cutMs }: GridSeen,
  oracles: Oracles,
  offset: number,
): GridRecord => ({
  probe: formatProbeKind(kind),
  rows: [...want.rows],
  columns: [...want.columns],
  want: [...want.cells],
  // Cells that nobody asked say nothing, and are most of a large grid.
  got: got.cells.map((cell, index) =>
    want.cells[index] === 'ignored' ? { outcome: 'error', milliseconds: 0 } : cell,
  ),
  differing: comparison.differing.map((difference) => ({
    from: difference.row,
    to: difference.column,
    want: difference.want === 'ignored' ? 'undefined' : difference.want,
    got: difference.got,
    ...(difference.kind === 'answerer' && { mayAnswer: [...difference.mayAnswer] }),
    reason: reasonOf(kind, difference, oracles),
  })),
  ...(cutMs !== undefined && { cutMs: round(cutMs + offset) }),
});

const reasonOf = (
  kind: ProbeKind,
  { row, column, kind: what, got, mayAnswer }: Difference,
  oracles: Oracles,
): string => {
  if (what === 'answerer') {
    return `${got.answeredBy ?? 'nobody by name'} answered; only ${mayAnswer.join(', ') || 'nobody'} may`;
  }
  return judgeCell(kind, row, column, oracles).reason;
};

/** `after step 2 (apply policy x/deny)` */
export const wordsOfStep = (step: Step, index: number): string =>
  `after step ${index + 1} (${formatAction(step.action)})`;

/** @throws ProbeError where something could not be told */
export const refuseUntold = (step: Step, index: number, { grids }: Seen): void => {
  const unknown = grids.flatMap(({ kind, comparison }) =>
    comparison.unknown.map((cell) => describeCell(kind, cell)),
  );
  if (unknown.length > 0) {
    throw new ProbeError({
      subject: `${countOf(unknown.length, 'probe')} could not be told ${wordsOfStep(step, index)}`,
      wanted: 'an answer, silence or a refusal',
      got: unknown[0] ?? '',
      next: 'see the evidence: agent log, pods and events of this moment',
    });
  }
};

/** @throws AssertionError where the plugin is wrong, of what could be told */
export const judge = (step: Step, index: number, { held, grids }: Seen, hint: () => string): void => {
  if (held) return;
  const differing = grids.flatMap(({ comparison }) => comparison.differing);
  const asserted = grids
    .flatMap(({ want }) => want.cells)
    .filter((cell) => cell === 'allow' || cell === 'deny');
  throw new AssertionError(
    `${differing.length} of ${countOf(asserted.length, 'probe')} ${differing.length === 1 ? 'differs' : 'differ'} ${wordsOfStep(step, index)}${hint()}`,
  );
};

/**
 * The third voice: what the oracle makes of the objects that really are in the cluster must be what it makes of those of
 * the scenario.
 */
export const refuseOtherVerdicts = (
  grids: readonly WantedGrid[],
  { drawn, found }: { drawn: Oracle; found: Oracle },
  ground: Ground,
): void => {
  const other = grids
    // What was established is judged by two worlds; the cluster shows but one at a time.
    .filter(({ kind }) => ['pod', 'lookup'].includes(kind.target) && kind.traffic !== 'established')
    .flatMap(({ kind, want }) =>
      want.rows.flatMap((row, y) =>
        want.columns.flatMap((column, x) => {
          if (want.cells[y * want.columns.length + x] === 'ignored') return [];
          const wanted = judgeCell(kind, row, column, { now: drawn }).verdict;
          const { verdict } = judgeCell(kind, ground.realId(row), ground.realId(column), { now: found });
          return verdict === wanted
            ? []
            : [
                `${row} -> ${column} ${formatProbeKind(kind)}: by the scenario ${wanted}, by the cluster's objects ${verdict}`,
              ];
        }),
      ),
    );
  if (other.length === 0) return;
  throw new ProbeError({
    subject: 'the objects in the cluster are not those of the scenario',
    got: listSome(other),
    next: 'something else changes labels, policies or pods in our namespaces; see the evidence',
  });
};

/**
 * Where a cell is not as wanted, and policies that are not of this run select pods of the lane, nobody knows who decided.
 * @throws ProbeError naming them
 */
export const refuseOthersPolicies = async (
  lane: Pick<Lane, 'world' | 'others' | 'ownLabels'>,
  step: Step,
  index: number,
): Promise<void> => {
  const others = (await lane.others?.()) ?? [];
  if (others.length === 0) return;
  const { namespaces, pods } = await lane.world();
  const labelsOf = new Map(namespaces.map(({ name, labels }) => [name, { ...labels, ...lane.ownLabels }]));
  const acting = others.filter((policy) => {
    const { namespaceSelector, podSelector } = readTierPolicy(policy).subject;
    // No tier means hosts outside, or pods of the host network.
    return pods.some(
      ({ namespace, labels, external, hostNetwork }) =>
        !external &&
        !hostNetwork &&
        matchesSelector(namespaceSelector, labelsOf.get(namespace) ?? {}) &&
        matchesSelector(podSelector, labels),
    );
  });
  if (acting.length === 0) return;
  throw new ProbeError({
    subject: `it could not be told who decided ${wordsOfStep(step, index)}`,
    wanted: 'no policies of others that select pods of this run',
    got: listSome(acting.map((policy) => formatPolicyName(nameOfPolicy(policy)))),
    next: 'use a cluster without them, or let them select no namespace with the label netpol-conformance/run',
  });
};

/** `x/b -> x/a v4 TCP/80: dropped`. */
export const describeCell = (kind: ProbeKind, { row, column, got }: ComparedCell): string =>
  `${row} -> ${column} ${formatProbeKind(kind)}: ${got.outcome}${got.detail === undefined ? '' : ` (${got.detail})`}`;
