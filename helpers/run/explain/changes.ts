import type { World } from '../../kube/world.ts';
import { createOracle } from '../../model/oracle.ts';
import type { Verdict } from '../../model/reason.ts';
import { wrap } from '../../report/text.ts';
import { askAlike, eachCell, namePorts, type GroupCell } from './cells.ts';
import type { ExplainInput } from './input.ts';
import { describePart, locatePart, type Sources } from '../policy-places.ts';

/** `applied`: the policies come to those that are there, or replace those of their names. `replaced`: no other stays. */
export type ChangeMode = 'applied' | 'replaced';

type Side = { verdict: Verdict; deciders: string[]; decidedBy: object[] };
type Change = GroupCell & { before: Side; after: Side };

type Changes = {
  text: string;
  /** Cells that are more open than before, and less. What is undefined lies between deny and allow. */
  opened: number;
  closed: number;
};

const width = 100;

/**
 * What would change if the policies of `after` held, and the labels of the namespaces that it declares: only cells with
 * another verdict, by the verdicts, with what decides on both sides. As text or as JSON.
 * @throws UsageError
 */
export const explainChanges = (
  before: ExplainInput,
  after: ExplainInput,
  mode: ChangeMode,
  isJson: boolean,
): Changes => {
  const changed = changeWorld(before.world, after, mode);
  const { groups, pods } = askAlike([before.world, changed]);
  const [was, is] = [before.world, changed].map((world) => createOracle({ ...world, pods }));
  const sidesOf = (oracle: typeof was, cell: GroupCell, sources: Sources): Side => {
    const { from, to, protocol, port, family } = cell;
    const { verdict, decidedBy } = oracle!.explain(from, to, protocol, port, family);
    return {
      verdict,
      deciders: decidedBy.map((part) => describePart(part, sources)),
      decidedBy: decidedBy.map((part) => ({ ...part, ...locatePart(part, sources) })),
    };
  };
  const newSources: Sources = new Map([...(mode === 'applied' ? before.sources : []), ...after.sources]);
  const changes: Change[] = [];
  let count = 0;
  for (const cell of eachCell(groups)) {
    count += 1;
    const { from, to, protocol, port, family } = cell;
    const asked = [from, to, protocol, port, family] as const;
    if (was!.verdict(...asked) === is!.verdict(...asked)) continue;
    changes.push({
      ...cell,
      before: sidesOf(was, cell, before.sources),
      after: sidesOf(is, cell, newSources),
    });
  }
  const opened = changes.filter((change) => openness(change.after) > openness(change.before)).length;
  return {
    text: isJson ? formatJson(changes, count) : formatText(changes, count, groups.length, after),
    opened,
    closed: changes.length - opened,
  };
};

const verdicts: readonly Verdict[] = ['deny', 'undefined', 'allow'];
const openness = ({ verdict }: Side): number => verdicts.indexOf(verdict);

const changeWorld = (world: World, { world: next, sources }: ExplainInput, mode: ChangeMode): World => {
  const merge = <Item>(
    old: readonly Item[],
    more: readonly Item[],
    nameOf: (item: Item) => string,
  ): Item[] => [
    ...new Map([...(mode === 'applied' ? old : []), ...more].map((item) => [nameOf(item), item])).values(),
  ];
  const labels = new Map(
    next.namespaces
      .filter(({ name }) => sources.has(`Namespace ${name}`))
      .map((namespace) => [namespace.name, namespace]),
  );
  const known = new Set(world.namespaces.map(({ name }) => name));
  return {
    ...world,
    namespaces: [
      ...world.namespaces.map((namespace) => labels.get(namespace.name) ?? namespace),
      ...[...labels.values()].filter(({ name }) => !known.has(name)),
    ],
    policies: merge(
      world.policies,
      next.policies,
      ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
    ),
    adminPolicies: merge(
      world.adminPolicies ?? [],
      next.adminPolicies ?? [],
      ({ kind, metadata }) => `${kind} ${metadata.name}`,
    ),
  };
};

const formatJson = (changes: readonly Change[], cells: number): string => {
  const lines = changes.map(({ source, target, protocol, port, family, label, before, after }) => {
    const sideOf = ({ verdict, decidedBy }: Side): object => ({ verdict, decidedBy });
    const isOther = label.startsWith('other ');
    return JSON.stringify({
      ...{ from: source.ids, to: target.ids, protocol, port: isOther ? 'other' : port, family },
      ...{ before: sideOf(before), after: sideOf(after) },
    });
  });
  return `{"asked": ${cells}, "changes": [\n${lines.join(',\n')}\n]}`;
};

const formatText = (
  changes: readonly Change[],
  count: number,
  kinds: number,
  { world: { pods, services } }: ExplainInput,
): string => {
  const summary = `${changes.length} of ${count} cells change, between ${kinds} kinds of pods that policies can tell apart, at their ports and at one that stands for all others`;
  const left = [
    ...(pods.length === 0 ? [] : [`${pods.length} Pods`]),
    ...(services.length === 0 ? [] : [`${services.length} Services`]),
  ];
  const note = `only policies and labels of namespaces are taken from there, not its ${left.join(' and ')}`;
  const order = [...Map.groupBy(changes, headingOf)].toSorted(([one], [other]) => other.localeCompare(one));
  return [
    ...order.flatMap(([heading, alike]) => [heading, ...formatBlocks(alike), '']),
    ...wrap(summary, width, '', 2),
    ...(left.length === 0 ? [] : wrap(note, width, '', 2)),
  ].join('\n');
};

const headingOf = ({ before, after }: Change): string =>
  `${openness(after) > openness(before) ? 'opens' : 'closes'}: from ${before.verdict} to ${after.verdict}`;

type Block = { froms: string[]; tos: string[]; ports: string; before: string[]; after: string[] };

/** Pairs of which the same is said stand together: first by who asks, then by who is asked. */
const formatBlocks = (changes: readonly Change[]): string[] => {
  const pairs = [
    ...Map.groupBy(changes, ({ from, to, before, after }) =>
      JSON.stringify([from, to, before.deciders, after.deciders]),
    ).values(),
  ].map((cells): Block => {
    const [{ source, target, before, after }] = cells as [Change];
    return {
      ...{ froms: [source.name], tos: [target.name], ports: namePorts(cells) },
      ...{ before: before.deciders, after: after.deciders },
    };
  });
  const bySource = joinBlocks(pairs, 'froms');
  return joinBlocks(bySource, 'tos').flatMap(({ froms, tos, ports, before, after }) => [
    ...wrap(`${froms.join(', ')} -> ${tos.join(', ')}  ${ports}`, width, '  ', 4),
    ...wrap(`before: ${before.join(', ') || 'no policy decides'}`, width, '    ', 6),
    ...wrap(`after: ${after.join(', ') || 'no policy decides'}`, width, '    ', 6),
  ]);
};

const joinBlocks = (blocks: readonly Block[], end: 'froms' | 'tos'): Block[] =>
  [...Map.groupBy(blocks, (block) => JSON.stringify({ ...block, [end]: [] })).values()].map((alike) => ({
    ...alike[0]!,
    [end]: alike.flatMap((block) => block[end]),
  }));
