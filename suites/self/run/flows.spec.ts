import { expect } from 'chai';
import { ProbeError } from '../../../helpers/errors.ts';
import type { World } from '../../../helpers/kube/world.ts';
import { buildMatrix, type Expectation, type Observation } from '../../../helpers/matrix/matrix.ts';
import type { ProbeRequest } from '../../../helpers/probe/link.ts';
import type { WantedGrid } from '../../../helpers/run/expected.ts';
import { openFlows } from '../../../helpers/run/flows.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { podOf, worldOf } from '../model/worlds.ts';

const world: World = worldOf([podOf('x/a'), podOf('x/b'), podOf('x/c')], []);
const grid = (traffic?: 'established', want: Expectation = 'allow'): WantedGrid => ({
  kind: { target: 'pod', family: 'IPv4', protocol: 'TCP', port: 80, ...(traffic && { traffic }) },
  want: buildMatrix(['x/a', 'x/b'], ['x/a', 'x/b'], (row, column) => (row === column ? 'ignored' : want)),
});
const patience = { budget: 150, signal: new AbortController().signal };

type Asked = ProbeRequest & { from: string };

/** A ground on which each probe is answered by `answer`, and what was asked there. */
const groundOf = (answer: (asked: Asked, count: number) => Partial<Observation>) => {
  const asked: Asked[] = [];
  const prober: Ground['prober'] = {
    probe: (from, probes) =>
      Promise.resolve(
        probes.map((request) => {
          asked.push({ ...request, from });
          return { outcome: 'connected', milliseconds: 1, ...answer({ ...request, from }, asked.length) };
        }),
      ),
  };
  const same = (id: string): string => id;
  return { ground: { prober, realId: same, shortId: same } as unknown as Ground, asked };
};

const answering = ({ host }: Asked): Partial<Observation> => ({
  answeredBy: host === '10.0.24.1' ? 'x/a' : 'x/b',
});
const usesOf = (asked: readonly Asked[]): string[] =>
  asked.map(({ from, host, flow }) => `${from} ${host} ${flow?.use}`);

describe('flows before a step', () => {
  it('are opened for the cells of established traffic, each with an id of its own, and closed at the end', async () => {
    const { ground, asked } = groundOf(answering);
    const flows = await openFlows([grid(), grid('established', 'undefined')], world, ground, patience);
    const [first, second] = asked.map(({ flow }) => flow?.id);
    expect(first).to.be.a('string').and.not.to.equal(second);
    const { kind } = grid('established');
    expect(flows.idOf(kind, 'x/a', 'x/b')).to.equal(first);
    expect(flows.idOf(kind, 'x/a', 'x/a')).to.equal(undefined);
    expect(flows.idOf(grid().kind, 'x/a', 'x/b')).to.equal(undefined);
    await flows[Symbol.asyncDispose]();
    expect(usesOf(asked)).to.have.members([
      ...['x/a 10.0.24.2 open', 'x/b 10.0.24.1 open', 'x/a 10.0.24.2 close', 'x/b 10.0.24.1 close'],
    ]);
    expect(asked.filter(({ flow }) => flow?.id === first)).to.have.length(2);
  });

  it('are not opened where no grid is about them', async () => {
    const { ground, asked } = groundOf(answering);
    await using _ = await openFlows([grid()], world, ground, patience);
    expect(asked).to.deep.equal([]);
  });

  it('are tried again where they do not open at once, and only those', async () => {
    const { ground, asked } = groundOf((one, count) =>
      count === 1 ? { outcome: 'dropped' } : answering(one),
    );
    await using _ = await openFlows([grid('established')], world, ground, patience);
    expect(usesOf(asked)).to.deep.equal(['x/a 10.0.24.2 open', 'x/b 10.0.24.1 open', 'x/a 10.0.24.2 open']);
  });

  const failures: [claim: string, answer: Partial<Observation>, words: string][] = [
    ['one stays closed', { outcome: 'dropped' }, 'x/a -> x/b v4 established TCP/80: dropped'],
    ['somebody else answers', { answeredBy: 'x/c' }, 'x/a -> x/b v4 established TCP/80: connected to x/c'],
    ['the agent is lost', { outcome: 'error', detail: 'the stream ended' }, 'error (the stream ended)'],
  ];
  for (const [claim, answer, words] of failures)
    it(`cannot be told where ${claim}, and all are closed`, async () => {
      const { ground, asked } = groundOf((one) => ({
        ...answering(one),
        ...(one.from === 'x/a' && one.flow?.use === 'open' && answer),
      }));
      const thrown = await openFlows([grid('established')], world, ground, patience).catch(
        (error: unknown) => error,
      );
      expect(thrown).to.be.instanceOf(ProbeError);
      expect((thrown as Error).message)
        .to.include('1 connection could not be opened')
        .and.include(words);
      expect(usesOf(asked).slice(-2)).to.have.members(['x/a 10.0.24.2 close', 'x/b 10.0.24.1 close']);
    });
});
