import { expect } from 'chai';
import { formatProbeKind, isNameless, lookupKind, type ProbeKind } from '../../../helpers/matrix/matrix.ts';

const kind = (more: Partial<ProbeKind>): ProbeKind => ({
  ...{ target: 'pod', family: 'IPv4', protocol: 'UDP', port: 80 },
  ...more,
});

describe('the name of a kind of probe', () => {
  const rows: [name: string, more: Partial<ProbeKind>][] = [
    ['v4 UDP/80', {}],
    ['v6 service TCP/8080', { family: 'IPv6', target: 'service', protocol: 'TCP', port: 8080 }],
    ['v4 fragmented UDP/80', { traffic: 'fragmented' }],
    ['v4 fragmented service UDP/80', { traffic: 'fragmented', target: 'service' }],
    ['v6 established TCP/80', { family: 'IPv6', traffic: 'established', protocol: 'TCP' }],
    ['v4 unreachable UDP/9', { traffic: 'unreachable', port: 9 }],
    ['v6 ICMP', { family: 'IPv6', protocol: 'ICMP', port: 0 }],
    ['lookup', lookupKind],
    ['lookup', { ...lookupKind, family: 'IPv6' }],
  ];
  for (const [name, more] of rows) it(`is ${name}`, () => expect(formatProbeKind(kind(more))).to.equal(name));
});

it('an echo and the error of a closed port are answered by the kernel, a lookup by a DNS server, all else by an agent', () => {
  const all: Partial<ProbeKind>[] = [
    { protocol: 'ICMP', port: 0 },
    { traffic: 'unreachable' },
    { traffic: 'fragmented' },
    { traffic: 'established' },
    {},
    lookupKind,
  ];
  expect(all.map((more) => isNameless(kind(more)))).to.deep.equal([true, true, false, false, false, true]);
});
