import { setTimeout as delay } from 'node:timers/promises';
import { AssertionError } from 'chai';
import { BaselineError, ProbeError } from '../errors.ts';
import { idOf } from '../kube/world.ts';
import { countOf } from '../report/text.ts';
import type { Scenario, ScenarioPod, Step } from '../scenario/scenario.ts';
import type { Ground } from './ground.ts';
import { wordsOfStep } from './judge.ts';
import type { Patience } from './observe.ts';

/** The kubelet asks once a second, and one failure makes a pod unready: three periods that it must stay ready. */
const hold = 3_000;
const interval = 250;

type Watch = Pick<Patience, 'signal'> & { budget: number };

/** Since when each pod is not ready, in milliseconds after the call; empty where all were ready for as long as asked. */
type Unready = ReadonlyMap<string, number>;

/**
 * Waits until the kubelet finds all these pods ready, before any policy.
 * @throws BaselineError where it does not
 */
export const proveReady = async (
  pods: readonly ScenarioPod[],
  ground: Ground,
  { baseline, signal }: Pick<Patience, 'baseline' | 'signal'>,
): Promise<void> => {
  if (pods.length === 0) return;
  const unready = await watchReady(
    pods.map(({ id }) => id),
    ground,
    { budget: baseline, signal },
  );
  if (unready.size === 0) return;
  throw new BaselineError({
    subject: `${countOf(unready.size, 'pod')} not ready before the first step, without any policy of ours`,
    wanted: 'the kubelet to reach them',
    got: [...unready.keys()].join(', '),
    next: 'look for other policies or a firewall between nodes and their pods: `kubectl describe pod`',
  });
};

/**
 * Passes where the kubelet finds the pods of `ready` ready after a step, and goes on finding them so.
 * @throws AssertionError where it does not: a pod admits its own node whatever isolates it
 */
export const holdReady = async (
  step: Step,
  index: number,
  { pods }: Scenario,
  ground: Ground,
  { budget, signal }: Pick<Patience, 'budget' | 'signal'>,
): Promise<void> => {
  const ids = step.ready ?? [];
  const unready = await watchReady(ids, ground, { budget, signal });
  if (unready.size === 0) return;
  await refuseDeadPods(
    pods.filter(({ id }) => unready.has(id)),
    ground,
  );
  const lines = [...unready].map(([id, since]) => {
    const { protocol, port } = pods.find((pod) => pod.id === id)?.readiness ?? {};
    const words = `unready since ${(since / 1000).toFixed(1)} s after the step`;
    return `  kubelet -> ${id} ${protocol}/${port}   want ready   got ${words}`;
  });
  const verb = unready.size === 1 ? 'is' : 'are';
  throw new AssertionError(
    [
      `${unready.size} of ${countOf(ids.length, 'probed pod')} ${verb} not ready ${wordsOfStep(step, index)}`,
      ...lines,
      '  oracle: a pod admits its own node, and with it the kubelet, whatever isolates it',
    ].join('\n'),
  );
};

/** A pod that does not even answer itself is unready for reasons of its own. @throws ProbeError */
const refuseDeadPods = async (pods: readonly ScenarioPod[], { prober }: Ground): Promise<void> => {
  for (const { id, readiness } of pods) {
    const request = {
      protocol: 'TCP',
      host: '127.0.0.1',
      port: readiness?.port ?? 0,
      deadline: 1000,
    } as const;
    const [answer] = await prober.probe(id, [request]);
    if (answer?.outcome === 'connected') continue;
    throw new ProbeError({
      subject: `${id} is not ready, and does not answer itself`,
      wanted: 'a pod that works',
      got: answer?.detail ?? answer?.outcome ?? 'no answer from the agent',
      next: 'see the evidence: agent log, pods and events of this moment',
    });
  }
};

const watchReady = async (
  ids: readonly string[],
  ground: Ground,
  { budget, signal }: Watch,
): Promise<Unready> => {
  const begin = performance.now();
  const since = new Map<string, number>();
  let readySince: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const time = performance.now() - begin;
    const unready = await findUnready(ids, ground);
    for (const id of ids) {
      if (!unready.includes(id)) since.delete(id);
      else if (!since.has(id)) since.set(id, time);
    }
    readySince = unready.length > 0 ? undefined : (readySince ?? time);
    if (readySince !== undefined && time - readySince >= hold) return since;
    if (unready.length > 0 && time > budget) return since;
    await delay(interval, undefined, { signal });
  }
};

const findUnready = async (ids: readonly string[], { lane, realId }: Ground): Promise<string[]> => {
  const { pods } = await lane.world();
  return ids.filter((id) => {
    const pod = pods.find((candidate) => idOf(candidate) === realId(id));
    if (pod?.ready === undefined)
      throw new ProbeError({
        subject: `nobody says whether ${id} is ready`,
        wanted: 'a readiness probe by the kubelet',
        got: pod === undefined ? 'the pod is gone' : 'a pod without one',
      });
    return !pod.ready;
  });
};
