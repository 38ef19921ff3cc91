import { expect } from 'chai';
import { problemsOf, refuse, scenarioOf, spoil } from './sample.ts';

const step = '  - create: x/d';
const names = '             x/a x/b y/a\n';

/** The sample with one more grid in its first step, and the features that it needs. */
const withGrid = (key: string, features: string): string =>
  spoil(
    ['features: [NetworkPolicy]', `features: [NetworkPolicy${features}]`],
    [
      step,
      `      ${key}: |2\n${names}        x/a   -   .   .\n        x/b   -   -   .\n        y/a   -   .   -\n${step}`,
    ],
  );

describe('a grid may be about', () => {
  const rows: [key: string, features: string, kind: object][] = [
    ['ICMP', ', ICMP', { target: 'pod', protocol: 'ICMP', port: 0 }],
    ['v6 ICMP', ', ICMP', { target: 'pod', protocol: 'ICMP', port: 0, family: 'IPv6' }],
    ['unreachable UDP/9', ', NetworkPolicyUDP, ICMP', { protocol: 'UDP', port: 9, traffic: 'unreachable' }],
    [
      'v4 fragmented UDP/80',
      ', NetworkPolicyUDP, Fragments',
      { protocol: 'UDP', port: 80, family: 'IPv4', traffic: 'fragmented' },
    ],
    ['established TCP/80', ', EstablishedConnections', { protocol: 'TCP', port: 80, traffic: 'established' }],
    [
      'established UDP/80',
      ', NetworkPolicyUDP, EstablishedConnections',
      { protocol: 'UDP', port: 80, traffic: 'established' },
    ],
  ];
  for (const [key, features, kind] of rows)
    it(`${key}, which needs its features`, () => {
      expect(scenarioOf(withGrid(key, features)).steps[0]?.expect[1]).to.include({ key, ...kind });
      expect(problemsOf(withGrid(key, '')).join('\n')).to.include('needs');
    });

  it('several of them beside each other', () => {
    const one = withGrid('established UDP/80', ', NetworkPolicyUDP, Fragments, EstablishedConnections');
    const both = one.replace(
      step,
      `      fragmented UDP/80: |2\n${names}        x/a - - -\n        x/b - - -\n        y/a - - -\n${step}`,
    );
    expect(problemsOf(both)).to.deep.equal([]);
  });
});

describe('a grid refuses', () => {
  const flawed = (key: string): string => spoil(['      TCP/80: |\n', `      ${key}: |\n`]);
  refuse([
    [
      'fragments of TCP',
      flawed('fragmented TCP/80'),
      '12:7: `fragmented TCP/80`: only UDP can be fragmented',
    ],
    [
      'unreachable ports of TCP',
      flawed('unreachable TCP/9'),
      '12:7: `unreachable TCP/9`: only UDP can be unreachable',
    ],
    [
      'connections to a Service that were established',
      flawed('established service TCP/80'),
      '12:7: `established service TCP/80`: only pods can be asked established',
    ],
    [
      'a closed port on which somebody listens',
      withGrid('unreachable UDP/80', ', NetworkPolicyUDP, ICMP'),
      '19:19: x/b listens on UDP/80, so no ICMP error comes back: its cells can only be `-`',
      '19:23: y/a listens on UDP/80, so no ICMP error comes back: its cells can only be `-`',
    ],
    [
      'fragments where nobody listens',
      withGrid('fragmented UDP/9', ', NetworkPolicyUDP, Fragments'),
      '19:19: x/b does not listen on UDP/9: its cells can only be `-`',
      '19:23: y/a does not listen on UDP/9: its cells can only be `-`',
    ],
    [
      'a kind that is drawn already for one of the families',
      withGrid('v4 ICMP', ', ICMP').replace(
        step,
        `      ICMP: |2\n${names}        x/a - - -\n        x/b - - -\n        y/a - - -\n${step}`,
      ),
      '22:7: `ICMP` is drawn by `v4 ICMP` already',
    ],
  ]);
});
