import { AssertionError } from 'chai';
import { ProbeError } from '../errors.ts';
import { addressOf, idOf, type Family, type Pod } from '../kube/world.ts';
import { transitionOf, type Transition } from '../matrix/transition.ts';
import { now } from '../probe/clock.ts';
import type { Monitor, Watch } from '../probe/monitor.ts';
import { poll } from '../wait.ts';
import type { CheckContext } from './check.ts';

/** Silence for so long is a drop, in milliseconds; and a pod that answers itself later may have been too late for others. */
const silence = 300;
export const promptness = 100;
/** For how long a flow must be as wanted until it is believed, in milliseconds. */
export const hold = 200;
/** How long what a pod has seen may take to be told, and believed, in milliseconds. */
const delay = 2_000;

export type Want = 'allow' | 'deny';

/** A change, the flows that it opens or closes, and how their pods ask themselves. */
export type Measured = {
  action: string;
  want: Want;
  since: number;
  flows: readonly Watch[];
  selves: readonly Watch[];
};

/** Resolves when all flows are as wanted for good. @throws AssertionError where they are not within the settle budget */
export const waitUntilWanted = async (
  { action, want, since, flows, selves }: Measured,
  monitor: Monitor,
  { patience: { budget, signal } }: CheckContext,
): Promise<Transition[]> => {
  const transitions = (): (Transition | undefined)[] =>
    flows.map((flow) => transitionOf(want, monitor.runsOf(flow), since, hold));
  const failure = (): Error => {
    const found = transitions();
    const wrong = flows.filter((_, index) => !((found[index]?.stable ?? Number.POSITIVE_INFINITY) <= budget));
    const last = wrong.map((flow) => monitor.runsOf(flow).at(-1)?.outcome ?? 'no word');
    const words = wrong.map(({ from, request: { host } }, index) => `${from} -> ${host} ${last[index]}`);
    const subject = `${action}: not enforced ${budget} ms later`;
    // An answer is an answer; silence says something only of pods that have time.
    const haveTime = !selves.some((self) => wasLate(self, monitor, now() - delay));
    const isTold = last.every((outcome) =>
      want === 'deny'
        ? outcome === 'connected'
        : haveTime && (outcome === 'dropped' || outcome === 'refused'),
    );
    return isTold
      ? new AssertionError(`${subject}; wanted ${want}: ${words.join(', ')}`)
      : new ProbeError({ subject, got: words.join(', ') });
  };
  const areWanted = async (): Promise<Transition[] | undefined> => {
    const found = transitions().filter((transition) => transition !== undefined);
    if (found.length < flows.length) return undefined;
    if (found.some(({ stable }) => stable > budget)) throw failure();
    return found;
  };
  return poll(areWanted, { deadline: budget + delay, interval: 20, signal, failure });
};

/** TCP/80 of a pod, asked for by each of these and over each family that it has. */
export const flowsTo = (pod: Pod, from: readonly string[], families: readonly Family[]): Watch[] =>
  from.flatMap((from) =>
    families.flatMap((family): Watch[] => {
      const host = addressOf(pod, family);
      if (host === undefined) return [];
      const request = { protocol: 'TCP' as const, host, port: 80, deadline: silence };
      return [{ from, answerer: idOf(pod), request: { ...request, family: family === 'IPv4' ? 4 : 6 } }];
    }),
  );

/** How a pod asks itself, where no policy reaches. */
export const askItself = (from: string): Watch => ({
  from,
  request: { protocol: 'TCP', host: '127.0.0.1', port: 80, family: 4, deadline: 2_000 },
  lives: true,
  grades: [promptness],
});

/** Whether a pod did not answer itself in time at any moment since then, so that its silence says nothing. */
export const wasLate = (self: Watch, monitor: Monitor, since: number): boolean =>
  monitor
    .runsOf(self)
    .some(
      ({ outcome, detail, to }) =>
        to >= since && (outcome !== 'connected' || !(Number(detail) <= promptness)),
    );
