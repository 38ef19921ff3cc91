import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { World } from '../../../helpers/kube/world.ts';
import { buildMatrix } from '../../../helpers/matrix/matrix.ts';
import { now } from '../../../helpers/probe/clock.ts';
import type { Teller } from '../../../helpers/probe/monitor.ts';
import { planFlows, watchFlows } from '../../../helpers/run/monitor/flows.ts';
import { podOf, worldOf } from '../model/worlds.ts';

const world: World = worldOf([podOf('x/a'), podOf('x/b')], []);
const same = (id: string): string => id;
const want = buildMatrix(['x/a'], ['x/b'], () => 'allow' as const);
const grid = { kind: { target: 'pod', family: 'IPv4', protocol: 'TCP', port: 80 }, want } as const;

/** A teller whose agents take 50 ms to end, and what they were told to end and had ended, in order. */
const tellerOf = () => {
  const events: string[] = [];
  const teller: Teller = {
    subscribe: (_, request, take) => {
      const { clock, monitor } = request as { clock?: number; monitor?: { flows: { host: string }[] } };
      const name = monitor?.flows.every(({ host }) => host === '127.0.0.1') ? 'selves' : 'probes';
      const answer = (more: object = {}): void =>
        void setImmediate(() =>
          take(clock === undefined ? { runs: [], ...more } : { clock: now(), asked: now() }),
        );
      answer();
      let isTold = false;
      const timer = clock === undefined ? setInterval(answer, 10) : undefined;
      return {
        change: (changed) => {
          if (!('monitor' in changed) || isTold) return;
          isTold = true;
          events.push(`${name} end`);
          void delay(50).then(() => {
            events.push(`${name} ended`);
            answer({ done: true });
          });
        },
        silentFor: () => 0,
        [Symbol.dispose]: () => clearInterval(timer),
      };
    },
  };
  return { events, teller };
};

describe('Flows under watch', () => {
  it('have pods that ask themselves until the last probe has told', async () => {
    const { events, teller } = tellerOf();
    const flows = planFlows([grid], world, { realId: same, shortId: same });
    using watch = await watchFlows(flows, { teller }, 20);
    await watch.stop();
    const ofBothPods = ['selves end', 'selves end', 'selves ended', 'selves ended'];
    expect(events).to.deep.equal(['probes end', 'probes ended', ...ofBothPods]);
  });
});
