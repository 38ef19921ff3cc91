import { randomUUID } from 'node:crypto';
import { ProbeError } from '../errors.ts';
import type { World } from '../kube/world.ts';
import { formatProbeKind, type Observation, type ProbeKind } from '../matrix/matrix.ts';
import type { ProbeRequest } from '../probe/link.ts';
import { unanswered } from '../probe/sweep.ts';
import { countOf } from '../report/text.ts';
import { poll, settleAll } from '../wait.ts';
import { targetFor, type WantedGrid } from './expected.ts';
import type { Ground } from './ground.ts';
import type { Patience } from './observe.ts';
import { listSome } from './words.ts';

/** Connections that were opened before a change, and are closed with this. */
export type Flows = AsyncDisposable & {
  /** The id of the flow of a cell, where it has one. */
  idOf(kind: ProbeKind, row: string, column: string): string | undefined;
};

/**
 * Opens a connection for each cell of established traffic. The world is the one before the change that they are to
 * meet, in which the oracle allows all of them; what an earlier change has to open may take its time until it is.
 * @throws ProbeError where one stays closed for as long as changes may take
 */
export const openFlows = async (
  grids: readonly WantedGrid[],
  world: World,
  ground: Ground,
  { budget, signal }: Pick<Patience, 'budget' | 'signal'>,
): Promise<Flows> => {
  const flows = grids
    .filter(({ kind }) => kind.traffic === 'established')
    .flatMap((grid) => planFlows(grid, world, ground));
  const ask = async (asked: readonly Flow[], use: 'open' | 'close'): Promise<Observation[]> => {
    const rows = Map.groupBy(asked, ({ row }) => row);
    const seen = new Map<Flow, Observation>();
    await settleAll(
      [...rows].map(async ([row, own]) => {
        const requests = own.map(({ request, id }): ProbeRequest => ({ ...request, flow: { id, use } }));
        const answers = await ground.prober.probe(row, requests);
        for (const [index, flow] of own.entries()) seen.set(flow, answers[index] ?? unanswered);
      }),
    );
    return asked.map((flow) => seen.get(flow) ?? unanswered);
  };
  let closed = flows;
  let words: string[] = [];
  const open = async (): Promise<true | undefined> => {
    const answers = await ask(closed, 'open');
    const isOpen = ({ column }: Flow, index: number): boolean =>
      answers[index]?.outcome === 'connected' && answers[index].answeredBy === column;
    words = closed.flatMap((flow, index) => (isOpen(flow, index) ? [] : describe(flow, answers[index])));
    closed = closed.filter((flow, index) => !isOpen(flow, index));
    return closed.length === 0 ? true : undefined;
  };
  const failure = (): Error =>
    new ProbeError({
      subject: `${countOf(closed.length, 'connection')} could not be opened before the step`,
      wanted: 'what the policies allow until then to be open',
      got: listSome(words),
      next: 'see the evidence: agent log, pods and events of this moment',
    });
  const asyncDispose = async (): Promise<void> => {
    await ask(flows, 'close');
  };
  try {
    if (flows.length > 0) await poll(open, { deadline: budget, interval: 50, signal, failure });
  } catch (error) {
    await asyncDispose();
    throw error;
  }
  const ids = new Map(flows.map(({ kind, row, column, id }) => [keyOf(kind, row, column), id]));
  return {
    idOf: (kind, row, column) => ids.get(keyOf(kind, row, column)),
    [Symbol.asyncDispose]: asyncDispose,
  };
};

type Flow = { id: string; kind: ProbeKind; row: string; column: string; request: ProbeRequest };

/** How long one attempt may take, in milliseconds. */
const deadline = 1000;

const planFlows = ({ kind, want }: WantedGrid, world: World, ground: Ground): Flow[] => {
  const { hostOf } = targetFor({ kind, want }, world, ground);
  const { protocol, port, family } = kind;
  return want.rows.flatMap((row) =>
    want.columns.flatMap((column) => {
      const host = hostOf(row, column);
      if (host === undefined) return [];
      const request = { protocol, host, port, deadline, family: family === 'IPv4' ? 4 : 6 } as const;
      return [{ id: randomUUID(), kind, row, column, request }];
    }),
  );
};

const describe = ({ kind, row, column }: Flow, seen: Observation = unanswered): string => {
  const who = seen.outcome === 'connected' ? ` to ${seen.answeredBy ?? 'somebody without a name'}` : '';
  const detail = seen.detail === undefined ? '' : ` (${seen.detail})`;
  return `${row} -> ${column} ${formatProbeKind(kind)}: ${seen.outcome}${who}${detail}`;
};

const keyOf = (kind: ProbeKind, row: string, column: string): string =>
  `${formatProbeKind(kind)} ${row} ${column}`;
