import { expect } from 'chai';
import { once } from 'node:events';
import net from 'node:net';
import { freePort, portOf, startAgent } from './agents.ts';

const greetingOf = async (port: number): Promise<string> => {
  const [data] = await once(net.connect(port, '127.0.0.1'), 'data');
  return String(data);
};

describe('The process of a probe agent', function () {
  this.timeout(20_000);

  it('says who it is and where, once it serves', async () => {
    await using other = startAgent('serve+probe', '--name', 'y/b', '--ports', '');
    const { hello } = await other.next();
    expect(hello).to.include({ version: 1, name: 'y/b' });
    expect(hello.addresses).to.not.include('127.0.0.1');
    expect(hello.addresses.every((address: string) => net.isIP(address) > 0)).to.equal(true);
  });

  it('ends with its stdin, unless it only serves', async () => {
    const free = await freePort();
    const kinds = [startAgent('probe'), startAgent('serve+probe', '--ports', `TCP/${free}`)];
    for (const agent of kinds) {
      await agent.next();
      agent.child.stdin.end();
      expect(await agent.ended).to.equal(0);
    }
    await using serving = startAgent('serve', '--ports', `TCP/${free}`);
    await serving.next();
    serving.child.stdin.end();
    serving.ask('not read');
    expect(await greetingOf(free)).to.include('"source":"127.0.0.1"');
    serving.child.kill('SIGTERM');
    expect(await serving.ended).to.equal(0);
  });

  it('refuses a port that is taken and ports that it cannot read', async () => {
    const taken = net.createServer().listen(0);
    await once(taken, 'listening');
    for (const ports of [`TCP/${portOf(taken)}`, 'SCTP/80', 'TCP/0', 'TCP/99999']) {
      await using agent = startAgent('serve', '--ports', ports);
      expect(await agent.ended, ports).to.equal(1);
    }
    taken.close();
  });
});
