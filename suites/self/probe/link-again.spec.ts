import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { ProbeError } from '../../../helpers/errors.ts';
import { createSubscriptions } from '../../../helpers/probe/subscriptions.ts';
import { createFakeStream } from './agents.ts';
import { until } from '../waiting.ts';
import { connected, one, openFake } from './fake-link.ts';

describe('Who has subscribed', () => {
  it('is known to have been told nothing for so long, whatever is asked meanwhile', async () => {
    let id = 6;
    const subscriptions = createSubscriptions(
      () => (id += 1),
      () => {},
    );
    expect(subscriptions.silentFor()).to.equal(0);
    const clock = subscriptions.subscribe({ clock: 1 }, () => {});
    using _ = subscriptions.subscribe({ monitor: {} }, () => {});
    await delay(40);
    clock.change({ clock: 2 });
    expect(subscriptions.silentFor()).to.be.above(35);
    subscriptions.take({ id: 7 });
    expect(subscriptions.silentFor()).to.be.below(35);
  });
});

describe('A link whose stream is gone', () => {
  it('loses the probes of a stream that ends to `error` and works again over the next', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const lost = link.probe([one]);
    streams[0]?.end('connection reset');
    expect((await lost)[0]).to.include({
      outcome: 'error',
      detail: 'the stream to x/a ended: connection reset',
    });
    const answer = link.probe([one]);
    await until(() => streams[1]?.sent.length === 1);
    streams[1]?.say({ id: streams[1].sent[0]?.id, results: [connected] });
    expect(await answer).to.deep.equal([connected]);
  });

  it('replaces the stream of an agent that hangs', async () => {
    const { link, streams } = openFake();
    await link.ready();
    for (let batch = 0; batch < 2; batch += 1)
      expect((await link.probe([one], { grace: 1 }))[0]?.outcome).to.equal('error');
    await until(() => streams.length === 2);
    expect(await streams[0]?.closed).to.equal('closed');
  });

  it('gives up after bounded retries, also on a TypeError; errors at once, and tries again when it is asked', async () => {
    const { link, attempts } = openFake(() => Promise.reject(new TypeError('fetch failed')));
    const waiting = link.probe([one], { grace: 60_000 });
    expect((await waiting)[0]?.detail)
      .to.include('no stream to the agent of x/a')
      .and.include('fetch failed');
    expect(attempts()).to.equal(3);
    const again = await link.probe([one], { grace: 60_000 });
    expect(again[0]).to.include({ outcome: 'error' });
    await until(() => attempts() === 6);
    const thrown = await link.ready().catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ProbeError);
  });

  it('comes back when connecting works again after it had given up', async () => {
    let isAway = true;
    const { link, streams } = openFake(() => {
      if (isAway) throw new Error('503');
      return createFakeStream();
    });
    await link.ready().catch(() => {});
    isAway = false;
    expect((await link.probe([one]))[0]?.outcome).to.equal('error');
    await until(() => streams.length === 1);
    await link.ready();
    const answer = link.probe([one]);
    streams[0]?.say({ id: streams[0].sent[0]?.id, results: [connected] });
    expect(await answer).to.deep.equal([connected]);
  });

  it('comes back to who has subscribed after more failures than its retries, and to nobody else', async () => {
    const failing = (from: number, to: number) => (attempt: number) => {
      if (attempt >= from && attempt <= to) throw new Error('the API server is away');
      return createFakeStream();
    };
    const { link, streams } = openFake(failing(2, 12));
    await link.ready();
    const told: unknown[] = [];
    using subscription = link.subscribe({ monitor: {} }, (answer) => told.push(answer['runs']));
    streams[0]?.end('cut');
    await until(() => streams.length === 2 && streams[1]?.sent.length === 1);
    expect(streams[1]?.sent).to.deep.equal(streams[0]?.sent);
    streams[1]?.say({ id: streams[1].sent[0]?.id, runs: ['some'] });
    await until(() => told.length === 1);

    subscription[Symbol.dispose]();
    const alone = openFake(failing(2, 100));
    await alone.link.ready();
    alone.streams[0]?.end('cut');
    await until(() => alone.attempts() === 4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(alone.attempts()).to.equal(4);
    await link[Symbol.asyncDispose]();
    await alone.link[Symbol.asyncDispose]();
  });
});
