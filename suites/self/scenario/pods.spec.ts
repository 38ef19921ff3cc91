import { expect } from 'chai';
import { problemsOf, refuse, spoil } from './sample.ts';

/** The problems of the sample with these hosts outside the cluster, a and b. */
const hosts = (...definitions: string[]): string[] => {
  const lines = definitions.map((definition, index) => `  external/${'ab'[index]}: ${definition}\n`);
  return problemsOf(spoil(['  x/d:', `${lines.join('')}  x/d:`]));
};

describe('pods refuse', () => {
  refuse([
    [
      'names that are not in x, y or z',
      spoil(['y/a: not admitted', 'y/a: not admitted\n  w/a: elsewhere']),
      '8:3: pod `w/a`: wanted a name like x/a in x, y, z, external',
    ],
    [
      'names that are no pod names',
      spoil(['y/a: not admitted', 'y/a: not admitted\n  x/A_b: odd']),
      '8:3: pod `x/A_b`: wanted a name like x/a in x, y, z, external',
    ],
    [
      'a pod without a reason',
      spoil(['x/a: the target', 'x/a:']),
      '5:7: wanted why the scenario needs the pod, got nothing (null)',
    ],
    [
      'unknown keys',
      spoil(['{ why: admitted, labels:', '{ why: admitted, label:']),
      '6:25: unknown key `label`: did you mean `labels`?',
    ],
    [
      'labels that YAML takes for booleans',
      spoil(['role: client } }\n  y', 'role: on } }\n  y']),
      '6:41: label `role`: wanted text, got true (YAML reads yes, no, on, off, y and n as booleans: quote it)',
    ],
    [
      'labels that are numbers',
      spoil(['role: client } }\n  y', 'role: 7 } }\n  y']),
      '6:41: label `role`: wanted text, got 7 (a number: quote it)',
    ],
    [
      'label keys that the API refuses',
      spoil(['labels: { role: client }', 'labels: { role: client, a b: c }']),
      `6:49: the name in the key "a b" must be 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends`,
    ],
    [
      'labels that the API refuses',
      spoil(['role: client } }\n  y', 'role: a b } }\n  y']),
      `6:41: label \`role\`: must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, got "a b"`,
    ],
    [
      'to move a standing pod',
      spoil(['x/a: the target', 'x/a: { why: the target, node: 1 }']),
      '5:27: x/a stands before every scenario: `node` needs a pod of another name, such as x/d',
    ],
    ['a third node', spoil(['node: 1', 'node: 2']), '8:50: wanted node 0 or 1, got 2 (a number)'],
    [
      'a creation at another time',
      spoil(['created: later', 'created: soon']),
      '8:37: wanted `later` (or nothing: created before the first step), got `soon`',
    ],
    [
      'ports in another form',
      spoil(['TCP/80 web', '80/TCP']),
      '8:61: port `80/TCP`: wanted a protocol (TCP or UDP), a number and perhaps a name, like TCP/8080 web',
      '22:27: x/d does not listen on TCP/80: its cells can only be `-`',
    ],
    [
      'port names that the API refuses',
      spoil(['TCP/80 web', 'TCP/80 W']),
      '8:61: port `TCP/80 W`: `W` is no port name (at most 15 lower-case letters, digits and single -, one letter at least)',
      '22:27: x/d does not listen on TCP/80: its cells can only be `-`',
    ],
    ['two ports of one name', spoil(['UDP/53', 'UDP/53 web']), '8:73: two ports are called `web`'],
    ['a port twice', spoil(['UDP/53', 'TCP/80']), '8:73: port TCP/80 stands here twice'],
    [
      'pods that no grid asserts',
      spoil(
        ['  y/a   .   .   -   .\n', '  y/a   -   -   -   -\n'],
        ['x/a   -   .   .\n', 'x/a   -   .   -\n'],
        ['x/b   .   -   .\n', 'x/b   .   -   -\n'],
        ['y/a   X   .   -\n', 'y/a   -   -   -\n'],
        ['x/a   -   .   .   .\n', 'x/a   -   .   -   .\n'],
        ['x/b   X   -   .   .\n', 'x/b   X   -   -   .\n'],
        ['x/d   X   .   .   -\n', 'x/d   X   .   -   -\n'],
      ),
      '7:3: y/a is unused: no grid asserts a cell of it',
    ],
    [
      'pods that nobody creates',
      spoil(['y/a: not admitted', 'y/a: not admitted\n  x/e: { why: late, created: later }']),
      '8:3: x/e is created later, but no step creates it',
      '8:3: x/e is unused: no grid asserts a cell of it',
    ],
  ]);

  const rows: [claim: string, problem: string, ...hosts: string[]][] = [
    [
      'addresses outside the ranges for documentation',
      '8:42: address `2001:db8::1`: wanted one of 203.0.113.0/24 or 2001:db8:113::/64',
      "{ why: outside, addresses: [203.0.113.1, '2001:db8::1'] }",
    ],
    [
      'hosts outside the cluster without an address of each family',
      '8:42: a host outside the cluster has one IPv4 and one IPv6 address',
      '{ why: outside, addresses: [203.0.113.1] }',
    ],
    [
      'one address for two hosts',
      '9:42: address 203.0.113.1 belongs to two hosts',
      "{ why: outside, addresses: [203.0.113.1, '2001:db8:113::1'] }",
      "{ why: outside, addresses: [203.0.113.1, '2001:db8:113::2'] }",
    ],
    [
      'labels on hosts outside the cluster',
      '8:76: unknown key `labels`: known are why, addresses, ports',
      "{ why: outside, addresses: [203.0.113.1, '2001:db8:113::1'], labels: { a: b } }",
    ],
  ];
  for (const [claim, problem, ...definitions] of rows) {
    it(claim, () => expect(hosts(...definitions)).to.include(problem));
  }
});
