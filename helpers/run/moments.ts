import { messageOf } from '../errors.ts';
import { now } from '../probe/clock.ts';
import { longest, type MonitorLimits } from '../report/monitor-record.ts';
import type { FlowWatch } from './monitor/flows.ts';

/** Evidence of moments in which something went wrong. Disposing looks no more. */
type Moments = Disposable & {
  /**
   * `at-3.2s-leak-plugin.log` -> content: what was gathered so many seconds after the watch began. Called when it has ended.
   * Never throws.
   */
  files(): Promise<Record<string, string>>;
};

/** What was lost or leaked over TCP is told within this, in milliseconds; a datagram's silence takes longer. */
const lookedAt = 1500;
/** Between two looks, in milliseconds. */
const between = 500;

/**
 * Looks at a watch twice a second, and gathers evidence as soon as some flow has leaked for longer than is borne, and as soon
 * as one was lost for longer: the plugin's log and rules as they are about a second after that, not at the end.
 */
export const gatherMoments = (
  watch: FlowWatch,
  limits: Pick<MonitorLimits, 'lossMs' | 'leakMs'>,
  evidence: () => Promise<Record<string, string>>,
): Moments => {
  const moments = new Map<'leak' | 'loss', Promise<Record<string, string>>>();
  const find = (untold: number): ('leak' | 'loss')[] => {
    const flows = watch.flowsUntil(now() - untold);
    const limitOf = { leak: limits.leakMs, loss: limits.lossMs };
    return (['leak', 'loss'] as const).filter((what) =>
      flows.some((flow) => longest(flow, what) > limitOf[what]),
    );
  };
  const look = (untold: number): void => {
    for (const what of find(untold)) {
      const when = `at-${((now() - watch.from) / 1000).toFixed(1)}s-${what}`;
      if (!moments.has(what)) moments.set(what, gather(when, evidence));
    }
  };
  const timer = setInterval(look, between, lookedAt);
  return {
    files: async () => {
      // What was wrong at the very end.
      look(0);
      // What looked wrong may turn out to have been out of sight.
      const confirmed = find(0).flatMap((what) => moments.get(what) ?? []);
      return Object.assign({}, ...(await Promise.all(confirmed))) as Record<string, string>;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
};

const gather = async (
  when: string,
  evidence: () => Promise<Record<string, string>>,
): Promise<Record<string, string>> => {
  try {
    return Object.fromEntries(
      Object.entries(await evidence()).map(([file, content]) => [`${when}-${file}`, content]),
    );
  } catch (error) {
    return { [`${when}.txt`]: `not to be had: ${messageOf(error)}\n` };
  }
};
