import { AssertionError, expect } from 'chai';
import { BaselineError, ProbeError } from '../../../helpers/errors.ts';
import type { Pod } from '../../../helpers/kube/world.ts';
import type { Outcome } from '../../../helpers/matrix/matrix.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { holdReady, proveReady } from '../../../helpers/run/readiness.ts';
import type { Scenario, ScenarioPod, Step } from '../../../helpers/scenario/scenario.ts';
import { podOf } from '../model/worlds.ts';

const { signal } = new AbortController();
const probed: ScenarioPod = {
  ...{
    id: 'x/d',
    namespace: 'x',
    name: 'd',
    why: 'probed',
    labels: {},
    ports: [],
    node: 0,
    createdLater: false,
  },
  readiness: { protocol: 'TCP', port: 80 },
};
const step: Step = { action: { verb: 'apply', policies: [] }, expect: [], ready: ['x/d'], line: 1 };
const scenario = { pods: [probed] } as unknown as Scenario;

/** A ground whose pod x/d is as the list says, read by read; the last word stays. It answers itself, or not. */
const groundThat =
  (outcome: Outcome) =>
  (...words: (boolean | undefined | 'gone')[]): Ground => {
    const read = (): Pod[] => {
      const word = words.length > 1 ? words.shift() : words[0];
      if (word === 'gone') return [];
      return [podOf('lane0-x/d', word === undefined ? {} : { ready: word })];
    };
    return {
      lane: { world: async () => ({ namespaces: [], pods: read(), services: [], policies: [] }) },
      realId: (id: string) => `lane0-${id}`,
      prober: { probe: async () => [{ outcome, milliseconds: 1 }] },
    } as unknown as Ground;
  };

const groundOf = groundThat('connected');

const hold = (ground: Ground): Promise<unknown> =>
  holdReady(step, 0, scenario, ground, { budget: 400, signal }).then(
    () => 'passed',
    (error: unknown) => error,
  );

describe('readiness', function () {
  this.timeout(20_000);

  it('passes where the pod is ready and stays so, also after a moment in which it was not', async () => {
    expect(await hold(groundOf(true, false, true))).to.equal('passed');
  });

  it('fails where the pod is not ready, and says since when', async () => {
    const error = await hold(groundOf(true, false));
    expect(error).to.be.instanceOf(AssertionError);
    expect(String(error)).to.match(
      /1 of 1 probed pod is not ready after step 1 .*\n {2}kubelet -> x\/d TCP\/80 {3}want ready {3}got unready since 0\.[2-9] s after the step\n {2}oracle: /,
    );
  });

  it('fails where the pod is ready at first and not for long enough', async () => {
    const words = [...Array<boolean>(8).fill(true), false];
    expect(await hold(groundOf(...words))).to.be.instanceOf(AssertionError);
  });

  it('cannot tell where the pod is not ready because it does not work', async () => {
    const error = await hold(groundThat('refused')(true, false));
    expect(error).to.be.instanceOf(ProbeError);
    expect(String(error)).to.include('x/d is not ready, and does not answer itself');
  });

  it('cannot tell where nobody says whether the pod is ready, or the pod is gone', async () => {
    for (const [word, got] of [
      [undefined, 'a pod without one'],
      ['gone', 'the pod is gone'],
    ] as const) {
      const error = await hold(groundOf(word));
      expect(error).to.be.instanceOf(ProbeError);
      expect(String(error)).to.include(got);
    }
  });

  it('is waited for before the first step, and its absence then is no fault of a policy', async () => {
    const began = performance.now();
    await proveReady([probed], groundOf(false, false, true), { baseline: 5000, signal });
    // A kubelet that now and then misses a probe by itself must not look like a policy that closes.
    expect(performance.now() - began).to.be.at.least(3000);
    await proveReady([], groundOf(false), { baseline: 0, signal });
    const error = await proveReady([probed], groundOf(false), { baseline: 100, signal }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(BaselineError);
    expect(String(error)).to.include('1 pod not ready before the first step').and.include('x/d');
  });
});
