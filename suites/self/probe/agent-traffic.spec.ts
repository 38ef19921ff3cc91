import { expect } from 'chai';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import { waitFor } from '../waiting.ts';
import { countFiles, freePort, outcomes, portOf, startAgent, type AgentProcess } from './agents.ts';

/** A UDP server of the test, which says what an agent's would say with `more` in it. */
const serveUDP = async (more: object = {}) => {
  const seen: { text: string; from: number }[] = [];
  const state = { isSilent: false };
  const socket = dgram.createSocket('udp4', (message, { port }) => {
    seen.push({ text: message.toString(), from: port });
    const nonce = message.toString('latin1', 0, 64);
    const answer = { nonce, name: 'x/a', source: '127.0.0.1', ...more };
    if (!state.isSilent) socket.send(JSON.stringify(answer), port);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, seen, state, [Symbol.dispose]: () => void socket.close() };
};

describe('The probe agent, with special traffic', function () {
  this.timeout(20_000);
  let port: number;
  let server: AgentProcess;
  let prober: AgentProcess;
  let id = 0;

  const ask = async (...probes: object[]): Promise<Observation[]> => {
    prober.ask({
      id: (id += 1),
      probes: probes.map((probe) => ({ deadline: 1_000, host: '127.0.0.1', port, ...probe })),
    });
    const answer = await prober.next();
    expect(answer.id).to.equal(id);
    return answer.results;
  };
  const flow = (use: string, more: object = {}): object => ({
    protocol: 'TCP',
    flow: { id: 'one', use },
    ...more,
  });
  before(async () => {
    port = await freePort();
    server = startAgent('serve', '--name', 'x/a', '--ports', `TCP/${port},UDP/${port}`);
    prober = startAgent('probe');
    await server.next();
    await prober.next();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await prober[Symbol.asyncDispose]();
  });

  const fragmented = { protocol: 'UDP', traffic: 'fragmented' };
  it('sends a datagram that no MTU holds, and gets a short answer, over both families', async () => {
    const results = await ask(...['127.0.0.1', '::1'].map((host) => ({ ...fragmented, host })));
    expect(outcomes(results)).to.deep.equal(['connected', 'connected']);
    expect(results.map(({ answeredBy }) => answeredBy)).to.deep.equal(['x/a', 'x/a']);
    using strange = await serveUDP();
    await ask({ ...fragmented, port: strange.port });
    expect(strange.seen[0]?.text).to.have.length(10_000);
  });

  it('calls it an error where not all of the datagram arrived', async () => {
    using short = await serveUDP({ bytes: 1_472 });
    expect(outcomes(await ask({ ...fragmented, port: short.port }))).to.deep.equal([
      'error 1472 of 10000 bytes arrived',
    ]);
  });

  it('calls the ICMP error of a closed port connected, silence dropped, and an answer an error', async () => {
    using silent = await serveUDP();
    silent.state.isSilent = true;
    const closed = await freePort();
    const ports = [closed, silent.port, port];
    const results = await ask(
      ...ports.map((one) => ({ protocol: 'UDP', traffic: 'unreachable', port: one, deadline: 100 })),
    );
    expect(outcomes(results)).to.deep.equal([
      'connected',
      'dropped',
      'error somebody listens, so no ICMP error comes',
    ]);
  });

  for (const protocol of ['TCP', 'UDP'])
    it(`uses one ${protocol} connection until it is closed, also for several questions at once`, async () => {
      const results = await ask(flow('open', { protocol }));
      const exchanges = await ask(...Array.from({ length: 5 }, () => flow('exchange', { protocol })));
      expect(outcomes([...results, ...exchanges])).to.deep.equal(Array(6).fill('connected'));
      expect(exchanges.every(({ answeredBy }) => answeredBy === 'x/a')).to.equal(true);
      const late = [
        ...(await ask(flow('close', { protocol }))),
        ...(await ask(flow('exchange', { protocol }))),
        ...(await ask(flow('close', { protocol }))),
      ];
      expect(outcomes(late)).to.deep.equal(['connected', 'error no flow one is open', 'connected']);
    });

  it('asks over a UDP flow from one port, takes silence for a drop, and goes on when answers come again', async () => {
    using echo = await serveUDP();
    const udp = { protocol: 'UDP', port: echo.port, deadline: 100 };
    const first = await ask(flow('open', udp));
    echo.state.isSilent = true;
    const silence = await ask(flow('exchange', udp));
    echo.state.isSilent = false;
    const again = await ask(flow('exchange', udp));
    await ask(flow('close', udp));
    expect(outcomes([...first, ...silence, ...again])).to.deep.equal(['connected', 'dropped', 'connected']);
    expect(new Set(echo.seen.map(({ from }) => from)).size).to.equal(1);
    expect(new Set(echo.seen.map(({ text }) => text)).size).to.equal(3);
  });

  it('tells a TCP flow that is reset from one that falls silent, and from one that never opened', async () => {
    const sockets: Socket[] = [];
    const other = net.createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.write('{"name":"x/a","source":"127.0.0.1"}\n');
      socket.once('data', (nonce) =>
        socket.write(
          JSON.stringify({ nonce: String(nonce).trim(), name: 'x/a', source: '127.0.0.1' }) + '\n',
        ),
      );
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const tcp = { port: portOf(other), deadline: 100 };
    const seen = [...(await ask(flow('open', tcp))), ...(await ask(flow('exchange', tcp)))];
    sockets[0]?.resetAndDestroy();
    seen.push(...(await ask(flow('exchange', tcp))), ...(await ask(flow('exchange', tcp))));
    other.close();
    seen.push(...(await ask(flow('open', { ...tcp, port: await freePort() }))));
    expect(outcomes(seen)).to.deep.equal([
      ...['connected', 'dropped', 'refused ECONNRESET', 'refused ECONNRESET'],
      'refused ECONNREFUSED',
    ]);
  });

  it('keeps a connection for whoever asks more, and answers each line', async () => {
    const socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.write('one\ntwo\n');
    await waitFor(async () => text.split('\n').length === 4, 'the greeting and both answers come');
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).to.deep.equal([
      { name: 'x/a', source: '127.0.0.1' },
      { nonce: 'one', name: 'x/a', source: '127.0.0.1' },
      { nonce: 'two', name: 'x/a', source: '127.0.0.1' },
    ]);
    socket.write('x'.repeat(5_000));
    await once(socket, 'close');
  });

  it('leaves no socket open, neither where it asks nor where it serves', async function () {
    if (process.platform !== 'linux') this.skip();
    await ask({ protocol: 'TCP' });
    const pids = [prober.child.pid, server.child.pid];
    const before = pids.map(countFiles);
    for (let round = 0; round < 5; round += 1) {
      const flows = ['TCP', 'UDP'].map((protocol) => ({
        protocol,
        flow: { id: `${round} ${protocol}`, use: 'open' },
      }));
      const plain = Array.from({ length: 20 }, () => ({ protocol: 'TCP' }));
      expect(outcomes(await ask(...flows, ...plain, fragmented))).to.deep.equal(Array(23).fill('connected'));
      // Opened twice: the first one must go as well.
      await ask(...flows);
      await ask(...flows.map((one) => ({ ...one, flow: { ...one.flow, use: 'close' } })));
    }
    await waitFor(
      async () => pids.every((pid, index) => countFiles(pid) <= (before[index] ?? 0) + 2),
      'both ends close all',
    );
  });

  it('refuses traffic that does not exist', async () => {
    const results = await ask(
      { protocol: 'TCP', traffic: 'fragmented' },
      { protocol: 'UDP', traffic: 'established' },
      { protocol: 'ICMP', flow: { id: 'one', use: 'open' } },
      flow('keep'),
    );
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(Array(4).fill('error'));
    expect(results.map(({ detail }) => detail?.split(' ')[0])).to.deep.equal([
      ...['`traffic`', '`traffic`', '`flow`', '`flow`'],
    ]);
  });
});
