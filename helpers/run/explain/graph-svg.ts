import { cutEnd } from '../../report/text.ts';
import { escapeXml } from '../../report/xml.ts';
import type { Graph, GraphNode, Slot } from './graph.ts';

const row = 20;
const character = 7.3;
const mostCharacters = 64;
const gap = 260;
const margin = 20;

/** A line of text in one of the two columns. `key` names what lines of the picture begin and end at. */
type Line = { key: string; text: string; indent: number; isHeading?: boolean };

/**
 * The graph as a picture that needs nothing else: who asks on the left, who is asked on the right with a line for each
 * set of ports, grouped by namespaces. Dashed is what Kubernetes leaves open.
 */
export const formatSvg = (graph: Graph): string => {
  const namespaces = [...Map.groupBy([...graph.nodes.entries()], ([, { namespace }]) => namespace)];
  const left = namespaces.map(([namespace, own], index) => [
    { key: `namespace ${index}`, text: namespace, indent: 0, isHeading: true },
    ...own.map(([at, node]) => ({ key: `asks ${at}`, text: shortName(node), indent: 1 })),
  ]);
  const right = namespaces.map(([namespace, own], index) => [
    { key: `asked namespace ${index}`, text: namespace, indent: 0, isHeading: true },
    ...own.flatMap(([at, node]) => [
      { key: `asked ${at}`, text: shortName(node), indent: 1 },
      ...node.slots.map((slot, place) => ({
        key: `slot ${at} ${place}`,
        text: `${slot.ports}${wordsOf(slot, node)}`,
        indent: 2,
      })),
    ]),
  ]);
  const leftWidth = widthOf(left);
  const rightX = margin + leftWidth + gap;
  const rightWidth = widthOf(right);
  const places = new Map<string, number>();
  const boxes = [
    ...drawColumn(left, margin, leftWidth, places),
    ...drawColumn(right, rightX, rightWidth, places),
  ];
  const height = Math.max(...places.values()) + 4 * row;
  const paths = listEdges(
    graph,
    namespaces.map(([, own]) => own.map(([at]) => at)),
  ).map(({ from, to, isSure, title }) =>
    drawEdge(margin + leftWidth, places.get(from) ?? 0, rightX, places.get(to) ?? 0, isSure, title),
  );
  const width = rightX + rightWidth + margin;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="monospace" font-size="12">`,
    '<title>Who reaches whom</title>',
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#222"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(margin, margin, 'asks', true),
    text(rightX, margin, 'is asked', true),
    ...boxes,
    ...paths,
    text(margin, height - row * 1.4, 'line: reaches; one from a namespace: all of it'),
    text(margin, height - row / 2, 'dashed: Kubernetes does not say'),
    '</svg>',
  ].join('\n');
};

const shortName = ({ name, namespace }: GraphNode): string =>
  name.startsWith(`${namespace}/`) ? name.slice(namespace.length + 1) : name;

/** Those whom everybody or nobody reaches have words instead of lines. */
const wordsOf = (slot: Slot, node: GraphNode): string =>
  isEverybody(slot, node) ? ': everybody' : slot.from.length + slot.perhaps.length === 0 ? ': nobody' : '';

const isEverybody = ({ from }: Slot, { askers }: GraphNode): boolean =>
  from.length > 0 && from.length === askers.length;

type Edge = { from: string; to: string; isSure: boolean; title: string };

const listEdges = ({ nodes }: Graph, namespaces: readonly (readonly number[])[]): Edge[] =>
  nodes.flatMap((node, at) =>
    node.slots.flatMap((slot, place): Edge[] => {
      if (isEverybody(slot, node)) return [];
      const to = `slot ${at} ${place}`;
      const edgesFrom = (numbers: readonly number[], isSure: boolean): Edge[] =>
        namespaces.flatMap((members, index): Edge[] => {
          const own = members.filter((each) => numbers.includes(each));
          const asking = members.filter((each) => node.askers.includes(each));
          const title = (name: string): string =>
            `${name} ${isSure ? 'reaches' : 'perhaps reaches'} ${node.name} ${slot.ports}`;
          // A line from the namespace itself says that all of it reaches.
          if (own.length > 1 && own.length === asking.length)
            return [
              { from: `namespace ${index}`, to, isSure, title: title(`all of ${nodes[own[0]!]!.namespace}`) },
            ];
          return own.map((each) => ({ from: `asks ${each}`, to, isSure, title: title(nodes[each]!.name) }));
        });
      return [...edgesFrom(slot.from, true), ...edgesFrom(slot.perhaps, false)];
    }),
  );

const widthOf = (groups: readonly (readonly Line[])[]): number =>
  Math.ceil(
    Math.max(...groups.flat().map(({ text, indent }) => Math.min(text.length, mostCharacters) + 2 * indent)) *
      character,
  ) + 20;

/** A box for each namespace; remembers the height at which each line stands. */
const drawColumn = (
  groups: readonly (readonly Line[])[],
  x: number,
  width: number,
  places: Map<string, number>,
): string[] => {
  let y = 2 * margin;
  return groups.flatMap((lines) => {
    const top = y + 2;
    const drawn = lines.map(({ key, text: words, indent, isHeading }) => {
      y += row;
      places.set(key, y - 4);
      return text(x + 8 + indent * 2 * character, y, words, isHeading);
    });
    const box = `<rect x="${x}" y="${top}" width="${width}" height="${lines.length * row + 10}" fill="none" stroke="#888"/>`;
    y += row * 1.5;
    return [box, ...drawn];
  });
};

const text = (x: number, y: number, words: string, isBold = false): string => {
  const shown = escapeXml(cutEnd(words, mostCharacters));
  const whole = words.length > mostCharacters ? `<title>${escapeXml(words)}</title>` : '';
  return `<text x="${x}" y="${y}" style="white-space:pre"${isBold ? ' font-weight="bold"' : ''}>${shown}${whole}</text>`;
};

const drawEdge = (x1: number, y1: number, x2: number, y2: number, isSure: boolean, title: string): string => {
  const middle = (x1 + x2) / 2;
  const dash = isSure ? '' : ' stroke-dasharray="5 4"';
  return `<path d="M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" fill="none" stroke="#222" stroke-opacity="0.7"${dash} marker-end="url(#arrow)"><title>${escapeXml(title)}</title></path>`;
};
