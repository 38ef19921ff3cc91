import { expect } from 'chai';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import { freePort, startAgentWith } from './agents.ts';

type Answer = (query: Buffer) => Buffer | undefined;

/** The name and type that a query asks for: the name begins after the header, the type follows its root. */
const readQuestion = (query: Buffer): string => {
  const labels: string[] = [];
  let at = 12;
  while (query[at] !== 0) {
    const length = query[at] ?? 0;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return `${labels.join('.')} ${query.readUInt16BE(at + 1)}`;
};

/** The query turned into an answer with this code and so many addresses. */
const respond = (query: Buffer, code: number, addresses: number): Buffer => {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8180 | code, 2);
  answer.writeUInt16BE(addresses, 6);
  return answer;
};

/** A DNS server of the test on the loopback. */
const serveDNS = async (answer: Answer) => {
  const questions: string[] = [];
  const socket = dgram.createSocket('udp4', (query, { port }) => {
    questions.push(readQuestion(query));
    const said = answer(query);
    if (said) socket.send(said, port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, questions, [Symbol.dispose]: () => void socket.close() };
};

const usual =
  'search x.svc.cluster.test svc.cluster.test cluster.test\nnameserver 127.0.0.1\noptions ndots:5\n';

describe('The probe agent, looking up a name', function () {
  this.timeout(20_000);
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'netpol-lookup-'))));
  after(() => rmSync(folder, { recursive: true }));

  const lookUp = async (
    port: number,
    { resolver = usual, ...more }: { resolver?: string; deadline?: number; family?: number } = {},
  ): Promise<Observation | undefined> => {
    const file = join(folder, 'resolv.conf');
    writeFileSync(file, resolver);
    await using agent = startAgentWith({ NETPOL_RESOLV_CONF: file }, 'probe');
    await agent.next();
    const lookup = {
      protocol: 'UDP',
      traffic: 'lookup',
      host: 'web.y.svc',
      port,
      deadline: 2_000,
      family: 4,
    };
    agent.ask({ id: 1, probes: [{ ...lookup, ...more }] });
    return (await agent.next()).results[0];
  };
  const said = (seen: Observation | undefined): string =>
    [seen?.outcome, seen?.detail].filter(Boolean).join(' ');

  it('is connected where the first name server knows an address of the family in the domain of the cluster', async () => {
    using server = await serveDNS((query) => respond(query, 0, 1));
    expect(said(await lookUp(server.port))).to.equal('connected');
    const two = `${usual}nameserver 127.0.0.2\n`;
    expect(said(await lookUp(server.port, { resolver: two, family: 6 }))).to.equal('connected');
    expect(server.questions).to.deep.equal(['web.y.svc.cluster.test 1', 'web.y.svc.cluster.test 28']);
  });

  it('takes silence for a drop, after it has asked again', async () => {
    using server = await serveDNS(() => undefined);
    expect(said(await lookUp(server.port, { deadline: 300 }))).to.equal('dropped');
    expect(server.questions).to.have.length(2);
  });

  it('is connected where only the second question is answered', async () => {
    let asked = 0;
    using server = await serveDNS((query) => ((asked += 1) === 2 ? respond(query, 0, 1) : undefined));
    expect(said(await lookUp(server.port))).to.equal('connected');
  });

  it('is refused where nobody listens', async () => {
    expect(said(await lookUp(await freePort()))).to.equal('refused ECONNREFUSED');
  });

  it('cannot tell where the name is not known, the server fails, or something else answers', async () => {
    const answers: [Answer, string][] = [
      [(query) => respond(query, 3, 0), 'error DNS: NXDOMAIN for web.y.svc.cluster.test'],
      [(query) => respond(query, 2, 0), 'error DNS: SERVFAIL for web.y.svc.cluster.test'],
      [(query) => respond(query, 0, 0), 'error DNS: no address for web.y.svc.cluster.test'],
      [() => Buffer.from('hello'), 'error an answer that is not DNS'],
      // Its own question that comes back is no answer either.
      [(query) => query, 'error an answer that is not DNS'],
    ];
    for (const [answer, wanted] of answers) {
      using server = await serveDNS(answer);
      expect(said(await lookUp(server.port, { deadline: 500 }))).to.equal(wanted);
    }
  });

  it('cannot tell without a name server, or without the domain of the cluster', async () => {
    const resolvers = ['search svc.cluster.test\n', 'nameserver 127.0.0.1\nsearch example.test\n'];
    const details: (string | undefined)[] = [];
    for (const resolver of resolvers) {
      const seen = await lookUp(await freePort(), { resolver });
      expect(seen?.outcome).to.equal('error');
      details.push(seen?.detail?.replace(/ (in|of) .*/, ''));
    }
    expect(details).to.deep.equal(['DNS: no name server', 'DNS: no svc.DOMAIN']);
  });
});
