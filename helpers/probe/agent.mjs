// The probe agent: runs in every probe pod, in any image with Node >= 20, without dependencies.
//
//   node agent.mjs serve --name ns/pod --ports TCP/80,UDP/80    serves until SIGTERM
//   node agent.mjs probe [--name ns/pod]                        probes by JSON lines on stdin, until it closes
//   node agent.mjs serve+probe --name ns/pod --ports ...        both, until stdin closes
//
// NETPOL_NAME in the environment stands in for --name, so that an exec into a container tells the pod's name too.
// First line out: {"hello":{"version":1,"name":"ns/pod"|null,"addresses":["10.0.0.1","fd00::1"]}}, once all servers listen.
// Line in:  {"id":7,"probes":[{"protocol":"TCP","host":"10.0.0.2","port":80,"deadline":250,"family":4?,"localAddress":"..."?}]}
// Line out: {"id":7,"results":[{"outcome","milliseconds","answeredBy"?,"sourceSeen"?,"detail"?}]}, in the order asked,
//           or {"id":7|null,"error":"..."} for a line that is not a request.
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import os from 'node:os';
import { parseArgs } from 'node:util';

// Probes of one agent under way at once; the others wait, and their deadlines start when they do. link.ts knows it too.
const concurrency = 256;
// Answers that say "no" out loud. EHOSTUNREACH, EACCES and EPERM are what an ICMP error or a local filter turns into.
const refusals = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EACCES', 'EPERM']);

const plain = (address) => address.replace(/^::ffff:(?=\d+\.)/i, '');
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const ownAddresses = () =>
  Object.values(os.networkInterfaces())
    .flat()
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'));

const parsePorts = (text) =>
  text.split(',').flatMap((entry) => {
    if (entry === '') return [];
    const [, protocol, port] = /^(TCP|UDP)\/(\d{1,5})$/.exec(entry) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65535)
      throw new Error(`\`--ports\` wants TCP/PORT or UDP/PORT, got ${entry}`);
    return { protocol, port: Number(port) };
  });

// A dual-stack wildcard is right for TCP: an accepted connection answers from the address that was asked.
const serveTCP = (name, port) =>
  new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.setTimeout(10_000, () => socket.destroy());
      // Read to the end, or the close is never seen and the socket stays.
      socket.resume();
      socket.end(`${JSON.stringify({ name, source: plain(socket.remoteAddress ?? '') })}\n`);
    });
    server.on('error', reject);
    // Sweeps connect in bursts, and a full accept queue drops SYNs, which would look like a policy.
    server.listen({ port, backlog: 4096 }, resolve);
  });

// One socket for each own address: a wildcard socket answers from the address that the routing table prefers, and
// the connected socket of the asker drops an answer from an address that it did not ask.
const serveUDP = async (name, port, { address, family }) => {
  // An address that was added a moment ago may still be tentative (duplicate address detection) and refuse the bind.
  for (let attempt = 1; ; attempt += 1) {
    const socket = dgram.createSocket({
      type: family === 'IPv6' ? 'udp6' : 'udp4',
      ipv6Only: family === 'IPv6',
    });
    socket.on('message', (message, { address: source, port: sourcePort }) => {
      // The length of a nonce: what is longer is not a probe, and its echo would amplify.
      const nonce = message.toString('latin1', 0, 64);
      socket.send(JSON.stringify({ nonce, name, source: plain(source) }), sourcePort, source, () => {});
    });
    const error = await new Promise((resolve) => {
      socket.once('error', resolve);
      socket.bind(port, address, () => resolve());
    });
    if (error === undefined) {
      socket.on('error', () => {});
      return;
    }
    socket.close();
    if (error.code !== 'EADDRNOTAVAIL' || attempt === 60) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const serve = async (name, ports) => {
  const listening = ports.flatMap(({ protocol, port }) =>
    protocol === 'TCP' ? [serveTCP(name, port)] : ownAddresses().map((own) => serveUDP(name, port, own)),
  );
  await Promise.all(listening);
};

// The outcome of an error code that the system gave for an attempt.
const failed = ({ code, message }) => {
  if (refusals.has(code)) return { outcome: 'refused', detail: code };
  // The kernel's own word for silence.
  if (code === 'ETIMEDOUT') return { outcome: 'dropped', detail: code };
  return { outcome: 'error', detail: code ?? message };
};

// The greeting or answer of an agent, or undefined.
const parseGreeting = (text, nonce) => {
  try {
    const { name, source, nonce: echoed } = JSON.parse(text);
    if (echoed !== nonce || typeof source !== 'string') return undefined;
    return { outcome: 'connected', ...(name === null ? {} : { answeredBy: name }), sourceSeen: source };
  } catch {
    return undefined;
  }
};

const connectTCP = (address, { port, localAddress }, finish) => {
  const socket = net.connect({ host: address, port, localAddress, autoSelectFamily: false });
  let handshake = false;
  let text = '';
  const ended = (why) =>
    finish(
      handshake ? { outcome: 'error', detail: `handshake, but no greeting: ${why}` } : { outcome: 'dropped' },
    );
  socket.setEncoding('utf8');
  socket.on('connect', () => (handshake = true));
  socket.on('data', (chunk) => {
    text += chunk;
    if (!text.includes('\n') && text.length < 4096) return;
    finish(
      parseGreeting(text.split('\n')[0]) ?? {
        outcome: 'error',
        detail: "handshake, but the greeting is not an agent's",
      },
    );
  });
  socket.on('error', (error) => (handshake ? ended(error.code ?? error.message) : finish(failed(error))));
  socket.on('close', () => ended('connection closed'));
  return { expire: () => ended('silence until the deadline'), dispose: () => socket.destroy() };
};

// Source ports go up one by one for each destination: a conntrack entry of an earlier answered probe lives for 30 to
// 120 seconds, and a probe that met it again by chance would pass as "established" and look like a leaking policy.
const nextSourcePorts = new Map();
const takeSourcePort = (destination) => {
  const port = nextSourcePorts.get(destination) ?? 20_000 + Math.floor(Math.random() * 40_001);
  nextSourcePorts.set(destination, port >= 60_000 ? 20_000 : port + 1);
  return port;
};

const askUDP = (address, { port, localAddress, deadline }, finish) => {
  const six = net.isIPv6(address);
  const nonce = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10))
    .join('')
    .slice(0, 32);
  let socket;
  let resend;
  let strange = false;
  const dispose = () => {
    clearTimeout(resend);
    socket?.close();
    socket = undefined;
  };
  const open = (attempts) => {
    const current = dgram.createSocket({ type: six ? 'udp6' : 'udp4', ipv6Only: six });
    socket = current;
    const fail = (error) => socket === current && finish(failed(error));
    const send = () => socket === current && current.send(nonce, (error) => error && fail(error));
    current.on('message', (message) => {
      const greeting = parseGreeting(message.toString(), nonce);
      if (greeting) finish(greeting);
      else strange = true;
    });
    current.on('error', (error) => {
      // Another socket holds this source port: a probe to another destination, or a server.
      if (error.code !== 'EADDRINUSE' || error.syscall !== 'bind' || attempts === 1) {
        fail(error);
        return;
      }
      current.close();
      if (socket === current) open(attempts - 1);
    });
    current.bind(
      { port: takeSourcePort(`${address} ${port}`), address: localAddress ?? (six ? '::' : '0.0.0.0') },
      () => {
        if (socket !== current) return;
        current.connect(port, address, (error) => {
          if (error) {
            fail(error);
            return;
          }
          send();
          // One datagram may be lost without anybody's policy: a queue was full, a neighbour was being resolved.
          if (socket === current) resend = setTimeout(send, deadline / 3);
        });
      },
    );
  };
  open(100);
  const silence = () =>
    strange ? { outcome: 'error', detail: "an answer that is not an agent's" } : { outcome: 'dropped' };
  return { expire: () => finish(silence()), dispose };
};

const resolveHost = ({ host, family }) =>
  new Promise((resolve, reject) => {
    const known = net.isIP(host);
    if (known === 0)
      dns.lookup(host, { family: family ?? 0 }, (error, address) =>
        error ? reject(error) : resolve(address),
      );
    else if (family === undefined || family === known) resolve(host);
    else reject(new Error(`${host} is not an address of family ${family}`));
  });

const complaintAbout = (request) => {
  const { protocol, host, port, deadline, family, localAddress } = request ?? {};
  if (protocol !== 'TCP' && protocol !== 'UDP') return `\`protocol\` wants TCP or UDP, got ${protocol}`;
  if (typeof host !== 'string' || host === '') return '`host` wants an address or a name';
  if (!Number.isInteger(port) || port < 1 || port > 65535) return `\`port\` wants 1 to 65535, got ${port}`;
  if (!(deadline > 0 && deadline <= 600_000)) return `\`deadline\` wants milliseconds, got ${deadline}`;
  if (![undefined, 4, 6].includes(family)) return `\`family\` wants 4 or 6, got ${family}`;
  if (localAddress !== undefined && !net.isIP(localAddress))
    return `\`localAddress\` wants an address, got ${localAddress}`;
  return undefined;
};

const probe = (request) =>
  new Promise((resolve) => {
    const complaint = complaintAbout(request);
    if (complaint !== undefined) return resolve({ outcome: 'error', milliseconds: 0, detail: complaint });
    let begun = performance.now();
    let attempt;
    let done = false;
    const finish = (result) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      attempt?.dispose();
      resolve({
        outcome: result.outcome,
        milliseconds: Math.round((performance.now() - begun) * 100) / 100,
        ...result,
      });
    };
    const expire = () =>
      attempt ? attempt.expire() : finish({ outcome: 'error', detail: `DNS: no answer for ${request.host}` });
    // A process that waited for a processor meets its timers before its packets. Let it read what has arrived: a
    // handshake, then a greeting, each take one turn of the loop.
    const arm = () =>
      setTimeout(() => setImmediate(() => setImmediate(() => setImmediate(expire))), request.deadline);
    let timer = arm();
    resolveHost(request).then(
      (address) => {
        if (done) return;
        // The silence is counted from the first packet: what the name took does not shorten it.
        clearTimeout(timer);
        timer = arm();
        begun = performance.now();
        attempt = (request.protocol === 'TCP' ? connectTCP : askUDP)(address, request, finish);
        // It may have failed before there was something to dispose of.
        if (done) attempt.dispose();
      },
      (error) =>
        finish({
          outcome: 'error',
          detail: error.syscall === 'getaddrinfo' ? `DNS: ${error.code}` : error.message,
        }),
    );
  });

let running = 0;
const waiting = [];
const limited = async (work) => {
  if (running >= concurrency) await new Promise((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } catch (error) {
    return { outcome: 'error', milliseconds: 0, detail: error.code ?? error.message };
  } finally {
    // The place goes straight to the next in line.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
};

const answer = async (line) => {
  let request;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { id: null, error: `not JSON: ${error.message}` };
  }
  const id = Number.isInteger(request?.id) ? request.id : null;
  if (id === null || !Array.isArray(request.probes))
    return { id, error: 'not a request: wanted {"id":1,"probes":[]}' };
  return { id, results: await Promise.all(request.probes.map((one) => limited(() => probe(one)))) };
};

const takeRequests = () => {
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== '') void answer(line).then(print);
  });
  process.stdin.on('close', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
};

const main = async () => {
  // A container's first process has no default action for signals.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
  process.stdout.on('error', () => process.exit(0));
  const { values, positionals } = parseArgs({
    options: { name: { type: 'string' }, ports: { type: 'string', default: '' } },
    allowPositionals: true,
  });
  const [mode] = positionals;
  if (!['serve', 'probe', 'serve+probe'].includes(mode))
    throw new Error('wanted one of serve, probe, serve+probe');
  const name = values.name ?? process.env.NETPOL_NAME ?? null;
  if (mode !== 'probe') await serve(name, parsePorts(values.ports));
  const addresses = ownAddresses().flatMap(({ address, internal }) => (internal ? [] : address));
  print({ hello: { version: 1, name, addresses: addresses.toSorted((a, b) => net.isIP(a) - net.isIP(b)) } });
  if (mode === 'serve') setInterval(() => {}, 2 ** 30);
  else takeRequests();
};

main().catch((error) => {
  process.stderr.write(`agent: ${error.message}\n`);
  process.exit(1);
});
