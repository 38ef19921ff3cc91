// The probe agent: runs in every probe pod, in any image with Node >= 20, without dependencies.
//
//   node agent.mjs serve --name ns/pod --ports TCP/80,UDP/80    serves until SIGTERM
//   node agent.mjs probe [--name ns/pod]                        probes by JSON lines on stdin, until it closes
//   node agent.mjs serve+probe --name ns/pod --ports ...        both, until stdin closes
//
// NETPOL_NAME in the environment stands in for --name, so that an exec into a container tells the pod's name too.
// First line out: {"hello":{"version":1,"name":"ns/pod"|null,"addresses":["10.0.0.1","fd00::1"]}}, once all servers listen.
// Line in:  {"id":7,"probes":[{"protocol":"TCP","host":"10.0.0.2","port":80,"deadline":250,"family":4?,"localAddress":"..."?,
//           "traffic":"fragmented"|"unreachable"|"lookup"?,"flow":{"id":"...","use":"open"|"exchange"|"close"}?}]}
// Line out: {"id":7,"results":[{"outcome","milliseconds","answeredBy"?,"sourceSeen"?,"detail"?}]}, in the order asked,
//           or {"id":7|null,"error":"..."} for a line that is not a request.
// Line in:  {"id":8,"clock":1764150000000.5}, what the asker's clock says
// Line out: {"id":8,"clock":1764150000000.125,"asked":1764150000000.5}, milliseconds since 1970 on a clock that nobody sets back
// Line in:  {"id":9,"monitor":{"interval":20,"flows":[a probe, with "answerer"?, "lives"?, "grades"? and "datagrams"?]}}
// Line out: {"id":9,"runs":[[flow, outcome, from, to, detail?]]} twice a second, until {"id":9,"monitor":null}, whose answer has "done":true.
//           A run is what one flow met in a row, from the first to the last of these probes by the time they were sent,
//           without a pause longer than two intervals. One that goes on is told again with the same flow and `from`. The
//           outcome `handshake` is a connection that opened and brought no greeting. A flow that `lives` keeps its connection.
//           It is an error where UDP sockets at the ports `datagrams` of this network had no room for some meanwhile.
//           Of an answer that came within one of its `grades`, in milliseconds, the detail is the first of these.
// A `lookup` asks the first name server of /etc/resolv.conf (NETPOL_RESOLV_CONF stands in for it) for a `host` like
// web.x.svc at the `port`. `ICMP` is an echo by the `ping` program. A flow is a connection that stays: `exchange` asks over what `open` opened.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { parseArgs } from 'node:util';

// Probes of one agent under way at once; the others wait, and their deadlines start when they do. link.ts knows it too.
const concurrency = 256;
// Each echo is a process.
const echoConcurrency = 16;
// Larger than any MTU, jumbo frames included.
const fragmentedBytes = 10_000;
// What a server keeps of a connection that says nothing: long for one that was used before, as a flow is.
const idle = { probe: 10_000, flow: 120_000 };
// An answer repeats so much of what it answers.
const nonceBytes = 64;
// Answers that say "no" out loud. EHOSTUNREACH, EACCES and EPERM are what an ICMP error or a local filter turns into.
const refusals = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'EACCES', 'EPERM']);

const plain = (address) => address.replace(/^::ffff:(?=\d+\.)/i, '');
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
// Each once: a node may have the same address on the interface of each of its pods.
const ownAddresses = () => {
  const all = Object.values(os.networkInterfaces()).flat();
  return all.filter(
    ({ address }, index) =>
      !address.toLowerCase().startsWith('fe80:') &&
      all.findIndex((other) => other.address === address) === index,
  );
};

// Gives each line that arrives. Who sends much without a line is no agent.
const takeLines = (socket, take) => {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) take(line);
    if (rest.length > 4096) socket.destroy();
  });
};

const parsePorts = (text) =>
  text.split(',').flatMap((entry) => {
    if (entry === '') return [];
    const [, protocol, port] = /^(TCP|UDP)\/(\d{1,5})$/.exec(entry) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65535)
      throw new Error(`\`--ports\` wants TCP/PORT or UDP/PORT, got ${entry}`);
    return { protocol, port: Number(port) };
  });

// Tries for three seconds. An address that was added a moment ago may still be tentative (duplicate address detection)
// and refuse the bind; a port of a node may still be that of a pod that has just gone.
const bindPatiently = async (bind) => {
  for (let attempt = 1; ; attempt += 1) {
    const error = await bind();
    if (error === undefined) return;
    if (!['EADDRNOTAVAIL', 'EADDRINUSE'].includes(error.code) || attempt === 60) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

// A dual-stack wildcard is right for TCP: an accepted connection answers from the address that was asked.
const serveTCP = (name, port) => {
  const server = net.createServer((socket) => {
    const source = plain(socket.remoteAddress ?? '');
    socket.on('error', () => socket.destroy());
    socket.setTimeout(idle.probe, () => socket.destroy());
    socket.setNoDelay(true);
    // The asker closes, most of them after this greeting. Each line of a flow is a nonce, and is answered.
    socket.write(`${JSON.stringify({ name, source })}\n`);
    takeLines(socket, (line) => {
      socket.setTimeout(idle.flow);
      socket.write(`${JSON.stringify({ nonce: line.slice(0, nonceBytes), name, source })}\n`);
    });
  });
  return bindPatiently(
    () =>
      new Promise((resolve) => {
        server.removeAllListeners('error').on('error', resolve);
        // Sweeps connect in bursts, and a full accept queue drops SYNs, which would look like a policy.
        server.removeAllListeners('listening').listen({ port, backlog: 4096 }, () => resolve());
      }),
  );
};

// One socket for each own address: a wildcard socket answers from the address that the routing table prefers, and
// the connected socket of the asker drops an answer from an address that it did not ask.
const serveUDP = (name, port, { address, family }) =>
  bindPatiently(async () => {
    const socket = dgram.createSocket({
      type: family === 'IPv6' ? 'udp6' : 'udp4',
      ipv6Only: family === 'IPv6',
    });
    socket.on('message', (message, { address: source, port: sourcePort }) => {
      // What is longer than a nonce is padding, and its echo would amplify.
      const nonce = message.toString('latin1', 0, nonceBytes);
      const answer = { nonce, name, source: plain(source), bytes: message.length };
      socket.send(JSON.stringify(answer), sourcePort, source, () => {});
    });
    const error = await new Promise((resolve) => {
      socket.once('error', resolve);
      socket.bind(port, address, () => resolve());
    });
    if (error === undefined) socket.on('error', () => {});
    else socket.close();
    // On a node addresses come and go with the pods.
    return ownAddresses().some((own) => own.address === address) ? error : undefined;
  });

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
const parseGreeting = (text) => {
  try {
    const greeting = JSON.parse(text);
    return typeof greeting.source === 'string' ? greeting : undefined;
  } catch {
    return undefined;
  }
};

const connected = ({ name, source }) => ({
  outcome: 'connected',
  ...(name === null ? {} : { answeredBy: name }),
  sourceSeen: source,
});

const connectTCP = (address, { port, localAddress }, finish) => {
  const socket = net.connect({ host: address, port, localAddress, autoSelectFamily: false });
  let handshake = false;
  let text = '';
  const ended = (why) =>
    finish(
      handshake
        ? { outcome: 'error', handshake, detail: `handshake, but no greeting: ${why}` }
        : { outcome: 'dropped' },
    );
  socket.setEncoding('utf8');
  socket.on('connect', () => (handshake = true));
  socket.on('data', (chunk) => {
    text += chunk;
    if (!text.includes('\n') && text.length < 4096) return;
    const greeting = parseGreeting(text.split('\n')[0]);
    finish(
      greeting
        ? connected(greeting)
        : { outcome: 'error', detail: "handshake, but the greeting is not an agent's" },
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

// A channel carries questions to one server and its answers back, until it ends.
const openTCPChannel = (address, { port, localAddress }, onAnswer, onEnd) => {
  const socket = net.connect({ host: address, port, localAddress, autoSelectFamily: false, noDelay: true });
  takeLines(socket, onAnswer);
  socket.on('error', (error) => onEnd(failed(error)));
  socket.on('close', () => onEnd({ outcome: 'refused', detail: 'the other end closed' }));
  return { send: (text) => socket.write(`${text}\n`), close: () => socket.destroy() };
};

const openUDPChannel = (address, { port, localAddress }, onAnswer, onEnd) => {
  const six = net.isIPv6(address);
  let socket;
  let unsent = [];
  const send = (text) =>
    unsent ? unsent.push(text) : socket?.send(text, (error) => error && onEnd(failed(error)));
  const open = (attempts) => {
    const current = dgram.createSocket({ type: six ? 'udp6' : 'udp4', ipv6Only: six });
    socket = current;
    const fail = (error) => socket === current && onEnd(failed(error));
    current.on('message', (message) => onAnswer(message.toString('latin1')));
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
          if (socket !== current) return;
          if (error) {
            fail(error);
            return;
          }
          const late = unsent;
          unsent = undefined;
          for (const text of late) send(text);
        });
      },
    );
  };
  open(100);
  const close = () => {
    socket?.close();
    socket = undefined;
  };
  return { send, close };
};

const createNonce = () =>
  Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10))
    .join('')
    .slice(0, 32);

// A channel and those who wait for an answer over it: several at once, each with a nonce of its own.
const openExchange = (address, request) => {
  const { protocol, traffic, flow, single } = request;
  const waiting = new Map();
  let end;
  let strange = false;
  const onAnswer = (text) => {
    const greeting = parseGreeting(text);
    const take = waiting.get(greeting?.nonce);
    if (take) take(greeting);
    // A flow meets its greeting, and answers that nobody waits for any more.
    else strange ||= !greeting || !flow;
  };
  const onEnd = (result) => {
    end ??= result;
    for (const take of waiting.values()) take(undefined);
  };
  const channel = (protocol === 'TCP' ? openTCPChannel : openUDPChannel)(address, request, onAnswer, onEnd);
  const ask = (deadline, finish) => {
    const isFragmented = traffic === 'fragmented';
    const nonce = isFragmented ? createNonce().padEnd(nonceBytes, '.') : createNonce();
    const text = isFragmented ? nonce.padEnd(fragmentedBytes, '.') : nonce;
    const take = (greeting) => {
      if (!greeting) finish(end);
      else if (protocol === 'UDP' && greeting.bytes !== undefined && greeting.bytes !== text.length)
        finish({ outcome: 'error', detail: `${greeting.bytes} of ${text.length} bytes arrived` });
      else finish(connected(greeting));
    };
    const silence = () =>
      strange ? { outcome: 'error', detail: "an answer that is not an agent's" } : { outcome: 'dropped' };
    waiting.set(nonce, take);
    let resend;
    if (end) take(undefined);
    else channel.send(text);
    // One datagram may be lost without anybody's policy: a queue was full, a neighbour was being resolved.
    if (protocol === 'UDP' && !single) resend = setTimeout(() => end ?? channel.send(text), deadline / 3);
    const dispose = () => {
      clearTimeout(resend);
      waiting.delete(nonce);
    };
    return { expire: () => finish(silence()), dispose };
  };
  return { ask, close: channel.close };
};

const askUDP = (address, request, finish) => {
  const exchange = openExchange(address, request);
  const { expire, dispose } = exchange.ask(request.deadline, finish);
  const close = () => {
    dispose();
    exchange.close();
  };
  return { expire, dispose: close };
};

// Nobody listens: the ICMP error that says so is the answer that is waited for.
const askUnreachable = (address, request, finish) =>
  askUDP(address, request, (result) => {
    if (result.detail === 'ECONNREFUSED') finish({ outcome: 'connected' });
    else if (result.outcome !== 'connected') finish(result);
    else finish({ outcome: 'error', detail: 'somebody listens, so no ICMP error comes' });
  });

// The pod's first name server, and the cluster's domain: in the search list it stands behind that of all Services.
const readResolver = () => {
  const file = process.env.NETPOL_RESOLV_CONF ?? '/etc/resolv.conf';
  const lines = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const server = lines.find(([key, value]) => key === 'nameserver' && net.isIP(value))?.[1];
  const searched = lines.findLast(([key]) => key === 'search') ?? [];
  const services = searched.find((domain) => domain.startsWith('svc.'));
  if (server === undefined) throw new Error(`DNS: no name server in ${file}`);
  if (services === undefined) throw new Error(`DNS: no svc.DOMAIN in the search list of ${file}`);
  return { server, domain: services.slice('svc.'.length) };
};

// https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1
const responseCodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const createQuestion = (id, name, isIPv6) => {
  const header = Buffer.alloc(12);
  const [recursionDesired, questions] = [0x0100, 1];
  for (const [index, word] of [id, recursionDesired, questions].entries())
    header.writeUInt16BE(word, index * 2);
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  // The root, then A or AAAA of the internet.
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, isIPv6 ? 28 : 1, 0, 1])]);
};

// Not by `dns.lookup` or a Resolver of Node: they keep silence, a refusal and a lame server less apart, and take
// source ports by chance. An answer without an address says nothing about policies: the name was to be known.
const lookUp = (address, request, finish) => {
  const { host, family, deadline } = request;
  const name = `${host}.${readResolver().domain}`;
  const id = Math.floor(Math.random() * 0x10000);
  let strange = false;
  const onAnswer = (text) => {
    const answer = Buffer.from(text, 'latin1');
    if (answer.length < 12 || answer.readUInt16BE(0) !== id || answer[2] < 0x80) {
      strange = true;
      return;
    }
    const code = answer[3] & 0x0f;
    const isKnown = code === 0 && answer.readUInt16BE(6) > 0;
    const word = code === 0 ? 'no address' : (responseCodes[code] ?? `code ${code}`);
    finish(isKnown ? { outcome: 'connected' } : { outcome: 'error', detail: `DNS: ${word} for ${name}` });
  };
  const channel = openUDPChannel(address, request, onAnswer, finish);
  const question = createQuestion(id, name, family === 6);
  channel.send(question);
  // As with every datagram: one may be lost without anybody's policy.
  const resend = setTimeout(() => channel.send(question), deadline / 3);
  const silence = () =>
    strange ? { outcome: 'error', detail: 'an answer that is not DNS' } : { outcome: 'dropped' };
  const dispose = () => {
    clearTimeout(resend);
    channel.close();
  };
  return { expire: () => finish(silence()), dispose };
};

// Connections that stay, by the ids that the asker gave them.
const flows = new Map();
const closeFlow = (id) => {
  const flow = flows.get(id);
  flows.delete(id);
  clearTimeout(flow?.timer);
  flow?.close();
};

const useFlow = (address, request, finish) => {
  const { id, use } = request.flow;
  if (use !== 'exchange') closeFlow(id);
  if (use === 'open') flows.set(id, openExchange(address, request));
  const flow = flows.get(id);
  if (!flow) {
    finish(
      use === 'close' ? { outcome: 'connected' } : { outcome: 'error', detail: `no flow ${id} is open` },
    );
    return undefined;
  }
  clearTimeout(flow.timer);
  flow.timer = setTimeout(closeFlow, idle.flow, id);
  return flow.ask(request.deadline, finish);
};

// What the `ping` of iputils or busybox said about one echo. Busybox has one exit code for silence and for misuse.
const judgePing = (said, complaint) => {
  if (/bytes from/.test(said)) return { outcome: 'connected' };
  const refusal = /^From .*|.*send(?:msg|to): (?:Operation not permitted|Permission denied)/m.exec(
    `${said}\n${complaint}`,
  );
  if (refusal) return { outcome: 'refused', detail: refusal[0] };
  if (complaint.trim() === '') return { outcome: 'dropped' };
  return {
    outcome: 'error',
    detail: `ping: ${complaint
      .trim()
      .split('\n')
      .at(-1)
      .replace(/^ping6?: /, '')}`,
  };
};

const pings = new Set();
const ping = (address, { deadline }, finish) => {
  // Our deadline is exact, that of `ping` is not.
  const wait = String(Math.ceil(deadline / 1000) + 1);
  const options = [net.isIPv6(address) ? '-6' : '-4', '-n', '-c', '1', '-W', wait, address];
  const child = spawn('ping', options, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = ['', ''];
  pings.add(child);
  for (const [index, stream] of [child.stdout, child.stderr].entries())
    stream.setEncoding('utf8').on('data', (chunk) => (said[index] += chunk));
  child.on('error', ({ code }) => finish({ outcome: 'error', detail: `no usable ping program: ${code}` }));
  child.on('close', () => {
    pings.delete(child);
    finish(judgePing(...said));
  });
  // Not before it has ended: its place goes to another process.
  const end = () => child.kill('SIGKILL');
  return { expire: end, dispose: end };
};
process.on('exit', () => {
  for (const child of pings) child.kill('SIGKILL');
});

const resolveHost = ({ host, family, traffic }) =>
  new Promise((resolve, reject) => {
    const known = net.isIP(host);
    if (traffic === 'lookup') resolve(readResolver().server);
    else if (known === 0)
      dns.lookup(host, { family: family ?? 0 }, (error, address) =>
        error ? reject(error) : resolve(address),
      );
    else if (family === undefined || family === known) resolve(host);
    else reject(new Error(`${host} is not an address of family ${family}`));
  });

const complaintAbout = (request) => {
  const { protocol, host, port, deadline, family, localAddress, traffic, flow } = request ?? {};
  if (!['TCP', 'UDP', 'ICMP'].includes(protocol))
    return `\`protocol\` wants TCP, UDP or ICMP, got ${protocol}`;
  if (typeof host !== 'string' || host === '') return '`host` wants an address or a name';
  if (protocol !== 'ICMP' && (!Number.isInteger(port) || port < 1 || port > 65535))
    return `\`port\` wants 1 to 65535, got ${port}`;
  if (!(deadline > 0 && deadline <= 600_000)) return `\`deadline\` wants milliseconds, got ${deadline}`;
  if (![undefined, 4, 6].includes(family)) return `\`family\` wants 4 or 6, got ${family}`;
  if (localAddress !== undefined && !net.isIP(localAddress))
    return `\`localAddress\` wants an address, got ${localAddress}`;
  if (
    traffic !== undefined &&
    (protocol !== 'UDP' || !['fragmented', 'unreachable', 'lookup'].includes(traffic))
  )
    return `\`traffic\` wants fragmented, unreachable or lookup UDP, got ${traffic} ${protocol}`;
  if (flow !== undefined && (protocol === 'ICMP' || !['open', 'exchange', 'close'].includes(flow?.use)))
    return `\`flow\` wants to open, exchange or close over TCP or UDP, got ${flow?.use} over ${protocol}`;
  return undefined;
};

const chooseAttempt = ({ protocol, traffic, flow }) => {
  if (flow) return useFlow;
  if (protocol !== 'UDP') return protocol === 'TCP' ? connectTCP : ping;
  if (traffic === 'lookup') return lookUp;
  return traffic === 'unreachable' ? askUnreachable : askUDP;
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
        attempt = chooseAttempt(request)(address, request, finish);
        // It may have ended before there was something to dispose of.
        if (done) attempt?.dispose();
      },
      (error) =>
        finish({
          outcome: 'error',
          detail: error.syscall === 'getaddrinfo' ? `DNS: ${error.code}` : error.message,
        }),
    );
  });

const createLimit = (most) => {
  let running = 0;
  const waiting = [];
  return async (work) => {
    if (running >= most) await new Promise((resolve) => waiting.push(resolve));
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
};
const limited = createLimit(concurrency);
const limitedEcho = createLimit(echoConcurrency);
const probeInTurn = (request) => (request?.protocol === 'ICMP' ? limitedEcho : limited)(() => probe(request));

const now = () => performance.timeOrigin + performance.now();

// What one flow met: probes end in another order than they were sent in, as a silence takes longest to tell.
const createRuns = (longestPause, tell) => {
  const sent = [];
  let run;
  const settle = () => {
    while (sent[0]?.result !== undefined) {
      const { at, result } = sent.shift();
      if (run?.outcome !== result.outcome || run.detail !== result.detail || at - run.to > longestPause)
        run = { ...result, from: at };
      run.to = at;
      tell(run);
    }
  };
  return (work) => {
    const entry = { at: now() };
    sent.push(entry);
    return work().then((result) => {
      entry.result = result;
      settle();
    });
  };
};

const judgeProbe = ({ outcome, detail, handshake, answeredBy, milliseconds }, { answerer, grades = [] }) => {
  if (handshake) return { outcome: 'handshake' };
  if (outcome === 'error') return { outcome, detail };
  if (outcome === 'connected' && answerer !== undefined && answeredBy !== answerer)
    return { outcome: 'error', detail: `answered by ${answeredBy}` };
  const grade = outcome === 'connected' && grades.find((most) => milliseconds <= most);
  return grade ? { outcome, detail: String(grade) } : { outcome };
};

// Datagrams that came to these ports of this network and found no room: who serves there was waiting for a processor.
// The last column, by the port in hexadecimal: https://docs.kernel.org/networking/proc-net-tcp.html
const countRefusedDatagrams = (ports) =>
  ['udp', 'udp6'].reduce((sum, table) => {
    try {
      const sockets = fs.readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1);
      const own = sockets.map((line) => line.trim().split(/\s+/));
      return own.reduce(
        (count, words) =>
          ports.has(parseInt(words[1].split(':')[1], 16)) ? count + Number(words.at(-1)) : count,
        sum,
      );
    } catch {
      return sum;
    }
  }, 0);

// Tells, ten times a second at most, whether datagrams were refused since it was asked last.
const watchDatagrams = (ports) => {
  const known = new Set(ports);
  let last = countRefusedDatagrams(known);
  let lookedAt = performance.now();
  let refusedAt = Number.NEGATIVE_INFINITY;
  return (sentAt) => {
    if (performance.now() - lookedAt >= 100) {
      lookedAt = performance.now();
      const before = last;
      last = countRefusedDatagrams(known);
      if (last !== before) refusedAt = lookedAt;
    }
    return sentAt <= refusedAt;
  };
};

// Asks over one flow, again and again, each time by a new connection or over one that stays.
const createAsker = (id, { lives, answerer, grades, datagrams, ...request }) => {
  let isOpen = false;
  const haveBeenRefused = datagrams ? watchDatagrams(datagrams) : () => false;
  return async () => {
    const sentAt = performance.now();
    const flow = lives ? { flow: { id, use: isOpen ? 'exchange' : 'open' } } : {};
    isOpen = true;
    const result = await probe({ ...request, single: true, ...flow });
    // What was cut is opened anew, also where the kernel gave it up; what is silent may come back.
    const isSilent = result.outcome === 'dropped' && result.detail === undefined;
    if (result.outcome !== 'connected' && !isSilent) isOpen = false;
    if (haveBeenRefused(sentAt)) return { outcome: 'error', detail: 'it had no room for datagrams' };
    return judgeProbe(result, { answerer, grades });
  };
};

const startMonitor = (id, { interval, flows: watched }) => {
  const changed = new Map();
  const watches = watched.map((asked, index) => {
    const tell = (run) => changed.set(`${index} ${run.from}`, [index, run]);
    const record = createRuns(2 * interval, tell);
    const ask = createAsker(`${id} ${index}`, asked);
    return () => record(ask);
  });
  const pending = new Set();
  let next = performance.now();
  const tick = () => {
    for (const watch of watches) {
      const work = watch().then(() => pending.delete(work));
      pending.add(work);
    }
    // Who is late goes on from there: a burst of what was missed would tell nothing about the time when it was due.
    next = Math.max(next + interval, performance.now());
    timer = setTimeout(tick, Math.max(0, next - performance.now()));
  };
  let timer = setTimeout(tick, 0);
  const flush = (end = {}) => {
    const runs = [...changed.values()].map(([index, { outcome, from, to, detail }]) =>
      detail === undefined ? [index, outcome, from, to] : [index, outcome, from, to, detail],
    );
    changed.clear();
    print({ id, runs, ...end });
  };
  const flusher = setInterval(() => flush(), 500);
  return async () => {
    clearTimeout(timer);
    clearInterval(flusher);
    await Promise.all(pending);
    for (const index of watched.keys()) closeFlow(`${id} ${index}`);
    flush({ done: true });
  };
};

const complaintAboutMonitor = ({ interval, flows: watched }) => {
  if (!(interval >= 1 && interval <= 60_000)) return `\`interval\` wants milliseconds, got ${interval}`;
  if (!Array.isArray(watched)) return '`flows` wants a list';
  return watched.map(complaintAbout).find((each) => each !== undefined);
};

// By id, how each monitor under way is stopped. What it has to say it prints itself.
const monitors = new Map();
const useMonitor = async (id, asked) => {
  const complaint = asked === null ? undefined : complaintAboutMonitor(asked);
  if (complaint !== undefined) return { id, error: complaint };
  const stop = monitors.get(id);
  monitors.delete(id);
  await stop?.();
  if (asked !== null) monitors.set(id, startMonitor(id, asked));
  return undefined;
};

const answer = async (line) => {
  let request;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { id: null, error: `not JSON: ${error.message}` };
  }
  const id = Number.isInteger(request?.id) ? request.id : null;
  if (id !== null && request.clock !== undefined) return { id, clock: now(), asked: request.clock };
  if (id !== null && typeof request.monitor === 'object') return useMonitor(id, request.monitor);
  if (id === null || !Array.isArray(request.probes))
    return { id, error: 'not a request: wanted {"id":1,"probes":[]}' };
  return { id, results: await Promise.all(request.probes.map(probeInTurn)) };
};

const takeRequests = () => {
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== '') void answer(line).then((said) => said && print(said));
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
