import { createHash } from 'node:crypto';
import type { Mutant } from './mutant.ts';

/** Bugs that show on special traffic only: fragments, DNS, ICMP, connections that are open while policies change. */
export const trafficMutants: readonly Mutant[] = [
  {
    name: 'fragments-open',
    sentence: 'Datagrams in fragments are not filtered.',
    feature: 'Fragments',
    imitates:
      'packet filters that cannot match ports of fragments and let them pass; no peer sends fragments',
    killedBy: 'network-policy/protocols/fragments',
    text: (text) => withLines(text, [], [`${wasFragmented} accept`]),
  },
  {
    name: 'fragments-lost',
    sentence: 'An isolated pod gets no fragments, nor may it send any.',
    feature: 'Fragments',
    imitates: 'Cilium before 1.8 (cilium#5181, cilium#10076): where policy is enabled, fragments are dropped',
    killedBy: 'network-policy/protocols/fragments',
    text: (text) => beforeRules(text, `${wasFragmented} drop`),
  },
  {
    name: 'ipv6-fragments-lost',
    sentence: 'An isolated pod gets no fragments over IPv6, nor may it send any.',
    feature: 'Fragments',
    imitates: 'Cilium before 1.18 (cilium#26292, cilium#40548), which tracked fragments of IPv4 alone',
    killedBy: 'network-policy/protocols/fragments',
    text: (text) => beforeRules(text, `meta nfproto ipv6 ${wasFragmented} drop`),
  },
  {
    name: 'fragments-lost-under-port-rule',
    sentence: 'A rule for a UDP port admits no fragments; one without ports does.',
    feature: 'Fragments',
    imitates:
      'Cilium 1.3 (cilium#5321): fragments skip the port rules, for only the first of them says the port',
    killedBy: 'network-policy/protocols/fragments-under-port-rule',
    text: (text) => text.replaceAll(/udp dport \{[^}]*\} return$/gm, (rule) => `udp length <= 1480 ${rule}`),
  },
  {
    name: 'fragments-pass-port-rule',
    sentence: 'A rule that admits a peer on some port admits its fragments on every port.',
    feature: 'Fragments',
    imitates: 'stateless filters that check the port of the first fragment and wave the others through',
    killedBy: 'network-policy/protocols/fragments-under-port-rule',
    text: (text) =>
      text.replaceAll(
        /^(\t+.*?)(?:tcp|udp|sctp) dport \{[^}]*\} return$/gm,
        (rule, start: string) => `${rule}\n${start}${wasFragmented} return`,
      ),
  },
  {
    name: 'dns-open',
    sentence: 'What is asked at port 53 is not filtered.',
    feature: 'NetworkPolicyEgress',
    imitates: 'exemptions that keep names resolving under a default deny; no peer asks a second DNS server',
    killedBy: 'network-policy/stories/dns',
    text: (text) => withLines(text, [], ['meta l4proto { tcp, udp } th dport 53 accept']),
  },
  {
    name: 'icmp-lost-beside-policies',
    sentence: 'As soon as a policy acts on a node, pods without any policy lose ICMP as well.',
    feature: 'ICMP',
    imitates:
      'an allow list of TCP, UDP and SCTP before the rules of single pods, as in cloud security groups',
    killedBy: 'network-policy/protocols/icmp-under-deny-ingress',
    text: (text) => (/ jump rules-/.test(text) ? inForward(text, establishedLine, `${isICMP} drop`) : text),
  },
  {
    name: 'icmp-open',
    sentence: 'Isolation does not filter ICMP.',
    feature: 'ICMP',
    imitates: 'OVN-Kubernetes with `allow-icmp-network-policy`',
    survives: 'NetworkPolicy v1 leaves undefined what isolation does to ICMP',
    // What isolates ends with the only denial that has no condition.
    text: (text) => text.replaceAll(/^(\t+)drop$/gm, `$1${isICMP} return\n$1drop`),
  },
  {
    name: 'icmp-errors-lost',
    sentence: 'ICMP errors about admitted packets are filtered like connections of their own.',
    feature: 'ClusterNetworkPolicy',
    imitates:
      'filters that accept established packets and forget the related ones; they break path MTU discovery',
    killedBy: 'admin/protocols/errors-of-accepted',
    text: (text) => text.replaceAll(establishedLine, 'ct state established accept'),
  },
  {
    name: 'change-judges-connections-again',
    sentence: 'After a change, packets of open connections are judged like first ones, replies as well.',
    feature: 'EstablishedConnections',
    imitates:
      'AWS network policy agent (aws-network-policy-agent#73): it knew no connections older than its rules',
    killedBy: 'network-policy/established/replies-pass',
    text: (text) => withMark(text, 'judge'),
  },
  {
    name: 'change-cuts-connections',
    sentence: 'Each change of the rules of a node cuts all connections of its pods.',
    feature: 'EstablishedConnections',
    imitates:
      'a data path that is built anew and forgets its connections; a suite of short probes does not notice',
    killedBy: 'network-policy/established/tcp-under-new-deny',
    text: (text) => withMark(text, 'drop'),
  },
  {
    name: 'open-connection-opens-door',
    sentence:
      'While a TCP connection between two pods carries data, new ones pass, whatever policies say by now.',
    feature: 'EstablishedConnections',
    imitates: 'flow caches by address that live traffic keeps warm; a suite of short probes does not notice',
    killedBy: 'network-policy/established/tcp-under-new-deny',
    text: (text) =>
      withPairs(
        text,
        ['ct direction original tcp flags & psh == psh update @pairs { ip saddr . ip daddr }'],
        ['ip saddr . ip daddr @pairs accept'],
      ),
  },
  {
    name: 'udp-replies-known-by-address',
    sentence: 'A pod that has sent UDP to another one gets from it whatever UDP it sends.',
    feature: 'NetworkPolicyUDP',
    imitates: 'stateless filters that take UDP for a reply by its addresses, for as long as replies may take',
    killedBy: 'network-policy/isolation/replies-pass',
    text: (text) =>
      withPairs(
        text,
        [],
        [
          // Who is let in must be known as a sender too, or it would depend on who of the two came first.
          'meta l4proto udp update @pairs { ip saddr . ip daddr }',
          'meta l4proto udp ip daddr . ip saddr @pairs accept',
        ],
      ),
  },
];

const establishedLine = 'ct state established,related accept';
// Connection tracking puts fragments together before any rule sees them: a datagram that was in fragments is known by
// its length.
const wasFragmented = 'udp length > 1480';
const isICMP = 'meta l4proto { icmp, ipv6-icmp }';

/** Puts lines round the one that accepts what is established, in every base chain. */
const withLines = (text: string, before: readonly string[], behind: readonly string[]): string =>
  text.replaceAll(establishedLine, [...before, establishedLine, ...behind].join('\n\t\t'));

/** Puts a line behind another one where packets of pods pass, and none of the node's own: it must live. */
const inForward = (text: string, other: string, line: string): string => {
  const start = text.indexOf('chain forward');
  return text.slice(0, start) + text.slice(start).replace(other, (found) => `${found}\n\t\t${line}`);
};

/** Puts a line before the rules of each isolated pod. */
const beforeRules = (text: string, line: string): string =>
  text.replaceAll(/^\tchain rules-\d+ \{$/gm, (header) => `${header}\n\t\t${line}`);

/** Accepts as established only what has come since the rules changed last; `drop` ends all that is older. */
const withMark = (text: string, older: 'judge' | 'drop'): string => {
  const mark = createHash('sha256').update(text).digest().readUInt32BE();
  const lines = [`ct mark ${mark} ${establishedLine}`, `ct state new ct mark set ${mark}`];
  const marked = text.replaceAll(establishedLine, lines.join('\n\t\t'));
  return older === 'drop' ? inForward(marked, lines[1] ?? '', 'ct state established,related drop') : marked;
};

/** The same for both families, with sets of two addresses that forget: lines are written with `ip` and `@pairs`. */
const withPairs = (text: string, before: readonly string[], behind: readonly string[]): string => {
  const families = [
    { word: 'ip', set: 'pairs-ipv4', type: 'ipv4_addr' },
    { word: 'ip6', set: 'pairs-ipv6', type: 'ipv6_addr' },
  ];
  const inBoth = (lines: readonly string[]): string[] =>
    families.flatMap(({ word, set }) =>
      lines.map((line) => line.replaceAll(/\bip\b/g, word).replace('@pairs', `@${set}`)),
    );
  const sets = families.map(
    ({ set, type }) =>
      `\tset ${set} {\n\t\ttype ${type} . ${type}; flags dynamic,timeout; timeout 5s;\n\t}\n`,
  );
  return withLines(text, inBoth(before), inBoth(behind)).replace(
    /^table .*\{\n/m,
    (start) => start + sets.join(''),
  );
};
