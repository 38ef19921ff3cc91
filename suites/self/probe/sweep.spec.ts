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

  it('leaves a cell that cannot be asked as an error', async () => {
    const probe = (): Promise<Observation[]> => Promise.resolve([connected, connected]);
    const grid = (await sweep({ probe }, [target], 50)).get('v4 TCP/80');
    expect(grid && cellOf(grid, 'x/a', 'x/a').outcome).to.equal('error');
  });
});
