import { UsageError } from '../../errors.ts';
import { createOracle } from '../../model/oracle.ts';
import type { Verdict } from '../../model/reason.ts';
import { askAlike, cellsBetween, eachCell, namePorts, type Asked, type GroupCell } from './cells.ts';
import type { ExplainInput } from './input.ts';
import { formatDot } from './graph-dot.ts';
import { formatSvg } from './graph-svg.ts';

/** Ports of a pod of which the same is said: who reaches them, and who perhaps does, by their numbers among the nodes. */
export type Slot = { ports: string; from: number[]; perhaps: number[] };

/** Pods that behave alike. `askers`: who could reach them if nothing forbade it. */
export type GraphNode = { name: string; namespace: string; pods: number; askers: number[]; slots: Slot[] };

export type Graph = { nodes: GraphNode[] };

export const graphFormats = ['dot', 'svg'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** More nodes than these nobody can see in one picture. */
const mostNodes = 200;

/** Who reaches whom as a picture, pods that behave alike as one. @throws UsageError */
export const explainGraph = (input: ExplainInput, format: GraphFormat): string => {
  const graph = drawGraph(input);
  if (format === 'dot') return formatDot(graph);
  if (graph.nodes.length <= mostNodes) return formatSvg(graph);
  throw new UsageError({
    subject: '`--graph svg`: too many kinds of pods for one picture',
    wanted: `at most ${mostNodes}`,
    got: String(graph.nodes.length),
    next: 'ask about fewer namespaces, or take `--graph dot`',
  });
};

const drawGraph = ({ world }: ExplainInput): Graph => {
  const { groups, pods } = askAlike([world]);
  const oracle = createOracle({ ...world, pods });
  const verdicts = new Map<Asked, Map<string, Judged[]>>(groups.map((group) => [group, new Map()]));
  for (const cell of eachCell(groups)) {
    const { from, to, protocol, port, family, target, label } = cell;
    const verdict = oracle.verdict(from, to, protocol, port, family);
    const byLabel = verdicts.get(target)!;
    byLabel.set(label, [...(byLabel.get(label) ?? []), { ...cell, verdict }]);
  }
  const numberOf = new Map(groups.map((group, index) => [group, index]));
  return {
    nodes: groups.map((target): GraphNode => {
      const askers = groups.filter((source) => !cellsBetween(source, target).next().done);
      const answers = [...verdicts.get(target)!.values()].map((cells) => {
        const sourcesWith = (verdict: Verdict): number[] => [
          ...new Set(
            cells.filter((cell) => cell.verdict === verdict).map(({ source }) => numberOf.get(source)!),
          ),
        ];
        const from = sourcesWith('allow');
        return { cells, from, perhaps: sourcesWith('undefined').filter((each) => !from.includes(each)) };
      });
      const alike = Map.groupBy(answers, ({ from, perhaps }) => JSON.stringify([from, perhaps]));
      return {
        name: target.name,
        namespace: target.pod.namespace,
        pods: target.ids.length,
        askers: askers.map((source) => numberOf.get(source)!),
        slots: [...alike.values()].map((same) => ({
          ports: nameSlot(same.flatMap(({ cells }) => cells)),
          from: same[0]!.from,
          perhaps: same[0]!.perhaps,
        })),
      };
    }),
  };
};

type Judged = GroupCell & { verdict: Verdict };

/** By the cells of one source: all of them are asked at the same ports. */
const nameSlot = (cells: readonly GroupCell[]): string => {
  const widest = [...Map.groupBy(cells, ({ source }) => source).values()].toSorted(
    (one, other) => other.length - one.length,
  );
  return namePorts(widest[0] ?? []);
};
