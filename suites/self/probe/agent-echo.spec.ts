import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import { outcomes, startAgentWith, type AgentProcess } from './agents.ts';

/** What the programs of iputils and busybox print, by the address that they are asked for. */
const pingProgram = `#!/bin/sh
for host; do :; done
case "$host" in
  127.0.0.1) echo "64 bytes from $host: icmp_seq=1 ttl=64 time=0.03 ms" ;;
  127.0.0.2) echo "64 bytes from $host: seq=0 ttl=64 time=0.061 ms" ;;
  127.0.0.3) printf 'PING %s\\n\\n1 packets transmitted, 0 received, 100%% packet loss, time 0ms\\n' "$host"; exit 1 ;;
  127.0.0.4) exec /bin/sleep 60 ;;
  127.0.0.5) printf 'PING %s\\nFrom 10.0.0.1 icmp_seq=1 Packet filtered\\n' "$host"; exit 1 ;;
  127.0.0.6) echo 'ping: sendmsg: Operation not permitted' >&2; exit 1 ;;
  127.0.0.7) echo 'ping: permission denied (are you root?)' >&2; exit 1 ;;
  127.0.0.8) printf 'ping: socktype: SOCK_RAW\\nping: socket: Operation not permitted\\n' >&2; exit 2 ;;
  *) [ "$1" = -6 ] && echo "64 bytes from $host: icmp_seq=1" ;;
esac
`;

describe('The probe agent sends an echo by the ping program', function () {
  this.timeout(20_000);
  let folder: string;
  let agent: AgentProcess;

  const ask = async (hosts: readonly string[], deadline = 5_000, asked = agent): Promise<Observation[]> => {
    asked.ask({ id: 1, probes: hosts.map((host) => ({ protocol: 'ICMP', host, port: 0, deadline })) });
    return (await asked.next()).results;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netpol-ping-'));
    await writeFile(join(folder, 'ping'), pingProgram);
    await chmod(join(folder, 'ping'), 0o755);
    agent = startAgentWith({ PATH: folder }, 'probe');
    await agent.next();
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const rows: [host: string, outcome: string, claim: string][] = [
    ['127.0.0.1', 'connected', 'an answer as iputils prints it'],
    ['127.0.0.2', 'connected', 'an answer as busybox prints it'],
    ['::1', 'connected', 'an answer over IPv6'],
    ['127.0.0.3', 'dropped', 'no answer'],
    ['127.0.0.5', 'refused From 10.0.0.1 icmp_seq=1 Packet filtered', 'an ICMP error'],
    ['127.0.0.6', 'refused ping: sendmsg: Operation not permitted', 'a filter of the own kernel'],
    ['127.0.0.7', 'error ping: permission denied (are you root?)', 'a busybox without the right to ping'],
    ['127.0.0.8', 'error ping: socket: Operation not permitted', 'an iputils without the right to ping'],
  ];
  for (const [host, outcome, claim] of rows)
    it(`and calls ${outcome.split(' ')[0]} ${claim}`, async () => {
      expect(outcomes(await ask([host]))).to.deep.equal([outcome]);
    });

  it('and calls it an error where there is none', async () => {
    await using without = startAgentWith({ PATH: join(folder, 'nothing') }, 'probe');
    await without.next();
    expect(outcomes(await ask(['127.0.0.1'], 1_000, without))).to.deep.equal([
      'error no usable ping program: ENOENT',
    ]);
  });

  it('and ends what does not answer by the deadline, a bounded number of processes at once', async function () {
    if (process.platform !== 'linux') this.skip();
    const countChildren = (): number =>
      readFileSync(`/proc/${agent.child.pid}/task/${agent.child.pid}/children`, 'utf8').trim().split(' ')
        .length;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, countChildren())), 5);
    const results = await ask(Array(40).fill('127.0.0.4'), 100);
    clearInterval(watch);
    expect(outcomes(results)).to.deep.equal(Array(40).fill('dropped'));
    expect(most).to.be.within(8, 17);
    expect(outcomes(await ask(['127.0.0.1']))).to.deep.equal(['connected']);
    expect(countChildren()).to.be.at.most(1);
  });
});
