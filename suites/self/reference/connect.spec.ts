import { expect } from 'chai';
import { execa } from 'execa';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnector, describeConnection } from '../../../helpers/reference/connect.ts';
import { createState } from './worlds.ts';

const describeNode0 = (nodes = createState().nodes): string =>
  describeConnection({ ...createState(), nodes }, 'node0') ?? '';

describe('reference connect', () => {
  let directory: string;
  let programs: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'connect-'));
    programs = mkdtempSync(join(tmpdir(), 'connect-programs-'));
  });
  afterEach(() => [directory, programs].map((folder) => rmSync(folder, { recursive: true })));
  const connectBy = (runRoutes: (lines: string) => Promise<void>) =>
    createConnector({
      ...{ configurationDirectory: directory, programDirectory: programs, runRoutes },
      prepareNode: () => {},
    });

  it('waits for the podCIDRs of its own node', () => {
    const [own, ...others] = createState().nodes;
    if (own === undefined) throw new Error('the state lost its nodes');
    expect(describeConnection({ ...createState(), nodes: others }, 'node0')).to.equal(undefined);
    const nodes = [{ ...own, podCIDRs: [] }, ...others];
    expect(describeConnection({ ...createState(), nodes }, 'node0')).to.equal(undefined);
  });

  it('writes the ranges of its own node and routes to the others, each by the address of its family', async () => {
    const batches: string[] = [];
    const connect = connectBy(async (lines) => void batches.push(lines));
    await connect(describeNode0());
    expect(batches).to.deep.equal([
      'route replace 10.0.1.0/24 via 192.0.2.2\nroute replace fd00:0:0:1::/64 via 2001:db8::2\n',
    ]);
    expect(readdirSync(directory)).to.deep.equal(['10-netpol-reference.conflist']);
    const { plugins } = JSON.parse(readFileSync(join(directory, '10-netpol-reference.conflist'), 'utf8'));
    expect(plugins[1].ipam.ranges).to.deep.equal([[{ subnet: '10.0.0.0/24' }], [{ subnet: 'fd00::/64' }]]);
    expect(plugins.map(({ type }: { type: string }) => type)).to.deep.equal([
      ...['netpol-reference', 'ptp', 'portmap'],
    ]);
  });

  it('puts a CNI plugin on the node after which interfaces have no duplicate address detection', async () => {
    await connectBy(async () => {})(describeNode0());
    const ask = async (command: string, more: object = {}): Promise<unknown> => {
      const env = { CNI_COMMAND: command, ...more };
      const { stdout } = await execa(join(programs, 'netpol-reference'), { env, input: '{}' });
      return stdout === '' ? '' : JSON.parse(stdout);
    };
    expect(await ask('VERSION')).to.deep.equal({ cniVersion: '0.3.1', supportedVersions: ['0.3.1'] });
    expect(await ask('DEL')).to.equal('');
    const nothing = { cniVersion: '0.3.1', interfaces: [], ips: [] };
    expect(await ask('ADD', { CNI_NETNS: '/none' })).to.deep.equal(nothing);
    const folder = '/proc/sys/net/ipv6/conf';
    const script = `CNI_COMMAND=ADD CNI_NETNS=/proc/self/ns/net ${programs}/netpol-reference
      ip link add one type veth peer name two && cat ${folder}/one/accept_dad ${folder}/lo/accept_dad`;
    const { stdout } = await execa('unshare', ['-Urnm', 'sh', '-c', script]);
    expect(stdout.split('\n').slice(1)).to.deep.equal(['0', '-1']);
  });

  it('removes the routes to a node that has gone', async () => {
    const batches: string[] = [];
    const connect = connectBy(async (lines) => void batches.push(lines));
    await connect(describeNode0());
    await connect(describeNode0(createState().nodes.slice(0, 1)));
    expect(batches[1]).to.equal('route del 10.0.1.0/24\nroute del fd00:0:0:1::/64\n');
  });

  it('writes no configuration before the routes are there', async () => {
    const connect = connectBy(() => Promise.reject(new Error('no route')));
    expect(await connect(describeNode0()).catch(String)).to.include('no route');
    expect(readdirSync(directory)).to.deep.equal([]);
  });
});
