import { expect } from 'chai';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { ProbeRequest } from '../../../helpers/probe/link.ts';
import { findEchoFlaw } from '../../../helpers/run/echo.ts';

const flawOf = (seen: Partial<Observation>, asked: ProbeRequest[] = []): Promise<string | undefined> =>
  findEchoFlaw(
    {
      prober: {
        probe: (_from, probes) => {
          asked.push(...probes);
          return Promise.resolve(probes.map(() => ({ outcome: 'connected', milliseconds: 1, ...seen })));
        },
      },
    },
    'x/a',
    ['IPv4', 'IPv6'],
  );

describe('whether pods can send ICMP echo', () => {
  it('is asked of one pod on its loopback, in each family', async () => {
    const asked: ProbeRequest[] = [];
    expect(await flawOf({}, asked)).to.equal(undefined);
    expect(asked.map(({ protocol, host }) => `${protocol} ${host}`)).to.deep.equal([
      ...['ICMP 127.0.0.1', 'ICMP ::1'],
    ]);
  });

  it('is told with the reason where they cannot', async () => {
    const detail = 'no usable ping program: ENOENT';
    expect(await flawOf({ outcome: 'error', detail })).to.equal(
      'the probe pods cannot send ICMP echo (no usable ping program: ENOENT)',
    );
    expect(await flawOf({ outcome: 'error', detail: 'ping: permission denied (are you root?)' })).to.include(
      'permission denied',
    );
    expect(await flawOf({ outcome: 'dropped' })).to.include('their loopback is silent');
  });

  it('is not told by an agent that was lost: its scenarios run, and say so themselves', async () => {
    expect(await flawOf({ outcome: 'error', detail: 'the stream to x/a ended: reset' })).to.equal(undefined);
  });
});
