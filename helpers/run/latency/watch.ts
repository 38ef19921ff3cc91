import { AssertionError } from 'chai';
import { ProbeError } from '../../errors.ts';
import { addressOf, idOf, type Family, type Pod } from '../../kube/world.ts';
import { transitionOf, verdictOf, type Transition, type Want } from '../../matrix/transition.ts';
import { now } from '../../probe/clock.ts';
import type { Monitor, Watch } from '../../probe/monitor.ts';
import { poll } from '../../wait.ts';
import type { CheckContext } from '../check.ts';
import { isPrompt, requestOf } from '../monitor/flows.ts';

/** Silence for so long is a drop, in milliseconds; and a pod that answers itself later may have been too late for others. */
const silence = 300;
const promptness = 100;
/** How long a pod is waited for that asks itself, and how long until it has told, in milliseconds. */
const patience = 500;
const delay = 2_000;

/** Flows between the same pods, under watch, and how these pods ask themselves. */
export type WatchedFlows = { flows: readonly Watch[]; selves: readonly Watch[]; monitor: Monitor };

/** What must become of flows, after a change at `since`; of a pod that starts, `due` is when it serves. */
export type Demand = { action: string; want: Want; since: number; due?: number };

/**
 * Resolves when all flows are as wanted, for as long as the patience says, and all pods have answered themselves meanwhile.
 * @throws AssertionError where a flow is not within the settle budget from `due` on, ProbeError where that could not be told
 */
export const waitUntilWanted = async (
  { action, want, since, due = since }: Demand,
  { flows, selves, monitor }: WatchedFlows,
  { patience: { budget, stillHold, signal } }: CheckContext,
): Promise<Transition[]> => {
  const read = (flow: Watch): Transition | undefined =>
    transitionOf(want, monitor.runsOf(flow), { since, heldFrom: due, hold: stillHold });
  const areWanted = async (): Promise<Transition[] | undefined> => {
    const found = flows.map(read).filter((transition) => transition !== undefined);
    if (found.length < flows.length) return undefined;
    const held = since + Math.max(...found.map(({ stable }) => stable));
    if (held > due + budget) throw failure();
    return selves.every((self) => lastOf(self, monitor) >= held) ? found : undefined;
  };
  const failure = (): Error => {
    const haveTime = !selves.some(
      (self) => wasLate(self, monitor, now() - delay) || lastOf(self, monitor) < now() - delay,
    );
    const wrong = flows.flatMap((flow) => {
      const transition = read(flow);
      if (transition !== undefined && since + transition.stable <= due + budget) return [];
      const last = monitor.runsOf(flow).findLast((run) => run.to >= due && verdictOf(run, want) !== want);
      const verdict = last && verdictOf(last, want);
      // An answer is an answer; silence says something only of pods that have time.
      const isTold = verdict !== undefined && (want === 'deny' || haveTime);
      return [{ isTold, words: `${flow.from} -> ${flow.request.host} ${last?.outcome ?? 'not told'}` }];
    });
    const told = wrong.filter(({ isTold }) => isTold);
    const list = (flows: typeof wrong): string => flows.map(({ words }) => words).join(', ');
    const subject = `${action}: not enforced ${budget} ms later`;
    return told.length > 0
      ? new AssertionError(`${subject}; wanted ${want}: ${list(told)}`)
      : new ProbeError({ subject, got: list(wrong) || 'pods that do not answer themselves' });
  };
  return poll(areWanted, { deadline: budget + stillHold + delay, interval: 20, signal, failure });
};

/** TCP/80 of a pod, asked for by each of these over each family. @throws ProbeError where it has no address of one */
export const flowsTo = (pod: Pod, from: readonly string[], families: readonly Family[]): Watch[] =>
  from.flatMap((from) =>
    families.map((family): Watch => {
      const host = addressOf(pod, family);
      if (host === undefined)
        throw new ProbeError({ subject: `pod ${idOf(pod)} has no address of ${family}` });
      const request = requestOf({ protocol: 'TCP', port: 80, family }, host, { silence });
      return { from, answerer: idOf(pod), request };
    }),
  );

/** How a pod asks itself, where no policy reaches. */
export const askItself = (from: string): Watch => ({
  from,
  request: requestOf({ protocol: 'TCP', port: 80, family: 'IPv4' }, '127.0.0.1', { silence: patience }),
  lives: true,
  grades: [promptness],
});

/** Whether a pod answered itself too late at any moment since then, so that its silence says nothing. */
export const wasLate = (self: Watch, monitor: Monitor, since: number): boolean =>
  monitor.runsOf(self).some((run) => run.to >= since && !isPrompt(run, promptness));

const lastOf = (self: Watch, monitor: Monitor): number => monitor.runsOf(self).at(-1)?.to ?? 0;
