import { expect } from 'chai';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import os from 'node:os';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import { countFiles, freePort, outcomes, portOf, startAgent, type AgentProcess } from './agents.ts';

const serveTCP = async (onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> => {
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0);
  await once(server, 'listening');
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

const serveUDP = async (onMessage: (message: Buffer, port: number, socket: dgram.Socket) => void) => {
  const socket = dgram.createSocket('udp4', (message, { port }) => onMessage(message, port, socket));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
};

const loopbacks = ['127.0.0.1', '::1'];

describe('The probe agent', function () {
  this.timeout(20_000);
  let port: number;
  let server: AgentProcess;
  let prober: AgentProcess;
  let id = 0;

  const ask = async (probes: object[]): Promise<Observation[]> => {
    prober.ask({
      id: (id += 1),
      probes: probes.map((probe) => ({ deadline: 1_000, host: '127.0.0.1', port, ...probe })),
    });
    const answer = await prober.next();
    expect(answer.id).to.equal(id);
    return answer.results;
  };
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

  it('answers on TCP and UDP and both families with its name and the plain source address', async () => {
    const results = await ask(
      ['TCP', 'UDP'].flatMap((protocol) => loopbacks.map((host) => ({ protocol, host }))),
    );
    expect(outcomes(results)).to.deep.equal(Array(4).fill('connected'));
    expect(results.map(({ answeredBy }) => answeredBy)).to.deep.equal(Array(4).fill('x/a'));
    expect(results.map(({ sourceSeen }) => sourceSeen)).to.deep.equal([...loopbacks, ...loopbacks]);
    expect(results.every(({ milliseconds }) => milliseconds > 0 && milliseconds < 1_000)).to.equal(true);
  });

  it('answers UDP from the address that was asked, whichever it has', async function () {
    const own = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    if (own.length === 0) this.skip();
    const results = await ask(
      own.map(({ address }) => ({ protocol: 'UDP', host: address, localAddress: '127.0.0.1' })),
    );
    expect(outcomes(results)).to.deep.equal(own.map(() => 'connected'));
  });

  it('probes from the local address that it is told', async () => {
    const results = await ask(['TCP', 'UDP'].map((protocol) => ({ protocol, localAddress: '127.0.0.9' })));
    expect(results.map(({ sourceSeen }) => sourceSeen)).to.deep.equal(['127.0.0.9', '127.0.0.9']);
  });

  it('calls a closed port refused, with the code', async () => {
    const closed = await freePort();
    const results = await ask(
      ['TCP', 'UDP'].flatMap((protocol) => loopbacks.map((host) => ({ protocol, host, port: closed }))),
    );
    expect(outcomes(results)).to.deep.equal(Array(4).fill('refused ECONNREFUSED'));
  });

  it('calls a handshake without a greeting an error', async () => {
    await using silent = await serveTCP(() => {});
    await using closing = await serveTCP((socket) => socket.end());
    await using foreign = await serveTCP((socket) => socket.end('220 smtp.example ESMTP\r\n'));
    const results = await ask(
      [silent, closing, foreign].map((one) => ({ protocol: 'TCP', port: one.port, deadline: 200 })),
    );
    expect(outcomes(results)).to.deep.equal([
      'error handshake, but no greeting: silence until the deadline',
      'error handshake, but no greeting: connection closed',
      "error handshake, but the greeting is not an agent's",
    ]);
  });

  it('calls UDP silence dropped, after having asked twice from one port', async () => {
    const seen: [string, number][] = [];
    using silent = await serveUDP((message, from) => void seen.push([message.toString(), from]));
    const [result] = await ask([{ protocol: 'UDP', port: silent.port, deadline: 150 }]);
    expect(result?.outcome).to.equal('dropped');
    expect(result?.milliseconds).to.be.at.least(149);
    expect(seen).to.have.length(2);
    expect(seen[0]).to.deep.equal(seen[1]);
  });

  it('asks each UDP destination from rising ports, and with a new nonce each time', async () => {
    const seen = new Map<string, number>();
    using silent = await serveUDP((message, from) => void seen.set(message.toString(), from));
    for (let round = 0; round < 4; round += 1)
      await ask([{ protocol: 'UDP', port: silent.port, deadline: 10 }]);
    const ports = [...seen.values()];
    expect(ports).to.have.length(4);
    const steps = ports.slice(1).map((next, index) => next - (ports[index] ?? 0));
    // Others may hold a port on the way, and 60000 is followed by 20000.
    expect(
      steps.every((step) => (step > 0 && step < 20) || step < -39_900),
      ports.join(),
    ).to.equal(true);
    expect(ports.every((one) => one >= 20_000 && one <= 60_000)).to.equal(true);
  });

  it("calls a UDP answer that is no agent's an error, and an answer to another nonce as well", async () => {
    using foreign = await serveUDP((_message, from, socket) => socket.send('hello', from));
    using stale = await serveUDP((_message, from, socket) =>
      socket.send(JSON.stringify({ nonce: 'old', name: 'x/a', source: '127.0.0.1' }), from),
    );
    const results = await ask(
      [foreign, stale].map((one) => ({ protocol: 'UDP', port: one.port, deadline: 100 })),
    );
    expect(outcomes(results)).to.deep.equal(Array(2).fill("error an answer that is not an agent's"));
  });

  it('calls what says nothing about a policy an error', async () => {
    const results = await ask([
      { protocol: 'TCP', host: 'no-such-host.invalid' },
      { protocol: 'TCP', localAddress: '203.0.113.77' },
      { protocol: 'UDP', localAddress: '203.0.113.77' },
      { protocol: 'TCP', host: '::1', family: 4 },
      { protocol: 'SCTP' },
      { protocol: 'TCP', port: 0 },
      { protocol: 'TCP', deadline: -1 },
    ]);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(Array(7).fill('error'));
    expect(results[0]?.detail).to.match(/^DNS: E/);
    expect(results.slice(1, 3).map(({ detail }) => detail)).to.deep.equal(['EADDRNOTAVAIL', 'EADDRNOTAVAIL']);
    expect(results[4]?.detail).to.include('SCTP');
  });

  it('resolves a name to the family that is asked for', async () => {
    const [four] = await ask([{ protocol: 'TCP', host: 'localhost', family: 4 }]);
    expect(four).to.include({ outcome: 'connected', sourceSeen: '127.0.0.1' });
  });

  it('answers in the order asked, each probe by its own deadline', async () => {
    using silent = await serveUDP(() => {});
    const results = await ask([
      { protocol: 'UDP', port: silent.port, deadline: 200 },
      { protocol: 'TCP' },
      { protocol: 'UDP', port: silent.port, deadline: 50 },
    ]);
    expect(outcomes(results)).to.deep.equal(['dropped', 'connected', 'dropped']);
    expect(results[2]?.milliseconds).to.be.below(results[0]?.milliseconds ?? 0);
  });

  it('survives lines that are no requests', async () => {
    for (const line of ['garbage', 'null', '{"probes":[]}']) prober.ask(line);
    for (let line = 0; line < 3; line += 1) {
      const answer = await prober.next();
      expect(answer.id).to.equal(null);
      expect(answer.error).to.match(/^not /);
    }
    expect(outcomes(await ask([{ protocol: 'TCP' }]))).to.deep.equal(['connected']);
  });

  it('runs a bounded number of probes at once and answers all', async () => {
    let open = 0;
    let most = 0;
    await using silent = await serveTCP((socket) => {
      most = Math.max(most, (open += 1));
      socket.on('close', () => (open -= 1)).resume();
    });
    const results = await ask(
      Array.from({ length: 600 }, () => ({ protocol: 'TCP', port: silent.port, deadline: 300 })),
    );
    expect(results).to.have.length(600);
    expect(results.every(({ outcome }) => outcome === 'error')).to.equal(true);
    expect(most).to.be.within(200, 257);
  });

  it('leaves no socket open', async function () {
    if (process.platform !== 'linux') this.skip();
    await ask([{ protocol: 'TCP' }, { protocol: 'UDP' }]);
    const before = countFiles(prober.child.pid);
    using silent = await serveUDP(() => {});
    for (let round = 0; round < 5; round += 1)
      await ask(
        Array.from({ length: 40 }, (_one, index) => ({
          protocol: index % 2 ? 'TCP' : 'UDP',
          port: index % 4 === 2 ? silent.port : port,
          deadline: 50,
        })),
      );
    await ask([{ protocol: 'TCP' }]);
    expect(countFiles(prober.child.pid)).to.be.at.most(before + 2);
  });
});
