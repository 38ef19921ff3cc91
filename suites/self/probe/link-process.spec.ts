import { expect } from 'chai';
import { once } from 'node:events';
import net from 'node:net';
import { openLink, type Link, type ProbeRequest } from '../../../helpers/probe/link.ts';
import { connectProcess, portOf } from './agents.ts';

const refused = async (link: Link): Promise<string | undefined> =>
  (await link.probe([{ protocol: 'UDP', host: '127.0.0.1', port: 9, deadline: 2_000 }], { grace: 5_000 }))[0]
    ?.outcome;

describe('A link to a real agent process', function () {
  this.timeout(20_000);
  const flags = ['probe', '--name', 'x/a'];
  let silent: net.Server;
  let waiting: ProbeRequest;

  before(async () => {
    // Accepts and says nothing, so that a batch is still under way when the test acts.
    silent = net.createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    waiting = {
      protocol: 'TCP',
      host: '127.0.0.1',
      port: portOf(silent),
      deadline: 5_000,
    };
  });
  after(() => void silent.close());

  const open = () => {
    const streams: ReturnType<typeof connectProcess>[] = [];
    const connect = async () => {
      const stream = connectProcess(...flags);
      streams.push(stream);
      return stream;
    };
    const link = openLink(connect, 'x/a', { name: 'x/a', pause: 1 });
    return { link, streams, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
  };
  it('that is killed in the middle of a batch: error, never dropped, and a new process after', async () => {
    await using opened = open();
    const { link, streams } = opened;
    await link.ready();
    const lost = link.probe([waiting, waiting]);
    await once(silent, 'connection');
    streams[0]?.child.kill('SIGKILL');
    const observations = await lost;
    expect(observations.map(({ outcome }) => outcome)).to.deep.equal(['error', 'error']);
    expect(observations[0]?.detail).to.include('SIGKILL');
    expect(await refused(link)).to.equal('refused');
    expect(streams).to.have.length(2);
  });

  it('that is stopped: error, and a new process after', async () => {
    await using opened = open();
    const { link, streams } = opened;
    await link.ready();
    streams[0]?.child.kill('SIGSTOP');
    for (let batch = 0; batch < 2; batch += 1)
      expect((await link.probe([{ ...waiting, deadline: 20 }], { grace: 20 }))[0]?.outcome).to.equal('error');
    expect(await refused(link)).to.equal('refused');
  });

  it('whose stdin closes in the middle of a batch: error', async () => {
    await using opened = open();
    const { link, streams } = opened;
    await link.ready();
    const lost = link.probe([waiting]);
    await once(silent, 'connection');
    streams[0]?.child.stdin.end();
    expect((await lost)[0]?.outcome).to.equal('error');
  });
});
