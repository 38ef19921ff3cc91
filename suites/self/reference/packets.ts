// Runs inside network and mount namespaces of its own (see plugin.spec.ts): makes a node with the pods x/a and x/b,
// starts the plugin, and answers each line `{"state":...}` or `{"probes":[[from, address, port], ...]}`, `"kill"` or `"stop"`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const pods = { a: 1, b: 2 };
const serve = `for (const port of [80, 81]) require('net').createServer((s) => { s.on('error', () => {}); s.end(); }).listen(port, '::', () => console.log('up'))`;
const probe = `const [host, port] = process.argv.slice(1);
const s = require('net').connect({ host, port: Number(port) });
const end = (word) => { console.log(word); process.exit(); };
s.on('connect', () => end('open')); s.on('error', (e) => end(e.code)); setTimeout(end, 250, 'drop')`;

const ip = (line: string): void => void execFileSync('ip', line.split(' '));
const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
const inPod = (pod: string, ...program: string[]) =>
  spawn('ip', ['netns', 'exec', pod, process.execPath, '-e', ...program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

execFileSync('mount', ['-t', 'tmpfs', 'none', '/run']);
ip('link set lo up');
execFileSync('sh', [
  '-c',
  'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding',
]);
for (const [pod, number] of Object.entries(pods)) {
  ip(`netns add ${pod}`);
  ip(`link add veth-${pod} type veth peer name eth0 netns ${pod}`);
  for (const [address, gateway, bits, flag] of [
    [`10.0.0.${number}`, '10.0.0.254', '32', 'noprefixroute'],
    [`fd00::${number}`, 'fd00::fe', '128', 'nodad'],
  ]) {
    ip(`address add ${gateway}/${bits} dev veth-${pod} ${flag}`);
    ip(`-n ${pod} address add ${address}/${bits} dev eth0 ${flag}`);
  }
  ip(`link set veth-${pod} up`);
  ip(`-n ${pod} link set lo up`);
  ip(`-n ${pod} link set eth0 up`);
  for (const [address, gateway] of [
    [`10.0.0.${number}`, '10.0.0.254'],
    [`fd00::${number}`, 'fd00::fe'],
  ]) {
    ip(`route add ${address} dev veth-${pod}`);
    ip(`-n ${pod} route add ${gateway} dev eth0`);
    ip(`-n ${pod} route add default via ${gateway}`);
  }
  await once(inPod(pod, serve).stdout, 'data');
}
await once(createServer((socket) => socket.on('error', () => {}).end()).listen(80, '::'), 'listening');

const plugin = spawn(process.execPath, [process.argv[2] ?? '', '--node', 'node0', ...process.argv.slice(3)], {
  stdio: ['pipe', 'pipe', 'ignore'],
});
plugin.stdin.on('error', () => {});
const applied = createInterface({ input: plugin.stdout })[Symbol.asyncIterator]();

const runProbe = async ([from = '', address = '', port = '']: string[]): Promise<string> => {
  const [word] = await once(
    from === 'node'
      ? spawn(process.execPath, ['-e', probe, address, port], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout
      : inPod(from, probe, address, port).stdout,
    'data',
  );
  return String(word).trim();
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request === 'kill' || request === 'stop') {
    plugin.kill(request === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await once(plugin, 'close');
    say('ended');
  } else if (request.probes !== undefined) {
    say(await Promise.all(request.probes.map(runProbe)));
  } else {
    plugin.stdin.write(
      `${typeof request.state === 'string' ? request.state : JSON.stringify(request.state)}\n`,
    );
    if (typeof request.state !== 'string') say(JSON.parse((await applied.next()).value ?? 'null'));
  }
}
process.exit();
