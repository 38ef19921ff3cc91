import { expect } from 'chai';
import { cellOf, type Observation } from '../../../helpers/matrix/matrix.ts';
import type { ProbeRequest } from '../../../helpers/probe/link.ts';
import { sweep, type Target } from '../../../helpers/probe/sweep.ts';

const target: Target = {
  kind: { target: 'pod', family: 'IPv4', protocol: 'TCP', port: 80 },
  rows: ['x/a'],
  columns: ['x/a', 'x/b'],
  hostOf: (row, column) => (row === column ? undefined : '10.0.0.2'),
  servers: (column) => [{ pod: column, port: 80 }],
};

const connected: Observation = { outcome: 'connected', milliseconds: 1, answeredBy: 'x/b' };
const dropped: Observation = { outcome: 'dropped', milliseconds: 50 };

/** One round in which the network and the loopback of x/b answer so. */
const seen = async (
  network: Observation,
  loopback: Observation,
  asked: Target = target,
): Promise<Observation> => {
  const probe = (from: string, probes: readonly ProbeRequest[]): Promise<Observation[]> =>
    Promise.resolve(
      probes.map(({ host }) => (host.startsWith('127.') ? (from === 'x/b' ? loopback : connected) : network)),
    );
  const grid = (await sweep({ probe }, [asked], 50)).get(
    asked.kind.target === 'pod' ? 'v4 TCP/80' : 'v4 service TCP/80',
  );
  if (grid === undefined) throw new Error('the grid is missing');
  return cellOf(grid, 'x/a', asked.columns.at(-1) ?? '');
};

describe('sweep', () => {
  it('reports what the network did while the asked pod answers itself', async () => {
    expect(await seen(connected, connected)).to.deep.equal(connected);
    expect(await seen(dropped, connected)).to.deep.equal(dropped);
  });

  it('calls the silence of a pod that does not answer itself an error, not a drop', async () => {
    const { outcome, detail } = await seen(dropped, {
      outcome: 'refused',
      milliseconds: 1,
      detail: 'ECONNREFUSED',
    });
    expect(outcome).to.equal('error');
    expect(detail).to.equal('x/b does not answer itself: ECONNREFUSED');
  });

  it('asks the backends of a Service as well', async () => {
    const service: Target = {
      ...target,
      kind: { ...target.kind, target: 'service' },
      columns: ['x/shop'],
      servers: () => [{ pod: 'x/b', port: 8080 }],
    };
    expect((await seen(dropped, connected, service)).outcome).to.equal('dropped');
    expect((await seen(dropped, dropped, service)).outcome).to.equal('error');
  });

  it('asks a column at the port that it has, and its pods at theirs', async () => {
    const asked: string[] = [];
    const probe = (from: string, probes: readonly ProbeRequest[]): Promise<Observation[]> => {
      asked.push(...probes.map(({ host, port }) => `${from} ${host} ${port}`));
      return Promise.resolve(probes.map(() => connected));
    };
    const kind = { ...target.kind, target: 'node-port' as const };
    const servers = (): { pod: string; port: number }[] => [{ pod: 'x/b', port: 8080 }];
    const columns = ['x/shop'];
    const nodePort = { ...target, kind, columns, servers, portOf: () => 30_080 };
    const grid = (await sweep({ probe }, [nodePort], 50)).get('v4 node-port TCP/80');
    expect(grid && cellOf(grid, 'x/a', 'x/shop').outcome).to.equal('connected');
    expect(asked).to.deep.equal(['x/a 10.0.0.2 30080', 'x/b 127.0.0.1 8080']);
  });

  it('leaves a cell that cannot be asked as an error', async () => {
    const probe = (): Promise<Observation[]> => Promise.resolve([connected, connected]);
    const grid = (await sweep({ probe }, [target], 50)).get('v4 TCP/80');
    expect(grid && cellOf(grid, 'x/a', 'x/a').outcome).to.equal('error');
  });

  describe('asks for special traffic', () => {
    const requestsOf = async (more: Partial<Target['kind']>, asked: Partial<Target> = {}) => {
      const requests: (ProbeRequest & { from: string })[] = [];
      const probe = (from: string, probes: readonly ProbeRequest[]): Promise<Observation[]> => {
        requests.push(...probes.map((request) => ({ ...request, from })));
        return Promise.resolve(probes.map(() => connected));
      };
      await sweep({ probe }, [{ ...target, ...asked, kind: { ...target.kind, ...more } }], 50);
      return requests;
    };

    it('at the address only: on the loopback each pod is asked plainly', async () => {
      const requests = await requestsOf({ protocol: 'UDP', traffic: 'fragmented' });
      expect(requests.map(({ from, host, traffic }) => [from, host, traffic])).to.have.deep.members([
        ['x/a', '127.0.0.1', undefined],
        ['x/a', '10.0.0.2', 'fragmented'],
        ['x/b', '127.0.0.1', undefined],
      ]);
    });

    it('and waits longer where nobody looks twice at silence', async () => {
      const deadlines = async (more: Partial<Target['kind']>): Promise<number[]> =>
        (await requestsOf(more, { servers: () => [] })).map(({ deadline }) => deadline);
      expect(await deadlines({ protocol: 'ICMP', port: 0 })).to.deep.equal([300]);
      expect(await deadlines({ protocol: 'UDP', traffic: 'unreachable' })).to.deep.equal([300]);
      expect(await deadlines({ traffic: 'established' })).to.deep.equal([300]);
      expect(await deadlines({ protocol: 'UDP', traffic: 'fragmented' })).to.deep.equal([50]);
    });

    it('over the flow that was opened for the cell', async () => {
      const flowOf = (row: string, column: string): string => `${row} to ${column}`;
      const [request] = await requestsOf({ traffic: 'established' }, { flowOf, servers: () => [] });
      expect(request?.flow).to.deep.equal({ id: 'x/a to x/b', use: 'exchange' });
      expect(request?.traffic).to.equal(undefined);
    });
  });
});
