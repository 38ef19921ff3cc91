import type { Graph } from './graph.ts';

/** The graph for Graphviz: `dot -Tsvg`. Dashed is what Kubernetes leaves open. */
export const formatDot = ({ nodes }: Graph): string => {
  const namespaces = [...Map.groupBy([...nodes.entries()], ([, { namespace }]) => namespace)];
  const clusters = namespaces.flatMap(([namespace, own], index) => [
    `  subgraph "cluster_${index}" {`,
    `    label=${quote(namespace)};`,
    ...own.map(([at, { name }]) => `    n${at} [label=${quote(name)}];`),
    '  }',
  ]);
  const edges = nodes.flatMap(({ slots }, to) =>
    slots.flatMap(({ ports, from, perhaps }) => [
      ...from.map((at) => `  n${at} -> n${to} [label=${quote(ports)}];`),
      ...perhaps.map((at) => `  n${at} -> n${to} [label=${quote(`perhaps ${ports}`)}, style=dashed];`),
    ]),
  );
  const head = ['digraph "who reaches whom" {', '  rankdir=LR;', '  node [shape=box];'];
  return [...head, ...clusters, ...edges, '}'].join('\n');
};

/** @see https://graphviz.org/doc/info/lang.html: a backslash would begin an escape of labels. */
const quote = (text: string): string =>
  `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/[\r\n]+/g, ' ')}"`;
