import { expect } from 'chai';
import dgram from 'node:dgram';
import net, { type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ProbeError } from '../../../helpers/errors.ts';
import { stretchesOf, type Run, type Stretch } from '../../../helpers/matrix/timeline.ts';
import { now } from '../../../helpers/probe/clock.ts';
import { openLink, type Link } from '../../../helpers/probe/link.ts';
import { startMonitor, type Monitor, type Watch } from '../../../helpers/probe/monitor.ts';
import { waitFor } from '../waiting.ts';
import { connectProcess, freePort, startAgent, type AgentProcess } from './agents.ts';

const interval = 20;
const deadline = 100;

/** What a watch was not, from a first moment to now. Each pod answers itself as long as it is asked. */
const stretches = (want: 'allow' | 'deny', runs: readonly Run[], from: number): Stretch[] => {
  const to = now();
  return stretchesOf(want, runs, [[{ outcome: 'connected', from, to }]], {
    from,
    to,
    interval,
    exchange: interval,
    promptness: 2 * interval,
    aliveUntil: to,
  });
};

describe('The monitor', function () {
  this.timeout(20_000);
  let port: number;
  let server: AgentProcess;
  let link: Link;
  let processes: ReturnType<typeof connectProcess>[];
  let opened: Server[];
  const teller = {
    subscribe: (_: string, ...asked: Parameters<Link['subscribe']>) => link.subscribe(...asked),
  };
  const start = (...watches: Watch[]): Promise<Monitor> => startMonitor(teller, watches, { interval });
  const watch = (
    more: Partial<Omit<Watch, 'request'>> & { request?: Partial<Watch['request']> } = {},
  ): Watch => ({
    from: 'x/b',
    answerer: 'x/a',
    ...more,
    request: { protocol: 'TCP', host: '127.0.0.1', port, deadline, ...more.request },
  });

  /** A server that greets as an agent would, until it is closed; the connections with it. */
  const open = async (port = 0): Promise<Server & { port: number; sockets: Set<Socket> }> => {
    const sockets = new Set<Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      socket.write('{"name":"x/a","source":"127.0.0.1"}\n');
    });
    await once(server.listen({ port, host: '127.0.0.1' }), 'listening');
    opened.push(server);
    return Object.assign(server, { port: (server.address() as net.AddressInfo).port, sockets });
  };

  beforeEach(async () => {
    opened = [];
    processes = [];
    port = await freePort();
    server = startAgent('serve', '--name', 'x/a', '--ports', `TCP/${port},UDP/${port}`);
    await server.next();
    link = openLink(
      async () => {
        const stream = connectProcess('probe');
        processes.push(stream);
        return stream;
      },
      'x/b',
      { pause: 10 },
    );
    await link.ready();
  });
  afterEach(async () => {
    await link[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    for (const { child } of processes) child.kill('SIGKILL');
    for (const each of opened) each.close();
  });

  it('sees what stays open over TCP and UDP, new and lasting, without a hole', async () => {
    const watches = [
      watch(),
      watch({ request: { protocol: 'UDP' } }),
      watch({ lives: true }),
      watch({ lives: true, request: { protocol: 'UDP' } }),
    ];
    using monitor = await start(...watches);
    const from = now();
    await delay(1_500);
    await monitor.stop(2_000);
    for (const each of watches) {
      const runs = monitor.runsOf(each);
      expect(new Set(runs.map(({ outcome }) => outcome))).to.deep.equal(new Set(['connected']));
      const blind = stretches('allow', runs, from).filter(({ to }) => to < from + 1_400);
      expect(blind.reduce((sum, { from, to }) => sum + to - from, 0)).to.be.below(300);
    }
  });

  it('says when a port closed and when it opened again', async () => {
    let target = await open();
    const watched = watch({ request: { port: target.port } });
    using monitor = await start(watched);
    const from = now();
    await delay(300);
    const closed = now();
    target.close();
    await delay(150);
    const reopening = now();
    target = await open(target.port);
    const reopened = now();
    await delay(300);
    await monitor.stop(2_000);
    const [loss] = stretches('allow', monitor.runsOf(watched), from).filter(({ what }) => what === 'loss');
    expect(loss?.detail).to.equal('refused');
    // A probe that was under way as the port closed, or opened, counts from its launch.
    expect(loss?.from).to.be.within(closed - deadline, closed + interval + deadline);
    expect(loss?.to).to.be.within(reopening - deadline, reopened + interval + deadline);
  });

  it('is cut off from a connection that lasts, and opens it anew', async () => {
    const target = await open();
    const watched = watch({ lives: true, request: { port: target.port } });
    // It greets, but answers no question: what lasts is silent.
    using monitor = await start(watched);
    await waitFor(async () => target.sockets.size === 1, 'a connection');
    const [first] = target.sockets;
    first?.destroy();
    await waitFor(
      async () => target.sockets.size === 1 && !target.sockets.has(first as Socket),
      'another connection',
    );
    await monitor.stop(2_000);
    const outcomes = monitor.runsOf(watched).map(({ outcome }) => outcome);
    expect(outcomes).to.include('refused').and.include('dropped');
  });

  it('cannot tell where somebody else answers', async () => {
    const watched = watch({ answerer: 'z/c' });
    using monitor = await start(watched);
    await waitFor(async () => monitor.runsOf(watched).length > 0, 'a word');
    expect(monitor.runsOf(watched)[0]).to.include({ outcome: 'error', detail: 'answered by x/a' });
  });

  it('is blind, and not content, while its agent stands still', async () => {
    const watched = watch();
    using monitor = await start(watched);
    const from = now();
    await delay(200);
    const [{ child }] = processes as [ReturnType<typeof connectProcess>];
    const stopped = now();
    child.kill('SIGSTOP');
    await delay(400);
    const waking = now();
    child.kill('SIGCONT');
    const awake = now();
    await delay(200);
    await monitor.stop(2_000);
    const found = stretches('allow', monitor.runsOf(watched), from).find(({ from, to }) => to - from > 300);
    expect(found?.what).to.equal('blind');
    expect(found?.from).to.be.within(stopped - 50, stopped + 100);
    expect(found?.to).to.be.within(waking - 10, awake + 100);
  });

  it('goes on with the agent that takes the place of a lost one', async () => {
    const watched = watch();
    using monitor = await start(watched);
    const [{ child }] = processes as [ReturnType<typeof connectProcess>];
    const killed = now();
    child.kill('SIGKILL');
    await waitFor(
      async () => monitor.runsOf(watched).some(({ from }) => from > killed),
      'a word of the other',
    );
    expect(monitor.runsOf(watched).at(-1)?.outcome).to.equal('connected');
  });

  it('tells how far the clocks of the agents are ahead, and how sure that is', async () => {
    using monitor = await start(watch());
    const clock = monitor.clocks().get('x/b');
    expect(Math.abs(clock?.offsetMs ?? Number.NaN)).to.be.at.most((clock?.uncertaintyMs ?? 0) + 2);
    expect(clock?.uncertaintyMs).to.be.within(0, 200);
  });

  it('does not begin where the agent does not understand', async () => {
    const request = { protocol: 'ICMP', host: '', port: 0 } as const;
    const refused = await start(watch({ request })).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ProbeError);
    expect(String(refused)).to.contain('the monitor of x/b does not begin').and.contain('`host` wants');
  });

  it('tells that a server had no room for datagrams, also where it answers again', async () => {
    const itself = watch({ request: { protocol: 'UDP' }, datagrams: [port] });
    using monitor = await start(itself, watch({ request: { protocol: 'UDP' } }));
    await delay(300);
    server.child.kill('SIGSTOP');
    const socket = dgram.createSocket('udp4');
    for (let count = 0; count < 2_000; count += 1)
      await new Promise((resolve) => socket.send(Buffer.alloc(1_000), port, '127.0.0.1', resolve));
    // Its own questions find no room either, to the end.
    await delay(400);
    const continued = now();
    server.child.kill('SIGCONT');
    socket.close();
    await delay(400);
    await monitor.stop(1_000);
    const told = monitor.runsOf(itself).filter(({ outcome }) => outcome === 'error');
    const words = JSON.stringify({ continued, runs: monitor.runsOf(itself) });
    expect(told.at(-1)?.detail, words).to.equal('it had no room for datagrams');
    expect(told.at(-1)?.to, words).to.be.above(continued - 150);
  });
});
