import { cidrVersion, isPortRange, versionOf } from './addresses.ts';
import { tierSemantics } from './tier-semantics.ts';
import type { IPBlock } from '../kube/types.ts';
import type { Action, Allow, Decision, PodRules, Side } from './rules.ts';
import type { PortMatch } from './semantics.ts';
import type { Parts, TierSemantics } from './tier-semantics.ts';

export const tableName = 'inet netpol-reference';

type Family = { word: 'ip' | 'ip6'; version: 4 | 6 };
type Rests = { nameOf: (body: string[]) => string; chains: () => Iterable<{ name: string; body: string[] }> };
type Chain = { name: string; side: Side; addresses: Set<string>; body: string[] };

const families: Family[] = [
  { word: 'ip', version: 4 },
  { word: 'ip6', version: 6 },
];
const protocols = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' };

/** A transaction that removes the table, whether it is there or not. */
export const renderRemoval = (): string => `add table ${tableName}\ndelete table ${tableName}\n`;

/**
 * One transaction for `nft -f -` that replaces the rules of all earlier ones. Denial is a silent drop. Pods with the
 * same rules share a chain. What a chain accepts it returns: the other end of the traffic may be a pod of ours too.
 *
 * No packet may slip through while rules are replaced. A packet sees the rules of one generation, but it looks up the
 * elements of a map in the generation of that very moment, and those of a deleted map are gone already. So the base
 * chains stay, nothing is deleted, and pods are found by anonymous sets, whose elements live as long as their rule.
 * Chains that nothing jumps to any more stay behind empty, and get their name used again.
 */
export const render = (pods: PodRules[], stages: TierSemantics['stages'] = tierSemantics.stages): string => {
  const chains = new Map<string, Chain>();
  const rests = createRests();
  for (const pod of pods)
    for (const side of ['egress', 'ingress'] as const) {
      const body = renderStages(stages(partsOf(pod, side)), side, rests);
      if (body.length === 0) continue;
      const key = [side, ...body].join('\n');
      const chain = chains.get(key) ?? { name: `rules-${chains.size}`, side, addresses: new Set(), body };
      for (const address of pod.addresses) chain.addresses.add(address);
      chains.set(key, chain);
    }
  const jumps = (side: Side): string[] =>
    [...chains.values()].filter((chain) => chain.side === side).flatMap(jumpTo);
  return [
    `add table ${tableName}\nflush table ${tableName}\ntable ${tableName} {\n`,
    ...[...rests.chains()].map(({ name, body }) => block(`chain ${name}`, body)),
    ...[...chains.values()].map(({ name, body }) => block(`chain ${name}`, body)),
    baseChain('forward', [...jumps('egress'), ...jumps('ingress')]),
    // What a pod sends to its own node. Neighbour discovery is no traffic that a policy could mean.
    baseChain('input', [`icmpv6 type { ${neighbourDiscovery.join(', ')} } accept`, ...jumps('egress')]),
    '}\n',
  ].join('');
};

/** How many rules of its own a transaction has, for the log. */
export const countRules = (text: string): number => text.match(/\b(return|drop|goto \S+)$/gm)?.length ?? 0;

const neighbourDiscovery = [
  'nd-router-solicit',
  'nd-router-advert',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
];

const block = (header: string, lines: string[]): string =>
  `\t${header} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;

const baseChain = (hook: 'forward' | 'input', lines: string[]): string =>
  block(`chain ${hook}`, [
    `type filter hook ${hook} priority filter; policy accept;`,
    'ct state established,related accept',
    ...lines,
  ]);

const jumpTo = ({ name, side, addresses }: Chain): string[] =>
  families.flatMap(({ word, version }) => {
    const own = [...addresses].filter((address) => versionOf(address) === version);
    const field = side === 'egress' ? 'saddr' : 'daddr';
    return own.length === 0 ? [] : [`${word} ${field} { ${own.join(', ')} } jump ${name}`];
  });

const partsOf = (pod: PodRules, side: Side): Parts => {
  const allows = pod[side];
  const { admin, baseline } = pod.tiers?.[side] ?? { admin: [], baseline: [] };
  if (allows === undefined) return { admin, baseline };
  const accepted = allows.map((allow): Decision => ({ ...allow, action: 'accept' }));
  return { admin, baseline, policies: [...accepted, { action: 'deny' }] };
};

/** The lines of the stages. A stage that can be left before its end has what follows it in a chain of its own. */
const renderStages = (stages: Decision[][], side: Side, rests: Rests): string[] => {
  const [stage, ...later] = stages;
  if (stage === undefined) return [];
  const rest = renderStages(later, side, rests);
  if (!stage.some(({ action }) => action === 'pass'))
    return [...renderDecisions(stage, side, 'return'), ...rest];
  const leave = rest.length === 0 ? 'return' : `goto ${rests.nameOf(rest)}`;
  return [...renderDecisions(stage, side, leave), ...(rest.length === 0 ? [] : [leave])];
};

const renderDecisions = (decisions: Decision[], side: Side, pass: string): string[] => {
  const field = side === 'egress' ? 'daddr' : 'saddr';
  const words: Record<Action, string> = { accept: 'return', deny: 'drop', pass };
  const lines = decisions.flatMap((decision) =>
    otherEnds(decision, field).flatMap((end) =>
      portMatches(decision.ports).map((port) =>
        [end, port, words[decision.action]].filter((part) => part !== '').join(' '),
      ),
    ),
  );
  return [...new Set(lines)];
};

const createRests = (): Rests => {
  const names = new Map<string, { name: string; body: string[] }>();
  return {
    nameOf: (body) => {
      const key = body.join('\n');
      const chain = names.get(key) ?? { name: `rest-${names.size}`, body };
      names.set(key, chain);
      return chain.name;
    },
    chains: () => names.values(),
  };
};

/** One match per family that can match at all; an empty one where every address may. */
const otherEnds = ({ addresses, block }: Allow, field: string): string[] => {
  if (addresses === undefined && block === undefined) return [''];
  return families.flatMap(({ word, version }) => {
    const own = addresses?.filter((address) => versionOf(address) === version);
    if (own?.length === 0) return [];
    const set = own === undefined ? [] : [`${word} ${field} { ${own.join(', ')} }`];
    const range = block === undefined ? [] : blockMatch(block, version, `${word} ${field}`);
    return range === undefined ? [] : [[...set, ...range].join(' ')];
  });
};

/** Undefined where the block is of the other family, or malformed: then the rule admits nobody. */
const blockMatch = ({ cidr, except = [] }: IPBlock, version: 4 | 6, field: string): string[] | undefined => {
  if ([cidr, ...except].some((range) => cidrVersion(range) !== version)) return undefined;
  return [`${field} ${cidr}`, ...(except.length === 0 ? [] : [`${field} != { ${except.join(', ')} }`])];
};

const portMatches = (ports: PortMatch[] | undefined): string[] => {
  if (ports === undefined) return [''];
  return Object.entries(protocols).flatMap(([protocol, word]) => {
    const own = ports.filter((port) => port.protocol === protocol);
    if (own.some(({ range }) => range === undefined)) return [`meta l4proto ${word}`];
    const ranges = own.flatMap(({ range }) => (range !== undefined && isPortRange(range) ? [range] : []));
    if (ranges.length === 0) return [];
    const words = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    return [`${word} dport { ${[...new Set(words)].join(', ')} }`];
  });
};
