import { expect } from 'chai';
import { ProbeError } from '../../../helpers/errors.ts';
import { openLink, type ProbeRequest } from '../../../helpers/probe/link.ts';
import { createFakeStream, type FakeStream } from './agents.ts';
import { until } from '../waiting.ts';
import { connected, expected, one, openFake } from './fake-link.ts';

const dropped = { outcome: 'dropped', milliseconds: 50 };

describe('A link to an agent', () => {
  it('gives the observations of several batches under way, whatever order they come back in', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const answers = [link.probe([one, one]), link.probe([one])];
    const [first, second] = streams[0]?.sent ?? [];
    expect(first?.probes).to.deep.equal([one, one]);
    streams[0]?.say({ id: second?.id, results: [dropped] });
    streams[0]?.say({ id: first?.id, results: [connected, dropped] });
    expect(await Promise.all(answers)).to.deep.equal([[connected, dropped], [dropped]]);
    expect(await link.probe([])).to.deep.equal([]);
  });

  it('sends what was asked before the hello when the stream is there', async () => {
    const { promise: late, resolve } = Promise.withResolvers<FakeStream>();
    const { link } = openFake(() => late);
    const answer = link.probe([one]);
    const stream = createFakeStream();
    resolve(stream);
    await until(() => stream.sent.length === 1);
    stream.say({ id: stream.sent[0]?.id, results: [connected] });
    expect(await answer).to.deep.equal([connected]);
  });

  it('calls a probe an error when no answer comes by its deadline and grace, also with garbage on the stream', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const answer = link.probe([one, one], { grace: 10 });
    streams[0]?.say('Killed');
    streams[0]?.say({ id: null, error: 'not JSON' });
    const observations = await answer;
    expect(observations.map(({ outcome }) => outcome)).to.deep.equal(['error', 'error']);
    expect(observations[0]?.detail).to.include('x/a did not answer in time').and.include('not JSON');
  });

  it('gives a batch of echoes the time that their processes need, and other batches no more', async () => {
    const { link } = openFake();
    await link.ready();
    const ended: string[] = [];
    const ask = async (name: string, probe: ProbeRequest): Promise<void> => {
      await link.probe(Array(32).fill(probe), { grace: 1 });
      ended.push(name);
    };
    // The plain batch is first: what is under way counts for those that come after.
    const plain = ask('plain', { ...one, deadline: 100 });
    await Promise.all([plain, ask('echoes', { ...one, protocol: 'ICMP', port: 0, deadline: 60 })]);
    expect(ended).to.deep.equal(['plain', 'echoes']);
  });

  it('calls probes errors when the answer has another length or another form', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const answers = [link.probe([one, one]), link.probe([one]), link.probe([one])];
    const ids = streams[0]?.sent.map(({ id }) => id) ?? [];
    streams[0]?.say({ id: ids[0], results: [connected] });
    streams[0]?.say({ id: ids[1], results: [{ outcome: 'fine', milliseconds: 1 }] });
    streams[0]?.say({ id: ids[2], error: 'broken' });
    const [short, strange, broken] = await Promise.all(answers);
    expect(short?.map(({ outcome }) => outcome)).to.deep.equal(['error', 'error']);
    expect(short?.[0]?.detail).to.include('1 of 2');
    expect(strange?.[0]).to.include({ outcome: 'error' });
    expect(broken?.[0]?.detail).to.include('broken');
  });

  it('refuses at once what does not wait while a stream is being replaced, and takes it over the next', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const lost = link.probe([one]);
    streams[0]?.end('connection reset');
    await lost;
    expect((await link.probe([one], { waits: false }))[0]?.detail).to.equal(
      'the stream to x/a is being replaced',
    );
    await link.ready();
    const answer = link.probe([one], { waits: false });
    streams[1]?.say({ id: streams[1].sent[0]?.id, results: [connected] });
    expect(await answer).to.deep.equal([connected]);
  });

  it('ignores the answer to a batch that it has given up, on whatever stream', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const lost = link.probe([one]);
    streams[0]?.end('gone');
    await lost;
    const answer = link.probe([one, one]);
    await until(() => streams[1]?.sent.length === 1);
    streams[1]?.say({ id: streams[0]?.sent[0]?.id, results: [connected] });
    streams[1]?.say({ id: streams[1].sent[0]?.id, results: [dropped, dropped] });
    expect(await answer).to.deep.equal([dropped, dropped]);
  });

  it('numbers batches over all links, because an agent may outlive the link that asked', async () => {
    const [first, other] = [openFake(), openFake()];
    await Promise.all([first.link.ready(), other.link.ready()]);
    void first.link.probe([one]);
    void other.link.probe([one]);
    expect(first.streams[0]?.sent[0]?.id).to.not.equal(other.streams[0]?.sent[0]?.id);
  });

  it('refuses another pod, by name or by address, without trying again, and accepts an agent without a name', async () => {
    for (const hello of [
      { version: 1, name: 'x/b', addresses: ['10.0.0.1'] },
      { version: 1, name: 'x/a', addresses: ['10.0.0.9'] },
    ]) {
      const { link, streams, attempts } = openFake(() => createFakeStream(hello));
      const thrown = await link.ready().catch((error: unknown) => error);
      expect(thrown)
        .to.be.instanceOf(ProbeError)
        .with.property('message')
        .that.includes('reached another pod');
      expect((await link.probe([one]))[0]?.detail).to.include('reached another pod');
      expect(attempts()).to.be.at.most(2);
      expect(await streams[0]?.closed).to.equal('closed');
    }
    await openFake(() =>
      createFakeStream({ version: 1, name: null, addresses: ['fd00::1', '10.0.0.1'] }),
    ).link.ready();
  });

  it('refuses what is no hello, and a stream that says nothing', async () => {
    const strange = await openFake(() => createFakeStream({ version: 2 }))
      .link.ready()
      .catch((error: unknown) => error);
    expect(strange)
      .to.be.instanceOf(ProbeError)
      .with.property('message')
      .that.includes("not an agent's hello");
    const mute = openLink(async () => createFakeStream(null), 'x/a', {
      ...expected,
      retries: 0,
      connectDeadline: 20,
    });
    expect(await mute.ready().catch((error: unknown) => error)).to.be.instanceOf(ProbeError);
    const never = openLink(() => new Promise(() => {}), 'x/a', {
      ...expected,
      retries: 0,
      connectDeadline: 20,
    });
    const thrown = await never.ready().catch((error: unknown) => error);
    expect(thrown).to.have.property('message').that.includes('no hello within 20 ms');
  });

  it('settles everything when it is disposed of, even while connecting', async () => {
    const { link, streams } = openFake();
    await link.ready();
    const open = link.probe([one], { grace: 60_000 });
    await link[Symbol.asyncDispose]();
    expect((await open)[0]?.detail).to.include('was closed');
    expect(await streams[0]?.closed).to.equal('closed');
    expect((await link.probe([one]))[0]?.detail).to.include('is closed');
    expect(streams).to.have.length(1);
    const hanging = openLink(() => new Promise(() => {}), 'x/a', expected);
    const waiting = hanging.probe([one], { grace: 60_000 });
    await hanging[Symbol.asyncDispose]();
    expect((await waiting)[0]?.outcome).to.equal('error');
  });
});
